package webui

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

const maxNotices = 3 // of tokens that run out

// readOnly is what a token may do that is made without asking for the password again.
// That of the first push may too, if it is narrowed to that: the scope alone is enough
// to change settings and rights of packages, which pages ask for the password before.
const readOnly = berth.ScopeReadPackages | berth.ScopeReadUser

// mighty reports whether a token is asked for that a browser left open must not make.
func mighty(form url.Values) bool {
	scopes, err := berth.ParseScopes(strings.Join(form["scope"], ","))
	actions := form["action"]
	narrow := len(actions) > 0 && !slices.ContainsFunc(actions, func(a string) bool {
		return a != string(berth.ActionPull) && a != string(berth.ActionPush)
	})
	return err != nil || form.Get("expires") == expiresNever || scopes&^readOnly != 0 && (scopes&^(readOnly|berth.ScopeWritePackages) != 0 || !narrow)
}

func (u *UI) getTokens(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	var before int64
	if text := r.URL.Query().Get("before"); text != "" {
		var err error
		if before, err = strconv.ParseInt(text, 10, 64); err != nil || before <= 0 {
			return berth.ErrPageInvalid.With("before is %.20q, expected the number of a token", text)
		}
	}
	p := view.TokensPage{First: before == 0}
	list, err := u.account.ListLiveTokens(r.Context(), v, v.Login, before, pageSize+1)
	if err != nil {
		return err
	}
	list, more := cut(list, pageSize)
	for _, t := range list {
		p.Rows = append(p.Rows, tokenRow(t))
	}
	if more {
		p.Before = strconv.FormatInt(list[len(list)-1].ID, 10)
	}
	return u.show(w, r, v, page{title: "Access tokens", main: view.Tokens(p)})
}

func tokenRow(t account.Token) view.TokenRow {
	row := view.TokenRow{
		ID: strconv.FormatInt(t.ID, 10), Name: t.Name, Scopes: strings.Split(t.Scopes.String(), ","),
		Limited: t.Limited, Reach: slices.Concat(t.Owners, t.Packages), CreatedAt: t.CreatedAt, UsedAt: t.LastUsedAt, ExpiresAt: t.ExpiresAt,
	}
	for _, a := range t.Actions {
		row.Actions = append(row.Actions, string(a))
	}
	return row
}

func (u *UI) postRevoke(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	id, ok := pathID(r)
	if !ok {
		return berth.ErrTokenUnknown
	}
	if err := u.account.RevokeToken(r.Context(), v, v.Login, id); err != nil {
		return err
	}
	return u.done(w, r, "/settings/tokens", "The access token is revoked.")
}

// expiring returns the viewer's tokens that run out, or just have. It is asked on the
// pages where somebody comes to himself, and not on every page that he reads; the page
// of tokens says it in its list.
func (u *UI) expiring(r *http.Request, v berth.Viewer) ([]view.Expiring, error) {
	path := r.URL.Path
	own := path == "/" || path == "/settings" || strings.HasPrefix(path, "/settings/") && !strings.HasPrefix(path, "/settings/tokens")
	if !own || v.SessionID == 0 || r.Method != http.MethodGet {
		return nil, nil
	}
	list, err := u.account.ExpiringTokens(r.Context(), v, view.Soonest)
	if err != nil {
		return nil, err
	}
	now := u.account.Now()
	var found []view.Expiring
	for _, t := range list {
		if len(found) < maxNotices && view.Near(t.CreatedAt, t.ExpiresAt, now) {
			found = append(found, view.Expiring{Name: cmp.Or(t.Name, strconv.FormatInt(t.ID, 10)), At: t.ExpiresAt})
		}
	}
	return found, nil
}
