package webui

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
)

func TestReadToken(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	got, err := readToken(url.Values{
		"name": {" ci "}, "scope": {"write:packages", "read:user"}, "expires": {"90"}, "until": {"2020-01-01"},
		"owners": {"acme, ada  bob"}, "packages": {"acme/web\r\nacme/x,"}, "action": {"pull", "push"},
	}, now)
	want := account.TokenRequest{
		Name: "ci", Scopes: berth.ScopeReadPackages | berth.ScopeWritePackages | berth.ScopeReadUser, Life: 90 * day,
		Actions: []berth.Action{"pull", "push"}, Owners: []string{"acme", "ada", "bob"}, Packages: []string{"acme/web", "acme/x"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	for _, f := range []url.Values{
		{"expires": {"30"}},
		{"expires": {"30"}, "scope": {"repo"}},
		{"expires": {"31"}, "scope": {"user"}},
		{"expires": {""}, "scope": {"user"}},
		{"expires": {"custom"}, "scope": {"user"}},
		{"expires": {"custom"}, "scope": {"user"}, "until": {"2026-11-20"}},
		{"expires": {"custom"}, "scope": {"user"}, "until": {"21.11.2026"}},
	} {
		if _, err := readToken(f, now); !errors.Is(err, berth.ErrTokenInvalid) {
			t.Errorf("%v: %v", f, err)
		}
	}
	for _, tt := range []struct {
		expires, until string
		life           time.Duration
	}{{"never", "", 0}, {"7", "", 7 * day}, {"365", "", 365 * day}, {"custom", "2026-11-21", 12 * time.Hour}, {"custom", "2026-12-01", 10*day + 12*time.Hour}} {
		if got, err := readLife(tt.expires, tt.until, now); got != tt.life || err != nil {
			t.Errorf("%v: %v, %v", tt, got, err)
		}
	}
}

func TestMighty(t *testing.T) {
	t.Parallel()
	for scopes, want := range map[string]bool{
		"write:packages": true, "read:packages": false, "read:user": false, "delete:packages": true, "admin": true, "write:packages,admin": true,
		"user": true, "admin:org": true, "write:repositories": true, "nonsense": true,
	} {
		if got := mighty(url.Values{"scope": {"read:packages", scopes}}); got != want {
			t.Errorf("%s: %v", scopes, got)
		}
	}
}

// What is drawn is what the code has, square by square.
func TestFactorPicture(t *testing.T) {
	t.Parallel()
	const key = "otpauth://totp/Berth:ada?secret=ABCDEFGH&issuer=Berth"
	p, err := factorPage(key)
	if err != nil || p.Secret != "ABCDEFGH" || p.URL != key {
		t.Fatalf("%+v, %v", p, err)
	}
	checkSquares(t, key, p.Path, p.Size)
	for _, wrong := range []string{"", "https://evil.example/?secret=x", "otpauth://totp/x", "otpauth://totp/%zz?secret=x", key + string(make([]byte, 600))} {
		if _, err := factorPage(wrong); !errors.Is(err, berth.ErrRequestInvalid) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}
