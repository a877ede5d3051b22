package main

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The password of the first account can be had from the data directory until
// somebody changes it.
func TestAdminCredentials(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	url, banner, stop := serve(t, nil, "--data", data)
	defer stop()
	shown := regexp.MustCompile(`with the password (\S+)`).FindStringSubmatch(banner)
	if shown == nil {
		t.Fatal(banner)
	}
	p := &place{t: t, args: []string{"--data", data}}
	read := func(line string) string {
		t.Helper()
		var got struct{ Username, Password string }
		if err := json.Unmarshal([]byte(p.ok("", line)), &got); err != nil || got.Username != "admin" {
			t.Errorf("%+v, %v", got, err)
		}
		return got.Password
	}
	if got := read("admin credentials -o json"); got != shown[1] {
		t.Errorf("%q, and the banner says %q", got, shown[1])
	}
	if got := p.ok("", "admin credentials"); got != "USERNAME  admin\nPASSWORD  "+shown[1]+"\n" {
		t.Error(got)
	}
	fresh := read("admin credentials --reset -o json")
	if fresh == shown[1] || read("admin credentials -o json") != fresh || get(t, url+"/token", fresh) != http.StatusOK {
		t.Errorf("after a reset: %q", fresh)
	}
	p.ok("another password", "user password admin --password-stdin")
	if status, out, errs := p.run("", "admin credentials -o json"); status == 0 || out != "" || !strings.Contains(errs, "--reset") {
		t.Errorf("after a change: %d %s%s", status, out, errs)
	}
}
