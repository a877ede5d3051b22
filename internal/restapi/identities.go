package restapi

import (
	"net/http"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
)

func (a *API) identityRoutes() []route {
	return []route{
		{"GET", "/user/identities", a.listIdentities},
		{"DELETE", "/user/identities/{provider}", a.deleteIdentity},
		{"GET", "/users/{owner}/identities", a.listIdentities},
		{"PUT", "/users/{owner}/identities/{provider}", a.putIdentity},
		{"DELETE", "/users/{owner}/identities/{provider}", a.deleteIdentity},
	}
}

// identity is who an account is at an outside provider.
type identity struct {
	Provider  string  `json:"provider"`
	Title     string  `json:"title"` // of the provider, for people
	Subject   string  `json:"subject"`
	CreatedAt *string `json:"created_at"`
}

type identityBody struct {
	Subject string `json:"subject"`
}

// whose is the account that a path is about: the one that it names, or else the
// viewer's own. The operator has none, and is nobody whose name somebody else has.
func whose(r *http.Request, v berth.Viewer) (string, error) {
	if owner := r.PathValue("owner"); owner != "" {
		return owner, known(v)
	}
	if v.UserID < 0 {
		return "", berth.ErrOwnerUnknown.With("the %s has no account", v.Login)
	}
	return v.Login, known(v)
}

// listIdentities answers with all of them: there are few.
func (a *API) listIdentities(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	owner, err := whose(r, v)
	if err != nil {
		return err
	}
	list, err := a.account.ListIdentities(r.Context(), v, owner)
	if err != nil {
		return err
	}
	out := make([]identity, len(list))
	for i, entry := range list {
		out[i] = identityJSON(entry)
	}
	return writeJSON(w, http.StatusOK, out)
}

func identityJSON(i account.Identity) identity {
	return identity{i.Provider, i.Title, i.Subject, stamp(i.CreatedAt)}
}

func (a *API) putIdentity(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	var body identityBody
	if err := known(v); err != nil {
		return err
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	if err := a.account.LinkIdentity(r.Context(), v, r.PathValue("owner"), r.PathValue("provider"), body.Subject); err != nil {
		return err
	}
	return noContent(w)
}

// deleteIdentity needs the subject too: an account may be several people at one
// provider.
func (a *API) deleteIdentity(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	owner, err := whose(r, v)
	if err != nil {
		return err
	}
	subject := r.URL.Query().Get("subject")
	if subject == "" {
		return berth.ErrRequestInvalid.With("whom at the provider? Say it with ?subject=")
	}
	if err := a.account.UnlinkIdentity(r.Context(), v, owner, r.PathValue("provider"), subject); err != nil {
		return err
	}
	return noContent(w)
}
