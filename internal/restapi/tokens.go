package restapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
)

func (a *API) tokenRoutes() []route {
	return []route{
		{"GET", "/user/tokens", a.listTokens},
		{"POST", "/user/tokens", a.createToken},
		{"DELETE", "/user/tokens/current", a.deleteCurrentToken},
		{"DELETE", "/user/tokens/{id}", a.deleteToken},
		{"GET", "/users/{user}/tokens", a.listTokens},
		{"POST", "/users/{user}/tokens", a.createToken},
		{"DELETE", "/users/{user}/tokens/{id}", a.deleteToken},
	}
}

type jsonToken struct {
	ID         int64    `json:"id"`
	Name       string   `json:"name"`
	User       string   `json:"user"`
	Token      string   `json:"token,omitempty"` // when it is made, and never again
	Scopes     []string `json:"scopes"`
	Owners     []string `json:"owners"`
	Packages   []string `json:"packages"`
	Limited    bool     `json:"limited"` // to owners and packages, also when these are gone
	Actions    []string `json:"actions"`
	CreatedAt  *string  `json:"created_at"`
	ExpiresAt  *string  `json:"expires_at"`
	LastUsedAt *string  `json:"last_used_at"`
	RevokedAt  *string  `json:"revoked_at"`
}

func printToken(t account.Token) jsonToken {
	out := jsonToken{
		ID: t.ID, Name: t.Name, User: t.User, Token: t.Secret, Scopes: strings.Split(t.Scopes.String(), ","),
		Owners: append([]string{}, t.Owners...), Packages: append([]string{}, t.Packages...), Limited: t.Limited, Actions: []string{},
		CreatedAt: stamp(t.CreatedAt), ExpiresAt: stamp(t.ExpiresAt), LastUsedAt: stamp(t.LastUsedAt), RevokedAt: stamp(t.RevokedAt),
	}
	for _, action := range t.Actions {
		out.Actions = append(out.Actions, string(action))
	}
	return out
}

// scopeList is "a,b" or ["a","b"].
type scopeList string

func (s *scopeList) UnmarshalJSON(b []byte) error {
	var list []string
	if json.Unmarshal(b, &list) == nil {
		*s = scopeList(strings.Join(list, ","))
		return nil
	}
	return json.Unmarshal(b, (*string)(s))
}

type tokenRequest struct {
	Name          string         `json:"name,omitempty"`
	Scopes        scopeList      `json:"scopes"`
	ExpiresAt     *time.Time     `json:"expires_at,omitempty"`
	ExpiresInDays int64          `json:"expires_in_days,omitempty"`
	ExpiresIn     int64          `json:"expires_in,omitempty"` // seconds
	Owners        []string       `json:"owners,omitempty"`
	Packages      []string       `json:"packages,omitempty"`
	Actions       []berth.Action `json:"actions,omitempty"`
}

// life returns how long the token is to live, 0 for ever.
func (t tokenRequest) life(now time.Time) (time.Duration, error) {
	const maxDays, maxSeconds = 100 * 365, 100 * 365 * 24 * 60 * 60
	given := 0
	for _, is := range []bool{t.ExpiresAt != nil, t.ExpiresInDays != 0, t.ExpiresIn != 0} {
		if is {
			given++
		}
	}
	switch {
	case given > 1:
		return 0, berth.ErrTokenInvalid.With("give one of expires_at, expires_in_days and expires_in")
	case t.ExpiresInDays < 0 || t.ExpiresInDays > maxDays || t.ExpiresIn < 0 || t.ExpiresIn > maxSeconds:
		return 0, berth.ErrTokenInvalid.With("it would live for less than nothing, or for more than 100 years")
	case t.ExpiresAt != nil:
		if !t.ExpiresAt.After(now) {
			return 0, berth.ErrTokenInvalid.With("it would have expired already")
		}
		return t.ExpiresAt.Sub(now), nil
	}
	return time.Duration(t.ExpiresInDays)*24*time.Hour + time.Duration(t.ExpiresIn)*time.Second, nil
}

// tokenOwner is whose tokens a path is about.
func tokenOwner(r *http.Request, v berth.Viewer) (string, error) {
	if user := r.PathValue("user"); user != "" {
		return user, nil
	}
	if v.UserID < 0 {
		return "", berth.ErrRequestInvalid.With("the operator of the data directory has no tokens; name a user")
	}
	return v.Login, known(v)
}

func (a *API) listTokens(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	user, err := tokenOwner(r, v)
	if err != nil {
		return err
	}
	p, before, err := a.readPageByID(r)
	if err != nil {
		return err
	}
	list, err := a.account.ListTokens(r.Context(), v, user, before, p.limit())
	if err != nil {
		return err
	}
	out := make([]jsonToken, len(list))
	for i, t := range list {
		out[i] = printToken(t)
	}
	return writePage(w, p, out, func(t jsonToken) string { return strconv.FormatInt(t.ID, 10) })
}

func (a *API) createToken(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	user, err := tokenOwner(r, v)
	if err != nil {
		return err
	}
	var in tokenRequest
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	scopes, err := berth.ParseScopes(string(in.Scopes))
	if err != nil {
		return err
	}
	life, err := in.life(a.account.Now())
	if err != nil {
		return err
	}
	t, err := a.account.CreateToken(r.Context(), v, user, account.TokenRequest{
		Name: in.Name, Scopes: scopes, Life: life, Owners: in.Owners, Packages: in.Packages, Actions: in.Actions,
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, printToken(t))
}

func (a *API) deleteToken(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	user, err := tokenOwner(r, v)
	if err != nil {
		return err
	}
	if err := a.account.RevokeToken(r.Context(), v, user, id(r, "id")); err != nil {
		return err
	}
	return noContent(w)
}

func (a *API) deleteCurrentToken(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	end := a.account.RevokeCurrent
	if v.SessionID != 0 {
		end = a.account.SignOut
	}
	if err := end(r.Context(), v); err != nil {
		return err
	}
	return noContent(w)
}
