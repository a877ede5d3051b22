package ociapi

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
)

const (
	maxForm   = 64 << 10 // bytes
	maxScopes = 100
)

// tokenReply carries both spellings of the token, since clients differ.
type tokenReply struct {
	Token       string `json:"token"`
	AccessToken string `json:"access_token"`
	Scope       string `json:"scope"`
	ExpiresIn   int    `json:"expires_in"` // seconds
	IssuedAt    string `json:"issued_at"`  // RFC 3339
}

// serveToken gives a bearer for what was asked and is allowed. Wrong credentials
// are an error; a scope that is not granted is not.
func (a *API) serveToken(w *httpkit.Writer, r *http.Request) error {
	w.Op = strings.ToLower(r.Method) + " token"
	if r.URL.Path != "/token" {
		return berth.ErrRouteUnknown
	}
	var (
		v      berth.Viewer
		scopes []string
		err    error
	)
	switch r.Method {
	case http.MethodGet:
		v, err = a.viewer(r.Context(), r)
		scopes = r.URL.Query()["scope"]
	case http.MethodPost:
		v, scopes, err = a.tokenForm(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		return berth.ErrMethodUnsupported.With("use GET or POST")
	}
	if err != nil {
		return err
	}
	if v.Bearer {
		return berth.ErrCredentialsInvalid.With("a bearer cannot be exchanged for another; send name and password")
	}
	w.Viewer = v
	if err := a.account.AllowToken(v); err != nil {
		return err
	}
	a.warn(w, v)
	asked, err := parseScopes(scopes)
	if err != nil {
		return err
	}
	granted, err := a.registry.Grant(r.Context(), v, asked)
	if err != nil {
		return err
	}
	bearer, err := a.account.IssueBearer(r.Context(), v, granted)
	if err != nil {
		return err
	}
	if !covers(granted, asked) {
		w.Level(r.Context())
	}
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, http.StatusOK, "application/json", tokenReply{
		Token: bearer.Token, AccessToken: bearer.Token, Scope: printScopes(granted),
		ExpiresIn: int(bearer.Life.Seconds()), IssuedAt: bearer.IssuedAt.Format(time.RFC3339),
	})
}

// tokenForm reads the OAuth2 form that containerd, buildkit and helm send.
func (a *API) tokenForm(w *httpkit.Writer, r *http.Request) (berth.Viewer, []string, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return berth.Viewer{}, nil, berth.ErrRequestTooLarge.With("the limit for a form is %d bytes", maxForm)
		}
		return berth.Viewer{}, nil, berth.ErrRequestInvalid.With("the body is not a form of name=value pairs").Because(err)
	}
	form := r.PostForm
	scopes := form["scope"]
	switch grant := form.Get("grant_type"); {
	case grant == "password":
		v, err := a.account.Login(r.Context(), form.Get("username"), form.Get("password"), a.origins.Address(r))
		return v, scopes, err
	case grant == "" && r.Header.Get("Authorization") != "":
		v, err := a.viewer(r.Context(), r)
		return v, scopes, err
	default:
		return berth.Viewer{}, nil, berth.ErrRequestInvalid.With("grant_type %.40q is not supported; use password", grant)
	}
}

// parseScopes reads scopes that were given one by one or as a list. What does not
// follow the grammar is passed over.
func parseScopes(params []string) ([]berth.Grant, error) {
	var out []berth.Grant
	for _, param := range params {
		for s := range strings.FieldsSeq(param) {
			if len(out) == maxScopes {
				return nil, berth.ErrRequestInvalid.With("more than %d scopes", maxScopes)
			}
			if g, ok := parseScope(s); ok {
				out = append(out, g)
			}
		}
	}
	return out, nil
}

// parseScope reads TYPE[(CLASS)]:NAME:ACTION[,ACTION…]. The name may hold a colon,
// before a port.
func parseScope(s string) (berth.Grant, bool) {
	kind, rest, ok := strings.Cut(s, ":")
	i := strings.LastIndexByte(rest, ':')
	if !ok || i < 0 {
		return berth.Grant{}, false
	}
	kind, _, _ = strings.Cut(kind, "(")
	g := berth.Grant{Type: kind, Name: rest[:i]}
	for action := range strings.SplitSeq(rest[i+1:], ",") {
		a := berth.Action(action)
		known := []berth.Action{berth.ActionPull, berth.ActionPush, berth.ActionDelete, berth.ActionCatalog}
		if slices.Contains(known, a) && !slices.Contains(g.Actions, a) {
			g.Actions = append(g.Actions, a)
		}
	}
	return g, true
}

// covers reports whether all that was asked for is granted. A client that asks for
// "*" is not told in a hurry either.
func covers(granted, asked []berth.Grant) bool {
	return !slices.ContainsFunc(asked, func(want berth.Grant) bool {
		return !slices.ContainsFunc(granted, func(have berth.Grant) bool {
			return have.Type == want.Type && have.Name == want.Name &&
				!slices.ContainsFunc(want.Actions, func(a berth.Action) bool { return !slices.Contains(have.Actions, a) })
		})
	})
}

func printScopes(grants []berth.Grant) string {
	list := make([]string, len(grants))
	for i, g := range grants {
		actions := make([]string, len(g.Actions))
		for j, a := range g.Actions {
			actions[j] = string(a)
		}
		list[i] = g.Type + ":" + g.Name + ":" + strings.Join(actions, ",")
	}
	return strings.Join(list, " ")
}
