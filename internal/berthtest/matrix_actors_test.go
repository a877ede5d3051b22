package berthtest_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
)

// grade is what somebody was given, or is, written out here once more, so that the
// matrix does not ask the code that it tests.
type grade int

const (
	none grade = iota
	read
	write
	admin

	member = read
	owner  = admin
)

// kind is a kind of credential.
type kind int

const (
	kindNone kind = iota
	kindToken
	kindBasic // a token as password
	kindBearer
	kindPassword
	kindSession // a program's as Bearer in the REST face, a browser's as cookie on the pages
)

// actor is one column of the matrix: somebody with one kind of credential.
type actor struct {
	login string // "" for nobody
	what  string // which credentials

	plum, reed   grade // what was given to him
	acme, orchid grade // member or owner
	site         bool  // administers the registry, with these credentials

	kind     kind
	headers  []string // Authorization
	secret   string   // of the token or the browser's session
	narrowed bool     // to scopes
	scopes   []string
	owner    string // the only one that the token reaches
	pkg      string // the only package that it reaches
	pull     bool   // the only action

	only    string // the only package that the bearer names
	dead    bool   // nobody may believe these credentials
	garbage bool   // they never were any
	lapsed  bool   // a bearer whose token has ended: good only to finish uploads
}

func (a *actor) String() string {
	return strings.TrimSpace(a.login + " " + a.what + " " + [...]string{"", "(token)", "(token as password)", "(bearer)", "(password)", "(session)"}[a.kind])
}

func (a *actor) anonymous() bool { return a.login == "" }

// has reports whether the credentials have one of the scopes.
func (a *actor) has(scopes ...string) bool {
	return !a.narrowed || slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(a.scopes, s) })
}

// whole reports whether the credentials are good for more than certain packages,
// owners or actions.
func (a *actor) whole() bool { return a.owner == "" && a.pkg == "" && !a.pull }

func people() []actor {
	return []actor{
		{login: "eve"},
		{login: "rob", plum: read},
		{login: "wes", plum: write, reed: read},
		{login: "pat", plum: admin, reed: write},
		{login: "rae", reed: admin},
		{login: "tess", plum: write, reed: read, acme: member},
		{login: "mia", acme: member},
		{login: "ada", acme: owner},
		{login: "otto", orchid: owner},
		{login: "fox", what: "who was thrown out"},
		{login: "vic"},
		{login: "root", site: true},
		{login: "acme-bot", acme: member},
		{login: "acme-ci", acme: member, plum: write, reed: write},
	}
}

// tokens are those that do not give all that their users have.
func tokens() []actor {
	ada := func(a actor) actor {
		a.login, a.acme = "ada", owner
		return a
	}
	scoped := func(scopes ...string) actor {
		return ada(actor{what: "with " + scopes[0], narrowed: true, scopes: scopes})
	}
	return []actor{
		scoped("read:packages"),
		scoped("write:packages", "read:packages"),
		scoped("delete:packages", "read:packages"),
		scoped("read:user"),
		scoped("admin:org", "read:user"),
		scoped("write:repositories"),
		scoped("admin"),
		scoped("user", "read:user"),
		ada(actor{what: "for orchid", owner: "orchid"}),
		ada(actor{what: "for acme", owner: "acme"}),
		ada(actor{what: "for acme/plum", pkg: "acme/plum"}),
		ada(actor{what: "for pulls", pull: true}),
		{login: "root", what: "with admin", site: true, narrowed: true, scopes: []string{"admin"}},
		{login: "root", what: "without admin", narrowed: true, scopes: []string{
			"read:packages", "write:packages", "delete:packages", "read:user", "admin:org", "write:repositories", "user",
		}},
	}
}

// actors makes the credentials of all columns.
func (w *world) actors(t *testing.T) []*actor {
	t.Helper()
	list := []*actor{
		{what: "nobody"},
		{what: "nobody, empty header", headers: []string{""}},
		{what: "nobody", kind: kindBearer, headers: []string{"Bearer " + w.bearer(t, "", allScopes())}},
		{login: "ada", acme: owner, kind: kindPassword, headers: []string{basic("ada", password)}},
	}
	for _, a := range slices.Concat(people(), tokens()) {
		list = append(list, w.credentials(t, a, 0)...)
	}
	for _, a := range people() {
		if !strings.HasPrefix(a.login, "acme-") { // service accounts have none
			list = append(list, w.session(t, a))
		}
	}
	ada := w.credentials(t, actor{login: "ada", acme: owner}, 0)
	list = append(list, &actor{
		login: "ada", what: "for acme/quince", acme: owner, kind: kindBearer, only: "acme/quince",
		headers: []string{"Bearer " + w.bearer(t, ada[0].headers[0], []string{"repository:acme/quince:pull,push,delete"})},
	})
	list = append(list, w.ended(t)...)
	return append(list, garbage(ada)...)
}

// credentials makes a token for somebody, and the columns of all that he can do
// with it.
func (w *world) credentials(t *testing.T, a actor, life time.Duration) []*actor {
	t.Helper()
	r := account.TokenRequest{Name: "matrix", Scopes: berth.ScopeAll, Life: life}
	if a.narrowed {
		var err error
		if r.Scopes, err = berth.ParseScopes(strings.Join(a.scopes, ",")); err != nil {
			t.Fatal(err)
		}
	}
	if a.owner != "" {
		r.Owners = []string{a.owner}
	}
	if a.pkg != "" {
		r.Packages = []string{a.pkg}
	}
	if a.pull {
		r.Actions = []berth.Action{berth.ActionPull}
	}
	made, err := w.Account.CreateToken(t.Context(), berth.Operator(), a.login, r)
	if err != nil {
		t.Fatal(err)
	}
	a.secret = made.Secret
	token, password, bearer := a, a, a
	token.kind, token.headers = kindToken, []string{"Bearer " + a.secret}
	password.kind, password.headers = kindBasic, []string{basic(a.login, a.secret)}
	bearer.kind, bearer.headers = kindBearer, []string{"Bearer " + w.bearer(t, token.headers[0], allScopes())}
	return []*actor{&token, &password, &bearer}
}

// session signs somebody in.
func (w *world) session(t *testing.T, a actor) *actor {
	t.Helper()
	made, err := w.Account.CreateSession(t.Context(), w.OwnerID(a.login), "test", "", "matrix")
	if err != nil {
		t.Fatal(err)
	}
	program, err := w.Account.CreateProgramSession(t.Context(), w.OwnerID(a.login), "test", "", "matrix")
	if err != nil {
		t.Fatal(err)
	}
	w.sessions[a.login] = made.ID
	a.kind, a.secret, a.headers = kindSession, made.Secret, []string{"Bearer " + program.Secret}
	return &a
}

// ended makes credentials that were good once.
func (w *world) ended(t *testing.T) (list []*actor) {
	t.Helper()
	ctx, me := t.Context(), berth.Operator()
	end := func(a actor, life time.Duration, how func(a *actor) error) {
		t.Helper()
		made := w.credentials(t, a, life)
		if err := how(made[0]); err != nil {
			t.Fatal(err)
		}
		for _, c := range made {
			c.lapsed = c.kind == kindBearer && a.login == "ada"
			c.dead = !c.lapsed
		}
		list = append(list, made...)
	}
	blake, max := w.session(t, actor{login: "blake", what: "who is blocked"}), w.session(t, actor{login: "max", what: "who signed out"})
	mixed := w.session(t, actor{login: "ada", acme: owner, what: "a program's as cookie, a browser's as Bearer"})
	mixed.secret, mixed.headers = strings.TrimPrefix(mixed.headers[0], "Bearer "), []string{"Bearer " + mixed.secret}
	blake.dead, max.dead, mixed.dead = true, true, true
	list = append(list, blake, max, mixed)
	out := func(v berth.Viewer, err error) {
		t.Helper()
		if err == nil {
			err = w.Account.SignOut(ctx, v)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	out(w.Account.SessionViewer(ctx, max.secret, ""))
	out(w.Account.ProgramViewer(ctx, strings.TrimPrefix(max.headers[0], "Bearer "), ""))
	end(actor{login: "blake", what: "who is blocked"}, 0, func(*actor) error { return w.Account.SetBlocked(ctx, me, "blake", true) })
	end(actor{login: "dell", what: "who is deleted"}, 0, func(*actor) error {
		return w.Account.DeleteUser(ctx, me, "dell", account.Disposal{})
	})
	end(actor{login: "ada", acme: owner, what: "expired"}, 30*time.Second, func(*actor) error {
		w.Clock.Advance(31 * time.Second)
		return nil
	})
	end(actor{login: "ada", acme: owner, what: "revoked"}, 0, func(a *actor) error {
		v, err := w.Account.Authenticate(ctx, a.headers[0], "")
		if err != nil {
			return err
		}
		return w.Account.RevokeCurrent(ctx, v)
	})
	return list
}

// garbage is made of good credentials.
func garbage(ada []*actor) (list []*actor) {
	secret, bearer := ada[0].secret, ada[2].headers[0]
	parts := strings.Split(strings.TrimPrefix(bearer, "Bearer "), ".")
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	for what, headers := range map[string][]string{
		"no scheme":                    {secret},
		"no token":                     {"Bearer"},
		"another scheme":               {"Negotiate " + secret},
		"a token cut off":              {"Bearer " + secret[:len(secret)-1]},
		"a token with more":            {"Bearer " + secret + "x"},
		"a token that never was":       {"Bearer brt_0000000000000000000000000000000000000000" + "000000"},
		"no base64":                    {"Basic " + secret},
		"no colon":                     {"Basic " + base64.StdEncoding.EncodeToString([]byte("ada"))},
		"another user's name":          {basic("root", secret)},
		"two headers":                  {"Bearer " + secret, "Bearer " + secret},
		"two headers, one empty":       {"Bearer " + secret, ""},
		"two in one":                   {"Bearer " + secret + ", Bearer " + secret},
		"a bearer without a signature": {"Bearer " + unsigned + "." + parts[1] + "."},
		"a bearer signed with nothing": {"Bearer " + unsigned + "." + parts[1] + "." + parts[2]},
		"a bearer cut off":             {bearer[:len(bearer)-2]},
	} {
		list = append(list, &actor{what: what, headers: headers, dead: true, garbage: true})
	}
	slices.SortFunc(list, func(a, b *actor) int { return strings.Compare(a.what, b.what) })
	return list
}

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// bearer asks for a bearer with scopes.
func (w *world) bearer(t *testing.T, header string, scopes []string) string {
	t.Helper()
	r := w.With(header).Get("/token?" + url.Values{"scope": scopes}.Encode()).Want(http.StatusOK)
	var reply struct{ Token string }
	if err := json.Unmarshal(r.Body, &reply); err != nil {
		t.Fatal(err)
	}
	return reply.Token
}

// allScopes are for everything that there is a row about.
func allScopes() []string {
	list := []string{"registry:catalog:*"}
	for _, name := range allPackages() {
		list = append(list, "repository:"+name+":pull,push,delete", "repository:"+absent(name)+":pull,push,delete")
	}
	for _, name := range []string{"acme/fresh", "orchid/fresh"} {
		list = append(list, "repository:"+name+":pull,push,delete")
	}
	return list
}

// absent is a name as long as the given one, of the same owner, that nobody has.
func absent(name string) string {
	owner, path, _ := strings.Cut(name, "/")
	return owner + "/" + strings.Repeat("z", len(path))
}
