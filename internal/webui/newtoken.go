package webui

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

const (
	usualLife = "30" // days

	expiresNever  = "never"
	expiresCustom = "custom"

	day = 24 * time.Hour
)

// getNewToken shows the form. Programs that need a token link to it with the scopes
// and a name for it, which GitHub calls a description.
func (u *UI) getNewToken(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	q := r.URL.Query()
	name := q.Get("name")
	if name == "" {
		name = q.Get("description")
	}
	separator := func(c rune) bool { return c == ',' || c == ' ' }
	form := url.Values{"name": {name}, "expires": {usualLife}, "scope": strings.FieldsFunc(strings.Join(q["scopes"], ","), separator)}
	return u.showNewToken(w, r, v, sent{}, form)
}

// showNewToken shows the form with what was typed, and what was wrong with that.
func (u *UI) showNewToken(w *httpkit.Writer, r *http.Request, v berth.Viewer, s sent, typed url.Values) error {
	f := view.TokenForm{
		Name: strings.ToValidUTF8(typed.Get("name"), ""), Expires: typed.Get("expires"), Until: typed.Get("until"),
		FirstDay: u.account.Now().UTC().Format(time.DateOnly),
		Owners:   typed.Get("owners"), Packages: typed.Get("packages"), Scopes: scopeChoices(v.Admin), Actions: actionChoices(), Failure: s.text,
	}
	f.Limits = f.Owners != "" || f.Packages != "" || len(typed["action"]) > 0
	for _, g := range f.Scopes {
		check(g.Choices, typed["scope"])
	}
	check(f.Actions, typed["action"])
	return u.show(w, r, v, page{status: s.status, title: "New access token", main: view.NewToken(f)})
}

func check(choices []view.Box, chosen []string) {
	for i := range choices {
		choices[i].Checked = slices.Contains(chosen, choices[i].Value)
	}
}

// scopeChoices explains the scopes. That of the site is nothing to those who do not
// administer it.
func scopeChoices(admin bool) []view.BoxGroup {
	groups := []view.BoxGroup{
		{Title: "Packages", Choices: []view.Box{
			{Value: "read:packages", Text: "Pull, and look at packages"},
			{Value: "write:packages", Text: "Push and pull, and change the settings of packages"},
			{Value: "delete:packages", Text: "Delete packages and versions, and restore them"},
		}},
		{Title: "Organizations", Choices: []view.Box{
			{Value: "admin:org", Text: "Members, teams and settings of organizations"},
		}},
		{Title: "Repositories", Choices: []view.Box{
			{Value: "write:repositories", Text: "Make and change records of source repositories"},
		}},
		{Title: "Account", Choices: []view.Box{
			{Value: "read:user", Text: "Read about you, and about organizations that you are in"},
			{Value: "user", Text: "Change your account, its tokens and sessions"},
		}},
	}
	if admin {
		groups = append(groups, view.BoxGroup{Title: "Site", Choices: []view.Box{{Value: "admin", Text: "Administer this registry"}}})
	}
	return groups
}

func actionChoices() []view.Box {
	return []view.Box{
		{Value: string(berth.ActionPull), Text: "Read packages"},
		{Value: string(berth.ActionPush), Text: "Write to them"},
		{Value: string(berth.ActionDelete), Text: "Delete versions and packages"},
		{Value: string(berth.ActionAdmin), Text: "Change settings and rights"},
	}
}

// postNewToken makes the token, and goes on to where it is shown this once.
func (u *UI) postNewToken(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	request, err := readToken(r.PostForm, u.account.Now())
	var t account.Token
	if err == nil {
		t, err = u.account.CreateToken(r.Context(), v, v.Login, request)
	}
	if err != nil {
		return again(err, func(s sent) error { return u.showNewToken(w, r, v, s, r.PostForm) })
	}
	return u.showOnce(w, r, v, "/settings/tokens/made", url.Values{"id": {strconv.FormatInt(t.ID, 10)}, "token": {t.Secret}})
}

// getTokenMade shows a token that was made just now.
func (u *UI) getTokenMade(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	once := u.once(r, v)
	id, err := strconv.ParseInt(once.Get("id"), 10, 64)
	if err != nil {
		u.setFlash(w, r, "warning", "A new access token is shown once. If you have not copied it, revoke it and make another.")
		return redirect(w, "/settings/tokens")
	}
	list, err := u.account.ListLiveTokens(r.Context(), v, v.Login, id+1, 1) // the newest up to this one
	if err != nil {
		return err
	}
	if len(list) == 0 || list[0].ID != id {
		return berth.ErrTokenUnknown // revoked already
	}
	u.forgetOnce(w, r)
	t, start := list[0], u.startPage(r, v)
	made := view.MadeToken{
		Row: tokenRow(t), Secret: once.Get("token"), Login: start.Owner, Host: start.Host, Plain: start.Plain, Docker: t.Scopes&berth.ScopesPackages != 0,
	}
	return u.show(w, r, v, page{title: "Your new access token", main: view.TokenMade(made)})
}

// readToken reads what a token is to be. Errors: berth.ErrTokenInvalid.
func readToken(f url.Values, now time.Time) (account.TokenRequest, error) {
	names := func(field string) []string {
		return strings.FieldsFunc(f.Get(field), func(c rune) bool { return strings.ContainsRune(", \t\r\n", c) })
	}
	t := account.TokenRequest{Name: strings.TrimSpace(f.Get("name")), Owners: names("owners"), Packages: names("packages")}
	for _, a := range f["action"] {
		t.Actions = append(t.Actions, berth.Action(a))
	}
	var err error
	if t.Scopes, err = berth.ParseScopes(strings.Join(f["scope"], ",")); err != nil {
		return t, err
	}
	t.Life, err = readLife(f.Get("expires"), f.Get("until"), now)
	return t, err
}

// readLife reads how long a token is to live: some days, until the end of one, or 0
// for ever.
func readLife(expires, until string, now time.Time) (time.Duration, error) {
	switch expires {
	case expiresNever:
		return 0, nil
	case expiresCustom:
		last, err := time.Parse(time.DateOnly, until)
		if err != nil {
			return 0, berth.ErrTokenInvalid.With("choose its last day, as in %s", now.UTC().Add(30*day).Format(time.DateOnly))
		}
		if life := last.Add(day).Sub(now); life > 0 {
			return life, nil
		}
		return 0, berth.ErrTokenInvalid.With("its last day, %s, is over already", until)
	case "7", "30", "60", "90", "365":
		days, err := strconv.Atoi(expires)
		return time.Duration(days) * day, err
	default:
		return 0, berth.ErrTokenInvalid.With("it expires in %.20q; choose from the list", expires)
	}
}
