package ociapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

// A token that ends soon is warned of, whichever way it is used.
func TestWarning(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	for life, steps := range map[time.Duration]map[time.Duration]bool{
		0:                    {0: false, 1000 * berthtest.Day: false},
		time.Hour:            {0: false, 44 * time.Minute: false, 46 * time.Minute: true},
		90 * 24 * time.Hour:  {0: false, 82 * 24 * time.Hour: false, 84 * 24 * time.Hour: true},
		365 * 24 * time.Hour: {357 * 24 * time.Hour: false, 364 * 24 * time.Hour: true},
	} {
		for after, want := range steps {
			token := s.Token("ada", berth.ScopeAll, life)
			s.Clock.Advance(after)
			direct := s.With("Bearer " + token)
			bearer := direct.Bearer("repository:ada/app:pull")
			for what, r := range map[string]*berthtest.Response{
				"token": direct.Get("/v2/"), "bearer": bearer.Get("/v2/"), "exchange": direct.Get("/token"),
				"not found": bearer.Get("/v2/ada/app/manifests/v1"),
			} {
				warning := r.Header.Get("Warning")
				if strings.HasPrefix(warning, `299 - "the access token of ada expires on 20`) != want || (warning == "") == want {
					t.Errorf("a token for %s, after %s, %s: warning %q", life, after, what, warning)
				}
			}
		}
	}
	if w := s.As("").Get("/v2/").Want(http.StatusUnauthorized).Header.Get("Warning"); w != "" {
		t.Errorf("anonymous is warned: %s", w)
	}
}
