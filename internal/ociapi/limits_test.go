package ociapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

// Who guesses is told when to come back, at every door, and a token goes on.
func TestGuessingIsSlowedDown(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	guess := s.With(basic("nobody", "wrong password"))
	for range 10 {
		guess.Get("/token").Want(http.StatusUnauthorized)
		guess.Get("/v2/").Want(http.StatusUnauthorized)
	}
	for _, path := range []string{"/token", "/v2/", "/api/v3/audit-log"} {
		r := guess.Get(path).Want(http.StatusTooManyRequests)
		if r.Header.Get("Retry-After") != "10" || !strings.Contains(string(r.Body), "try again in 10s") {
			t.Errorf("%s: %v %s", path, r.Header, r.Body)
		}
	}
	if code := guess.Get("/v2/").Code(); code != "TOOMANYREQUESTS" {
		t.Error(code)
	}
	s.With(basic("ada", s.Token("ada", berth.ScopeAll, 0))).Get("/token").Want(http.StatusOK)
	s.With("").Get("/token").Want(http.StatusOK)
	s.Clock.Advance(10 * time.Second)
	guess.Get("/v2/").Want(http.StatusUnauthorized)
}

func TestTokenLimit(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t, berthtest.Options{Account: func(o *account.Options) { o.TokensPerMinute = 2 }})
	for name, c := range map[string]*berthtest.Client{"ada": s.As("ada"), "bob": s.As("bob"), "anonymous": s.As("")} {
		for range 2 {
			c.Get("/token").Want(http.StatusOK)
		}
		if r := c.Get("/token").Want(http.StatusTooManyRequests); r.Header.Get("Retry-After") != "30" || r.Code() != "TOOMANYREQUESTS" {
			t.Errorf("%s: %v", name, r.Header)
		}
		c.Get("/v2/").Want(http.StatusOK, http.StatusUnauthorized)
	}
}
