package restapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
)

// authenticate tells who sent a request: an access token, a program's session or a password
// in the Authorization header; no cookie, so that no other site can make a browser
// send it. A bearer of the registry is for packages only.
func (a *API) authenticate(w *httpkit.Writer, r *http.Request) (berth.Viewer, error) {
	headers := r.Header["Authorization"]
	header := ""
	switch len(headers) {
	case 0:
	case 1:
		header = headers[0]
		// GitHub's older clients say "token" where the standard says Bearer.
		if len(header) > 6 && header[:6] == "token " {
			header = "Bearer " + header[6:]
		}
	default:
		return berth.Viewer{}, berth.ErrCredentialsInvalid.With("more than one Authorization header")
	}
	if secret, ok := strings.CutPrefix(header, "Bearer "); ok && account.IsSession(secret) {
		return a.account.ProgramViewer(r.Context(), secret, a.origins.Address(r))
	}
	v, err := a.account.Authenticate(r.Context(), header, a.origins.Address(r))
	if err != nil {
		return v, err
	}
	if v.Bearer {
		return v, berth.ErrCredentialsInvalid.With("a bearer of the registry is good for packages only; send an access token")
	}
	if v.TokenID != 0 {
		w.Header().Set("X-OAuth-Scopes", strings.ReplaceAll(v.Scopes.String(), ",", ", "))
		if !v.TokenExpires.IsZero() {
			w.Header().Set("GitHub-Authentication-Token-Expiration", v.TokenExpires.UTC().Format(time.DateTime+" MST"))
		}
	}
	return v, nil
}

// known refuses those who are not signed in.
func known(v berth.Viewer) error {
	if v.Anonymous() {
		return berth.ErrUnauthenticated.With("send an access token: Authorization: Bearer brt_…")
	}
	return nil
}
