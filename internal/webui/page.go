package webui

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
)

//go:embed templates
var templates embed.FS

//go:embed assets
var assets embed.FS

// page is what every template gets.
type page struct {
	Title  string
	Viewer string // login, "" when nobody is signed in
	Data   any

	Assets string // their version, filled in by show
}

// pages holds the parsed templates and the assets with their version.
type pages struct {
	byName  map[string]*template.Template
	assets  map[string][]byte
	version string
}

func newPages() (*pages, error) {
	p := &pages{byName: map[string]*template.Template{}, assets: map[string][]byte{}}
	layout, err := template.ParseFS(templates, "templates/layout.html")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		copied, err := layout.Clone()
		if err == nil {
			copied, err = copied.ParseFS(templates, name)
		}
		if err != nil {
			return nil, err
		}
		p.byName[path.Base(name)] = copied
	}
	files, err := fs.Glob(assets, "assets/*")
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	for _, name := range files {
		content, err := assets.ReadFile(name)
		if err != nil {
			return nil, err
		}
		p.assets[path.Base(name)] = content
		_, _ = sum.Write(content) // never fails
	}
	p.version = hex.EncodeToString(sum.Sum(nil)[:6])
	return p, nil
}

// show prints a page. It is made whole before anything is sent, so that what goes
// wrong in a template is an error and not half a page.
func (u *UI) show(w *httpkit.Writer, status int, name string, p page) error {
	t, ok := u.pages.byName[name]
	if !ok {
		return errors.New("no template " + name)
	}
	p.Assets = u.pages.version
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "layout", p); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	return err
}

// getAsset sends the style sheet or the picture. Their addresses change with their
// content.
func (u *UI) getAsset(w *httpkit.Writer, r *http.Request, _ berth.Viewer) error {
	name := r.PathValue("file")
	content, ok := u.pages.assets[name]
	if !ok {
		return berth.ErrRouteUnknown
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	if r.URL.RawQuery == u.pages.version {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	_, err := w.Write(content)
	return err
}

// redirect sends the browser on with a GET.
func redirect(w *httpkit.Writer, location string) error {
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}
