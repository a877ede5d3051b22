package webui

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/webui/view"
)

const (
	// pageSize is how many rows a list shows at a time.
	pageSize = 30
	// lastPage is the last one of a list that is gone through by number.
	lastPage = registry.MaxSkip/pageSize + 1
)

// parseNumber reads a number from 1 on. There is one way to write it.
func parseNumber(text string) (n int64, ok bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n > 0 && strconv.FormatInt(n, 10) == text
}

// parseID is [parseNumber] for what has no number 0, which stands for anything else.
func parseID(text string) int64 {
	if n, ok := parseNumber(text); ok {
		return n
	}
	return 0
}

// pageNumber reads which page of a list is wanted.
func pageNumber(q url.Values) (int, error) {
	text := q.Get("page")
	if text == "" {
		return 1, nil
	}
	n, ok := parseNumber(text)
	if !ok || n > lastPage {
		return 0, berth.ErrPageInvalid.With("page is %.20q; expected a number from 1 to %d", text, lastPage)
	}
	return int(n), nil
}

// cut takes what is more than a page from a list that was asked for one entry more.
func cut[T any](list []T, size int) (rows []T, more bool) {
	return list[:min(len(list), size)], len(list) > size
}

// numbered is [cut] for a list that is gone through by number.
func numbered[T any](list []T, number int) ([]T, view.Pages) {
	rows, more := cut(list, pageSize)
	return rows, view.Pages{Number: number, More: more && number < lastPage}
}

// readID reads a number that the database gave, from a text that somebody sent.
func readID(text string) (int64, error) {
	n, ok := parseNumber(text)
	if !ok {
		return 0, berth.ErrRequestInvalid.With("%.30q is no number of anything here", text)
	}
	return n, nil
}

// pathID is the number in the path of a request.
func pathID(r *http.Request) (id int64, ok bool) { return parseNumber(r.PathValue("id")) }

// positive reads a number that may be left out, which is 0.
func positive(text, what string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, ok := parseNumber(text)
	if !ok {
		return 0, berth.ErrRequestInvalid.With("%s is %.40q; expected a number from 1 on", what, text)
	}
	return n, nil
}
