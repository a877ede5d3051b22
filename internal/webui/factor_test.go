package webui_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/berth-registry/berth/internal/berthtest"
)

// totp is what an authenticator shows (RFC 6238).
func totp(t *testing.T, secret string, now time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	_, _ = mac.Write(binary.BigEndian.AppendUint64(nil, uint64(now.Unix()/30)))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1e6)
}

// With a second factor there is a second page, and what was typed on the first is
// not on it as it was.
func TestSecondStep(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("")
	signIn(t, s, "ada")
	ada := s.Viewer("ada")
	f, err := s.Account.StartSecondFactor(t.Context(), ada, password)
	if err != nil {
		t.Fatal(err)
	}
	code := func() string {
		s.Clock.Advance(time.Minute) // each is good once
		return totp(t, f.Secret, s.Clock.Now())
	}
	if _, err := s.Account.ConfirmSecondFactor(t.Context(), ada, code()); err != nil {
		t.Fatal(err)
	}
	first := func() (ticket string) {
		t.Helper()
		r := post(c, "/login", form("name", "ada", "password", password, "next", "/acme")).Want(http.StatusOK)
		m := regexp.MustCompile(`name="ticket" value="([^"]+)"`).FindSubmatch(r.Body)
		body := string(r.Body)
		if m == nil || strings.Contains(body, password) || !strings.Contains(body, `name="next" value="/acme"`) || !strings.Contains(body, "one-time-code") || cookie(t, r, "berth_session") != nil {
			t.Fatal(body)
		}
		return string(m[1])
	}
	ticket := first()
	for _, wrong := range []string{"", "000000"} {
		r := post(c, "/login", form("ticket", ticket, "code", wrong)).Want(http.StatusUnauthorized)
		if !strings.Contains(string(r.Body), ticket) || !strings.Contains(string(r.Body), `role="alert"`) {
			t.Errorf("code %q: %s", wrong, r.Body)
		}
	}
	r := post(c, "/login", form("ticket", ticket, "code", code(), "next", "/acme")).Want(http.StatusSeeOther)
	if cookie(t, r, "berth_session") == nil || r.Header.Get("Location") != "/acme" {
		t.Error(r.Header)
	}
	// The ticket proves nothing by itself, and not for long.
	post(c, "/login", form("ticket", ticket)).Want(http.StatusUnauthorized)
	ticket = first()
	s.Clock.Advance(5 * time.Minute)
	r = post(c, "/login", form("ticket", ticket, "code", code())).Want(http.StatusBadRequest)
	if !strings.Contains(string(r.Body), "took longer") || !strings.Contains(string(r.Body), `name="password"`) {
		t.Errorf("%s", r.Body)
	}
}
