package restapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

// Rules on tags look so, and refuse in both faces.
func TestTagRules(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	c.PushImage("acme/app", "v1", "1")
	const owner, pkg = "/orgs/acme/tag-rules", "/users/acme/packages/container/app/tag-rules"
	golden(t, send(c, "GET", pkg, ""), 200, `[]`)
	golden(t, send(c, "POST", owner, `{"pattern":"V*"}`), 201,
		`{"id":*,"of":"owner","pattern":"V*","immutable":true,"users":[],"teams":[],"repositories":[],"created_at":*}`)
	golden(t, send(c, "POST", pkg, `{"pattern":"x","users":["MIA"]}`), 201,
		`{"id":*,"of":"package","pattern":"x","immutable":false,"users":["mia"],"teams":[],"repositories":[],"created_at":*}`)
	send(c, "POST", pkg, `{"users":["mia"]}`).Want(422)
	if list := string(send(c, "GET", pkg, "").Want(200).Body); strings.Index(list, `"of":"owner"`) > strings.Index(list, `"of":"package"`) {
		t.Error(list)
	}
	for _, path := range []string{"/tags/v1", ""} {
		r := send(c, "DELETE", "/orgs/acme/packages/container/app"+path, "").Want(403)
		if got := message(r); got != "tag protected: acme/app:v1 matches the rule V* of acme, so nobody may move or delete it; use another tag, or have the rule removed: berth package unprotect acme 1" {
			t.Error(got)
		}
	}
	c.PushBlob("acme/app", "other")
	r := c.Do("PUT", "/v2/acme/app/manifests/v1", strings.NewReader(string(berthtest.Image("other"))), "Content-Type", berth.MediaTypeOCIManifest).Want(403)
	if !strings.Contains(string(r.Body), `"code":"DENIED","message":"tag protected: `) {
		t.Errorf("%s", r.Body)
	}
	if got := string(send(c, "GET", "/orgs/acme/packages/container/app/tags/v1", "").Want(200).Body); !strings.Contains(got, `"protected":true`) {
		t.Error(got)
	}
	if got := string(send(c, "GET", "/orgs/acme/packages/container/app/versions", "").Want(200).Body); !strings.Contains(got, `"protected":true`) {
		t.Error(got)
	}
	send(c, "DELETE", pkg+"/1", "").Want(404)
	send(c, "DELETE", owner+"/x", "").Want(404)
	send(c, "DELETE", owner+"/1", "").Want(204)
	send(c, "DELETE", "/orgs/acme/packages/container/app", "").Want(204)
}

// So do rules on old versions, and what they would remove.
func TestRetention(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	c.PushImage("acme/app", "pr-1", "1")
	c.PushImage("acme/app", "v1", "2")
	s.Clock.Advance(48 * time.Hour)
	const owner, pkg = "/users/acme/retention", "/orgs/acme/packages/container/app/retention"
	send(c, "GET", owner, "").Want(404)
	send(c, "GET", pkg+"/preview", "").Want(404)
	const rule = `"active":true,"keep_newest":0,"keep_days":1,"keep_pulled_days":2,"keep_untagged":true,"keep_tags":["a"],"remove_tags":["pr-*"]`
	for _, r := range []*berthtest.Response{send(c, "PUT", owner, `{`+rule+`}`), send(c, "GET", pkg, "")} {
		if want := `{"of":"owner",` + rule + `,"updated_at":"20`; !strings.HasPrefix(string(r.Want(200).Body), want) {
			t.Errorf("%s, want %s", r.Body, want)
		}
	}
	for method, body := range map[string]string{"GET": "", "POST": `{"remove_tags":["PR-1"]}`} {
		r := send(c, method, pkg+"/preview", body).Want(200)
		for _, want := range []string{`"versions":2,"remove":[{"id":1,"digest":"sha256:`, `"tags":["pr-1"],"created_at":"`, `"last_pulled_at":null}],"more":0,"kept":{"tagged":1},"unique_size":`} {
			if !strings.Contains(string(r.Body), want) {
				t.Errorf("%s lacks %s: %s", method, want, r.Body)
			}
		}
	}
	for _, body := range []string{`{"keep_days":-1}`, `{"keep_newest":9999999999}`, `{"keep_tags":["a b"]}`, `{"keep":1}`, `{"keep_tags":"a"}`} {
		send(c, "PUT", pkg, body).Want(422)
	}
	send(c, "DELETE", pkg, "").Want(404)
	send(c, "DELETE", owner, "").Want(204)
	if n, err := s.Registry.RunRetention(t.Context()); n != 0 || err != nil {
		t.Error(n, err)
	}
}
