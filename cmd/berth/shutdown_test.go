package main

import (
	"strings"
	"testing"
)

// TestServeWritesDownAtTheEnd stops a server sooner than the jobs come around that write
// down what it counts in memory: downloads, and when a token was used.
func TestServeWritesDownAtTheEnd(t *testing.T) {
	t.Parallel()
	data := dataPlace(t)
	data.push("admin/app")
	token := strings.TrimSpace(data.ok("", "token create --user admin --scopes read:packages --name robot"))
	url, _, stop := serve(t, nil, data.args...)
	for range 3 {
		if status := get(t, url+"/v2/admin/app/manifests/v1", token); status != 200 {
			t.Errorf("pull: %d", status)
		}
	}
	if status := stop(); status != 0 {
		t.Errorf("serve: %d", status)
	}
	if out := data.ok("", "package show admin/app -o json"); !strings.Contains(out, `"downloads":3,`) && !strings.Contains(out, `"downloads":3}`) {
		t.Errorf("three downloads are not written down: %s", out)
	}
	if out := data.ok("", "token list --user admin -o json"); strings.Contains(out, `"last_used_at":null`) || !strings.Contains(out, `"last_used_at":"`) {
		t.Errorf("the use of the token is not written down: %s", out)
	}
}
