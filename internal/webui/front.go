package webui

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// shownOnFront is how many packages and organizations the front page shows, and
// firstTokenLife how long the token of the first steps is good.
const (
	shownOnFront   = 10
	firstTokenLife = 30 * 24 * time.Hour
)

// getFront shows strangers what this is, and others what is theirs.
func (u *UI) getFront(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	if v.Anonymous() {
		main := view.Landing(view.LandingPage{Host: u.host(r), Open: u.account.RegistrationOpen()})
		return u.show(w, r, v, page{title: "Container registry", main: main})
	}
	list, err := u.registry.ListRecent(r.Context(), v, shownOnFront)
	if err != nil {
		return err
	}
	orgs, err := u.account.ListOwnOrgs(r.Context(), v, "", shownOnFront)
	if err != nil {
		return err
	}
	home := view.HomePage{Login: v.Login, Packages: packageRows(list), MakesOrgs: v.Admin}
	for _, o := range orgs {
		home.Orgs = append(home.Orgs, o.Login)
	}
	if len(list) == 0 {
		home.Start = u.startPage(r, v)
	}
	return u.show(w, r, v, page{title: "Home", main: view.Home(home)})
}

// host is the name of this registry in image references, as the browser knows it.
func (u *UI) host(r *http.Request) string {
	_, host, _ := strings.Cut(u.origins.Of(r), "://")
	return host
}

func (u *UI) startPage(r *http.Request, v berth.Viewer) view.StartPage {
	owner := "NAME"
	if !v.Anonymous() {
		owner = strings.ToLower(v.Login)
	}
	return view.StartPage{Host: u.host(r), Owner: owner, Plain: strings.HasPrefix(u.origins.Of(r), "http://"), Since: u.account.Now().Unix()}
}

// getStart walks from nothing to the first push.
func (u *UI) getStart(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	start := u.startPage(r, v)
	start.Token = u.takeOnce(w, r, v).Get("token")
	return u.show(w, r, v, page{title: "First steps", main: view.Start(start)})
}

// postStart makes an access token for the first push.
func (u *UI) postStart(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	scopes, err := berth.ParseScopes("write:packages")
	if err != nil {
		return err
	}
	t, err := u.account.CreateToken(r.Context(), v, v.Login, account.TokenRequest{
		Name: "First steps", Scopes: scopes, Life: firstTokenLife,
		Actions: []berth.Action{berth.ActionPull, berth.ActionPush}, // and no settings, for no password was asked for
	})
	if err != nil {
		return err
	}
	return u.showOnce(w, r, v, "/-/start", url.Values{"token": {t.Secret}})
}
