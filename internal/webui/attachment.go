package webui

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/artifact"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/webui/view"
)

// shownComponents is how many ingredients a page shows.
const shownComponents = 200

// getAttachment shows what a signature, an SBOM or a provenance says.
func (u *UI) getAttachment(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	d, err := berth.ParseDigest(r.PathValue("digest"))
	if err != nil {
		return err
	}
	q := r.URL.Query()
	search, err := berth.ParseSearch(q.Get("q"))
	if err != nil {
		return err
	}
	docs, err := u.registry.ReadAttachment(r.Context(), v, at.name, d)
	if err != nil {
		return err
	}
	p := view.AttachmentPage{Head: at.head("versions"), Digest: d.String(), Search: search}
	p.Head.Rest = "@" + view.ShortDigest(d.String())
	from, err := strconv.Atoi(q.Get("from"))
	if err != nil || from < 0 || from > artifact.MaxComponents {
		from = 0
	}
	for _, doc := range docs {
		p.Docs = append(p.Docs, documentOf(doc, search, from))
	}
	return u.show(w, r, v, page{title: "Attachment of " + at.name.String(), main: view.Attachment(p)})
}

func documentOf(d registry.Document, search string, from int) view.Document {
	doc := view.Document{
		Digest: d.Digest.String(), MediaType: d.MediaType, Size: d.Size, Title: d.Title, Kind: string(d.Kind), Text: d.Text, Cut: d.Cut, Problem: d.Problem,
	}
	if s := d.Signature; s != nil {
		doc.Signature = &view.Signature{
			Format: s.Format, Subject: s.Subject.String(), Reference: s.Reference, Identity: s.Identity, Issuer: s.Issuer,
			Created: s.Created, Logged: s.Logged, Expires: s.Expires, KeyHint: s.KeyHint,
		}
	}
	if d.Statement != nil {
		doc.Statement = statementOf(d)
	}
	if d.SBOM != nil {
		doc.SBOM = sbomOf(d, search, from)
		doc.Text = "" // there is more than enough of it
	}
	return doc
}

func statementOf(d registry.Document) *view.Statement {
	s := &view.Statement{PredicateType: d.Statement.PredicateType}
	if d.SBOM == nil {
		s.Predicate = d.Statement.Predicate
	}
	for _, subject := range d.Statement.Subjects {
		s.Subjects = append(s.Subjects, view.Pair{Name: subject.Name, Value: strings.Join(subject.Digests, " ")})
	}
	if p := d.Statement.Provenance; p != nil {
		s.Provenance = &view.Provenance{
			Builder: p.Builder, BuildType: p.BuildType, Invocation: p.Invocation, Source: p.Source, Revision: p.Revision,
			Started: p.Started, Finished: p.Finished,
		}
		for _, m := range p.Materials {
			s.Provenance.Materials = append(s.Provenance.Materials, view.Pair{Name: m.URI, Value: strings.Join(m.Digests, " ")})
		}
	}
	return s
}

// sbomOf returns a list of ingredients with those that are looked for, as many as a page
// shows.
func sbomOf(d registry.Document, search string, from int) *view.SBOM {
	s := &view.SBOM{Format: d.SBOM.Format, Name: d.SBOM.Name, Created: d.SBOM.Created, Tools: d.SBOM.Tools, Total: d.SBOM.Total}
	want := strings.ToLower(search)
	for _, c := range d.SBOM.Components {
		if !strings.Contains(strings.ToLower(c.Name+" "+c.Version+" "+c.License+" "+c.PURL), want) {
			continue
		}
		if s.Found >= from && len(s.Components) < shownComponents {
			s.Components = append(s.Components, view.Component{Name: c.Name, Version: c.Version, Type: c.Type, License: c.License, PURL: c.PURL})
		}
		s.Found++
	}
	at := func(from int) templ.SafeURL {
		return templ.SafeURL("?" + url.Values{"q": {search}, "from": {strconv.Itoa(from)}}.Encode())
	}
	if from > 0 {
		s.Before = at(max(0, from-shownComponents))
	}
	if s.Found > from+shownComponents {
		s.After = at(from + shownComponents)
	}
	return s
}
