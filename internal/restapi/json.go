package restapi

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
)

const (
	maxBody     = 64 << 10 // bytes
	defaultPage = 30
	maxPage     = 100
)

// readJSON reads a request's body into the struct that the route expects. Fields that
// it does not know are refused, so that nothing is set that nobody meant to offer.
// Errors: berth.ErrRequestInvalid, berth.ErrRequestTooLarge.
func readJSON(w *httpkit.Writer, r *http.Request, into any) error {
	return readJSONOf(w, r, into, maxBody)
}

// readJSONOf is readJSON for a body of another length.
func readJSONOf(w *httpkit.Writer, r *http.Request, into any, limit int64) error {
	if kind := r.Header.Get("Content-Type"); kind != "" {
		media, _, err := mime.ParseMediaType(kind)
		if err != nil || media != "application/json" && media != "application/vnd.github+json" && media != "application/vnd.github.v3+json" {
			return berth.ErrRequestInvalid.With("expected a body of Content-Type application/json, got %.60q", kind)
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return berth.ErrRequestTooLarge.With("the limit for a body is %d bytes", limit)
		}
		return berth.ErrRequestInvalid.With("the body broke off").Because(err)
	}
	if !utf8.Valid(body) {
		return berth.ErrRequestInvalid.With("the body is not UTF-8")
	}
	if err := decode(body, into); err != nil {
		return berth.ErrRequestInvalid.With("%s", err)
	}
	return nil
}

// writeJSON is the only function that prints JSON.
func writeJSON(w *httpkit.Writer, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, err = w.Write(body)
	return err
}

// noContent answers that something was done and there is nothing to say.
func noContent(w *httpkit.Writer) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// maxNumbered is how far into a list numbers of pages go, as on GitHub. Whoever goes
// further goes on after an entry, as the Link header says, which costs the same for
// every page.
const maxNumbered = 10_000

// page is which part of a list is wanted: so many entries after one, or after a number
// of pages of that size.
type page struct {
	size    int
	index   int // of the page, from 1
	skip    int // entries of the pages before
	after   string
	address string // of the list
	query   url.Values
}

// readPage reads per_page, which is cut to the largest page as GitHub does, after, and
// page, which only counts where after is not said.
// Errors: berth.ErrPageInvalid, berth.ErrPageTooDeep.
func (a *API) readPage(r *http.Request) (page, error) {
	q := r.URL.Query()
	p := page{size: defaultPage, index: 1, after: q.Get("after"), address: a.origins.Of(r) + r.URL.EscapedPath(), query: q}
	if len(p.after) > 512 || !utf8.ValidString(p.after) || strings.ContainsRune(p.after, 0) {
		return p, berth.ErrPageInvalid.With("after is not what a Link header gave")
	}
	for name, into := range map[string]*int{"page": &p.index, "per_page": &p.size} {
		if s := q.Get(name); s != "" {
			n, err := strconv.ParseUint(s, 10, 31)
			if err != nil && !errors.Is(err, strconv.ErrRange) || n == 0 {
				return p, berth.ErrPageInvalid.With("%s must be a whole number from 1, got %.20q", name, s)
			}
			*into = int(n)
		}
	}
	p.size = min(p.size, maxPage)
	if p.after != "" {
		return p, nil
	}
	if p.index > maxNumbered/p.size {
		return p, berth.ErrPageTooDeep.With("pages are numbered up to entry %d; go on at the address in the Link header of the page before, which sets after", maxNumbered)
	}
	p.skip = (p.index - 1) * p.size
	return p, nil
}

// readPageByID is readPage for a list that goes on after a number.
// Errors: those of readPage.
func (a *API) readPageByID(r *http.Request) (p page, after int64, err error) {
	if p, err = a.readPage(r); err != nil {
		return p, 0, err
	}
	after, err = p.number()
	return p, after, err
}

// limit is how many entries to ask for: those of the pages before, the page, and one
// that tells that there are more.
func (p page) limit() int { return p.skip + p.size + 1 }

// number reads after as the id that it is in lists by time.
func (p page) number() (int64, error) {
	if p.after == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(p.after, 10, 64)
	if err != nil || n < 1 {
		return 0, berth.ErrPageInvalid.With("after is not what a Link header gave")
	}
	return n, nil
}

// writePage prints a list that was asked for up to the limit of the page, and where
// the pages beside it are. Numbers are in the addresses too, for clients that count.
func writePage[T any](w *httpkit.Writer, p page, list []T, cursor func(T) string) error {
	list = list[min(p.skip, len(list)):]
	var links []string
	if len(list) > p.size {
		list = list[:p.size]
		links = append(links, p.link("next", p.index+1, cursor(list[len(list)-1])))
	}
	if p.index > 1 {
		links = append(links, p.link("prev", p.index-1, ""), p.link("first", 1, ""))
	}
	if len(links) > 0 {
		w.Header().Set("Link", strings.Join(links, ", "))
	}
	if list == nil {
		list = []T{}
	}
	return writeJSON(w, http.StatusOK, list)
}

// link says where a page is (RFC 8288), with what was asked for.
func (p page) link(rel string, number int, after string) string {
	q := maps.Clone(p.query)
	q.Set("page", strconv.Itoa(number))
	q.Del("after")
	if after != "" {
		q.Set("after", after)
	}
	return "<" + p.address + "?" + q.Encode() + `>; rel="` + rel + `"`
}

// stamp prints a time as GitHub does, null for none.
func stamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.UTC().Format(time.RFC3339)
	return &s
}

// id reads a number from the path. What is none names nothing.
func id(r *http.Request, name string) int64 {
	n, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
