package httpkit_test

import (
	"errors"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
)

func TestPageSize(t *testing.T) {
	t.Parallel()
	tests := []struct {
		query string
		want  int
		ok    bool
	}{
		{"", 50, true},
		{"last=x", 50, true},
		{"N=3", 50, true},
		{"n=3", 3, true},
		{"n=0", 0, true},
		{"n=007", 7, true},
		{"n=100", 100, true},
		{"n=101", 100, true},
		{"n=2147483647", 100, true},
		{"n=3&n=4", 3, true},
		{"n=2147483648", 0, false},
		{"n=99999999999999999999", 0, false},
		{"n=", 0, false},
		{"n", 0, false},
		{"n=-1", 0, false},
		{"n=%2B1", 0, false},
		{"n=1.0", 0, false},
		{"n=1e2", 0, false},
		{"n=0x10", 0, false},
		{"n=1_0", 0, false},
		{"n=%201", 0, false},
		{"n=ten", 0, false},
		{"n=%D9%A1", 0, false},
	}
	for _, test := range tests {
		q, err := url.ParseQuery(test.query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := httpkit.PageSize(q, 50, 100)
		if got != test.want || (err == nil) != test.ok {
			t.Errorf("%s: %d, %v, want %d, good: %t", test.query, got, err, test.want, test.ok)
		}
		if err != nil && !errors.Is(err, berth.ErrPageInvalid) {
			t.Errorf("%s: error %v is not page_invalid", test.query, err)
		}
	}
}

func TestLinkNext(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		q    url.Values
		want string
	}{
		{url.Values{"n": {"3"}, "last": {"v1"}}, `</v2/a/b/tags/list?last=v1&n=3>; rel="next"`},
		{url.Values{"last": {"a/b"}}, `</v2/a/b/tags/list?last=a%2Fb>; rel="next"`},
		{url.Values{"last": {"x>; rel=\"prev\"\r\nY: z"}}, `</v2/a/b/tags/list?last=x%3E%3B+rel%3D%22prev%22%0D%0AY%3A+z>; rel="next"`},
	} {
		w := httptest.NewRecorder()
		httpkit.LinkNext(w, "/v2/a/b/tags/list", test.q)
		if got := w.Header().Get("Link"); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
