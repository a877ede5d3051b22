package httpkit

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/berth-registry/berth"
)

// PageSize reads the query parameter n: how many entries the client wants. It
// returns absent where there is none, and at most limit.
// Errors: berth.ErrPageInvalid.
func PageSize(q url.Values, absent, limit int) (int, error) {
	if !q.Has("n") {
		return absent, nil
	}
	n, err := strconv.ParseUint(q.Get("n"), 10, 31)
	if err != nil {
		return 0, berth.ErrPageInvalid.With("n must be a whole number from 0 to %d", 1<<31-1)
	}
	return min(int(n), limit), nil
}

// LinkNext says where the next page is (RFC 8288).
func LinkNext(w http.ResponseWriter, path string, q url.Values) {
	w.Header().Set("Link", "<"+path+"?"+q.Encode()+`>; rel="next"`)
}
