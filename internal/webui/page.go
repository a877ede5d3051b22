package webui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

//go:embed static
var static embed.FS

// files holds what is embedded, also packed, under the version of all of it.
type files struct {
	byName  map[string]file
	version string
}

type file struct{ plain, packed []byte }

func readFiles() (files, error) {
	f := files{byName: map[string]file{}}
	names, err := fs.Glob(static, "static/*")
	if err != nil {
		return f, err
	}
	sum := sha256.New()
	for _, name := range names {
		content, err := static.ReadFile(name)
		if err != nil {
			return f, err
		}
		packed, err := pack(content, gzip.BestCompression)
		if err != nil {
			return f, err
		}
		f.byName[path.Base(name)] = file{content, packed}
		_, _ = sum.Write(content) // never fails
	}
	f.version = hex.EncodeToString(sum.Sum(nil)[:6])
	return f, nil
}

func pack(content []byte, level int) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(content); err != nil {
		return nil, err
	}
	err = z.Close()
	return b.Bytes(), err
}

// page is what a handler wants shown.
type page struct {
	status int // 0 is 200
	title  string
	search string // what is being searched for
	main   templ.Component
}

// show prints a page. It is made whole before anything is sent, so that what goes
// wrong on the way is an error and not half a page.
func (u *UI) show(w *httpkit.Writer, r *http.Request, v berth.Viewer, p page) error {
	if p.status == 0 {
		p.status = http.StatusOK
	}
	var tokens []view.Expiring
	if p.status == http.StatusOK {
		var err error
		if tokens, err = u.expiring(r, v); err != nil {
			return err
		}
	}
	f := view.Frame{
		Title: p.title, Login: v.Login, Admin: v.Admin, Open: u.account.RegistrationOpen(), Theme: u.theme(r), Path: u.here(r),
		Static: u.files.version, Search: p.search, Now: u.account.Now(), Flash: u.takeFlash(w, r), Tokens: tokens,
	}
	var b bytes.Buffer
	if err := view.Layout(f, p.main).Render(view.With(r.Context(), f), &b); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return send(w, r, p.status, b.Bytes(), nil)
}

// minPacked is the size, in bytes, from which packing a page makes it smaller by more
// than it costs.
const minPacked = 1400

// send sends text, packed where the browser takes that. What is packed already is
// given as well.
func send(w *httpkit.Writer, r *http.Request, status int, plain, packed []byte) error {
	body := plain
	w.Header().Add("Vary", "Accept-Encoding")
	if len(plain) >= minPacked && acceptsGzip(r) {
		if packed == nil {
			var err error
			if packed, err = pack(plain, gzip.BestSpeed); err != nil {
				return err
			}
		}
		w.Header().Set("Content-Encoding", "gzip")
		body = packed
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

func acceptsGzip(r *http.Request) bool {
	for offer := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(offer), ";")
		if name == "gzip" && strings.TrimSpace(q) != "q=0" {
			return true
		}
	}
	return false
}

// getAsset sends a style sheet, a script or a picture. Their addresses change with
// their content.
func (u *UI) getAsset(w *httpkit.Writer, r *http.Request, _ berth.Viewer) error {
	name := r.PathValue("file")
	f, ok := u.files.byName[name]
	if !ok {
		return berth.ErrRouteUnknown
	}
	w.Header().Set("Content-Type", fileType(name))
	if r.URL.RawQuery == u.files.version {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	return send(w, r, http.StatusOK, f.plain, f.packed)
}

// fileType is the media type of one of our files. What the machine takes extensions for
// does not count.
func fileType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	default:
		return "image/svg+xml"
	}
}

// redirect sends the browser on with a GET.
func redirect(w *httpkit.Writer, location string) error {
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}
