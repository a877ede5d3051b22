package restapi_test

import (
	"strings"
	"testing"

	"github.com/berth-registry/berth/internal/berthtest"
)

// Whoever gives a tag or a digest where a number is expected is told so, and whoever
// leaves out where a copy is to go.
func TestVersionInputs(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.As("ada").PushImage("acme/app", "v1", "1")
	const number = "a version of acme/app is named by the number that lists give as its id, not by a tag or a digest"
	for route, want := range map[string]string{
		"GET v1":           number,
		"GET sha256:00":    number,
		"GET -1":           number,
		"GET 99":           "acme/app has no version 99",
		"DELETE v1":        number,
		"POST v1/restore":  number,
		"POST 99/restore":  "acme/app has no deleted version 99",
		`POST v1/copy`:     number,
		"POST 1/copy none": "to is missing: the package that the version is to be in, OWNER/NAME; acme/app itself for more tags",
	} {
		method, rest, _ := strings.Cut(route, " ")
		path, without, _ := strings.Cut(rest, " ")
		body, status := "", 404
		switch {
		case without != "":
			body, status = `{"tags":["v2"]}`, 422
		case strings.HasSuffix(path, "/copy"):
			body = `{"to":"acme/other","tags":["v1"]}`
		}
		r := send(s.As("ada"), method, "/orgs/acme/packages/container/app/versions/"+path, body).Want(status)
		if got := message(r); !strings.HasSuffix(got, ": "+want) {
			t.Errorf("%s: %q", route, got)
		}
	}
}
