package restapi

import (
	"encoding/json"
	"errors"
	"io"
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
	if kind := r.Header.Get("Content-Type"); kind != "" {
		media, _, err := mime.ParseMediaType(kind)
		if err != nil || media != "application/json" && media != "application/vnd.github+json" && media != "application/vnd.github.v3+json" {
			return berth.ErrRequestInvalid.With("expected a body of Content-Type application/json, got %.60q", kind)
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return berth.ErrRequestTooLarge.With("the limit for a body is %d bytes", maxBody)
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

// page is which part of a list is wanted: so many entries after one.
type page struct {
	size  int
	after string
	path  string
	query url.Values
}

// readPage reads per_page, which is cut to the largest page as GitHub does, and
// after. Errors: berth.ErrPageInvalid.
func readPage(r *http.Request) (page, error) {
	q := r.URL.Query()
	p := page{size: defaultPage, after: q.Get("after"), path: r.URL.EscapedPath(), query: q}
	if len(p.after) > 512 || !utf8.ValidString(p.after) || strings.ContainsRune(p.after, 0) {
		return p, berth.ErrPageInvalid.With("after is not what a Link header gave")
	}
	// Lists go on after an entry. Whoever counts pages would read the first for ever.
	if s := q.Get("page"); s != "" && s != "1" {
		return p, berth.ErrPageInvalid.With("pages have no numbers here, got page=%.20q; go on at the address in the Link header, which sets after", s)
	}
	q.Del("page")
	if s := q.Get("per_page"); s != "" {
		n, err := strconv.ParseUint(s, 10, 31)
		if err != nil && !errors.Is(err, strconv.ErrRange) || n == 0 {
			return p, berth.ErrPageInvalid.With("per_page must be a whole number from 1, got %.20q; more than %d gives %d", s, maxPage, maxPage)
		}
		p.size = min(int(n), maxPage)
	}
	return p, nil
}

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

// writePage prints a list and, where there is more, where that is. Lists are asked
// for one entry longer than the page, so that it is known.
func writePage[T any](w *httpkit.Writer, p page, list []T, cursor func(T) string) error {
	if len(list) > p.size {
		list = list[:p.size]
		p.query.Set("after", cursor(list[len(list)-1]))
		httpkit.LinkNext(w, p.path, p.query)
	}
	if list == nil {
		list = []T{}
	}
	return writeJSON(w, http.StatusOK, list)
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
