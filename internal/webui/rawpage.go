package webui

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/webui/view"
)

const (
	maxLines     = 5000
	maxLine      = 10_000  // bytes
	maxRawText   = 1 << 20 // bytes of all lines
	maxRawConfig = 4 << 20 // bytes
)

// getRaw shows a manifest, or the config that it names, line by line. It is text on a
// page of ours: no bytes of others are ever sent as a page.
func (u *UI) getRaw(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	d, err := berth.ParseDigest(r.PathValue("digest"))
	if err != nil {
		return err
	}
	m, err := u.registry.GetPlatform(r.Context(), v, at.name, d)
	if err != nil {
		return err
	}
	p := view.RawPage{
		Head: at.head("versions"), Digest: d.String(), Part: "manifest", Shown: d.String(), Type: m.MediaType, Size: m.ManifestSize,
		Config: m.Details.Config != "",
	}
	p.Head.Rest = "@" + view.ShortDigest(d.String())
	content := m.Manifest
	if r.URL.Query().Get("part") == "config" && p.Config {
		p.Part, p.Shown, p.Type = "config", m.Details.Config.String(), "config"
		if content, p.Size, p.Why, err = u.readConfig(r.Context(), v, at, m.Details.Config); err != nil {
			return err
		}
	}
	p.Lines, p.Cut = linesOf(content)
	return u.show(w, r, v, page{title: "Manifest of " + at.name.String(), main: view.Raw(p)})
}

// readConfig reads the config of an image, or says why not.
func (u *UI) readConfig(ctx context.Context, v berth.Viewer, at place, d berth.Digest) (content []byte, size int64, why string, err error) {
	b, err := u.registry.OpenBlob(ctx, v, at.name, d)
	if errors.Is(err, berth.ErrBlobUnknown) {
		return nil, 0, "Its bytes are lost. Pushing the image again brings them back.", nil
	}
	if err != nil {
		return nil, 0, "", err
	}
	if b.Size > maxRawConfig {
		return nil, b.Size, "It is larger than " + view.Bytes(maxRawConfig) + " and is not shown.", nil
	}
	content, err = readAll(ctx, b)
	if errors.Is(err, berth.ErrBlobUnknown) {
		return nil, b.Size, "Its bytes are lost. Pushing the image again brings them back.", nil
	}
	if err == nil && !json.Valid(content) {
		return nil, b.Size, "It is no JSON and is not shown.", nil
	}
	return content, b.Size, "", err
}

func readAll(ctx context.Context, b *registry.Blob) ([]byte, error) {
	from, err := b.Reader(ctx, 0)
	if err != nil {
		return nil, err
	}
	defer from.Close()
	return io.ReadAll(io.LimitReader(from, maxRawConfig))
}

// linesOf returns a document with an indent, as lines of bounded number and length.
func linesOf(content []byte) (list []string, more bool) {
	lines := strings.SplitSeq(strings.TrimRight(string(content), "\n"), "\n")
	if content := bytes.TrimSpace(content); json.Valid(content) {
		lines = jsonLines(content)
	}
	room := maxRawText
	for line := range lines {
		if len(list) == maxLines || room <= 0 {
			return list, true
		}
		if len(line) > maxLine {
			line, more = shorten(line, maxLine)+"…", true
		}
		room -= len(line)
		list = append(list, visible(strings.ToValidUTF8(line, "\uFFFD")))
	}
	return list, more
}

// shorten cuts a text down to whole characters.
func shorten(s string, most int) string {
	return strings.ToValidUTF8(s[:min(len(s), most)], "")
}

// visible writes characters that nobody sees as JSON escapes them: some turn the direction
// of writing around, so that a document would seem to say something else.
func visible(line string) string {
	if !strings.ContainsFunc(line, formats) {
		return line
	}
	var b strings.Builder
	for _, r := range line {
		if !formats(r) {
			b.WriteRune(r)
			continue
		}
		for _, half := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, half)
		}
	}
	return b.String()
}

func formats(r rune) bool { return unicode.Is(unicode.Cf, r) }

// getVersionByID leads to the page of a version that is named by its number, as lists of
// the API do.
func (u *UI) getVersionByID(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	id := parseID(r.PathValue("id"))
	found, err := u.registry.DescribeVersions(r.Context(), v, at.name, id)
	if err != nil {
		return err
	}
	version, ok := found[id]
	if !ok {
		return berth.ErrVersionUnknown.With("%s has no such version", at.name)
	}
	return redirect(w, at.path(restOf(version)))
}

// restOf is how the address of a version's page names it: by a tag if it has one.
func restOf(version registry.Version) string {
	if len(version.Tags) > 0 {
		return ":" + string(version.Tags[0])
	}
	return "@" + version.Digest.String()
}
