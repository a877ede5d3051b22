package view

import (
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
)

func TestComponents(t *testing.T) {
	t.Parallel()
	ada := Frame{Title: "Home", Login: "ada", Theme: "auto", Path: "/acme?sort=name&q=web"}
	for name, c := range map[string]templ.Component{
		"layout": Layout(Frame{
			Title: "Home", Login: "root", Admin: true, Theme: "dark", Path: "/", Static: "v1", Now: noon(),
			Flash:  &Flash{Kind: "good", Text: "The tag 1.0 is untied."},
			Tokens: []Expiring{{Name: "ci", At: noon().Add(50 * time.Hour)}, {Name: "old", At: noon().Add(-time.Hour)}},
		}, Landing(LandingPage{Host: "berth.example"})),
		"layout_stranger": Layout(Frame{Title: "Berth", Theme: "auto", Path: "/acme/web", Static: "v1", Open: true}, Label("green", IconCheck, "Complete")),
		"login":           Login(LoginForm{Name: "ada", Next: "/acme?x=1&y=2", Failure: "User name or password is wrong.", Open: true, Providers: []Provider{{"dex", "Dex"}}}),
		"login_code":      Login(LoginForm{Name: "ada", Next: "/", Ticket: "sealed"}),
		"join":            Join(JoinForm{Name: "eve", Org: "acme", Owner: true}),
		"confirm":         Confirm(ConfirmForm{Action: "/acme/web/-/settings", Login: "ada", Fields: []FormField{{"name", `"><script>alert(1)</script>`}}}),
		"cli":             CLI(CLIForm{Port: "4000", Challenge: "abc", Name: "ada's <laptop>", Login: "ada"}),
		"problem":         Problem(Failure{404, "Not found", "There is no such page.", "ABC"}),
		"start":           Start(StartPage{Host: "berth.example", Owner: "ada", Token: "brt_x"}),
		"home": Home(HomePage{Login: "ada", MakesOrgs: true, Orgs: []string{"acme"}, Packages: []PackageRow{
			{Name: "ada/web", Visibility: "public", Kind: "image", Description: "The <b>web</b> server", Repository: "ada/web", Versions: 1, Downloads: 12_345, UpdatedAt: noon().Add(-3 * time.Hour)},
			{Name: "ada/chart", Visibility: "private", Kind: "helm", Versions: 2},
		}}),
		"pieces": templ.Join(Tabs("Package", []Tab{{"Tags", "/acme/web/-/tags", IconTag, 3, true, ""}, {"Versions", "/acme/web/-/versions", IconVersions, -1, false, ""}}),
			Pager("/a?page=1", ""), Bar(1, 3, "a third"), Bar(4, 3, "too much"), Command("docker pull x", "the command"), CopyButton("x", "the digest"), Empty(IconPackage, "Nothing here"),
			Outside("https://forge.example/acme/web"), Outside("javascript:alert(1)"), Outside("https://user:secret@forge.example/")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, ada, c)
		})
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	now := noon()
	for want, got := range map[string]string{
		"0 B": Bytes(0), "1023 B": Bytes(1023), "1.00 KiB": Bytes(1024), "12.5 MiB": Bytes(12.5 * 1024 * 1024), "345 GiB": Bytes(345 << 30), "8.00 EiB": Bytes(1<<63 - 1), "unknown": Bytes(-1),
		"0": Count(0), "999": Count(999), "1,000": Count(1000), "-1,234,567": Count(-1_234_567),
		"1k": Short(1000), "12.3k": Short(12_345), "999.9k": Short(999_949), "1M": Short(999_950), "3.2M": Short(3_200_000),
		"1 tag": Plural(1, "tag"), "0 tags": Plural(0, "tag"), "2 repositories": Plural(2, "repository"), "2 days": Plural(2, "day"), "1,000 branches": Plural(1000, "branch"),
		"just now": ago(now, now.Add(-59*time.Second)), "1 minute ago": ago(now, now.Add(-time.Minute)), "23 hours ago": ago(now, now.Add(-23*time.Hour-59*time.Minute)),
		"29 days ago": ago(now, now.Add(-29*24*time.Hour)), "1 month ago": ago(now, now.Add(-30*24*time.Hour)), "2 years ago": ago(now, now.Add(-800*24*time.Hour)),
		"in 2 days": ago(now, now.Add(50*time.Hour)), "in a moment": ago(now, now.Add(time.Second)),
		"sha256:0123456789ab": ShortDigest("sha256:0123456789abcdef"), "sha256:0123": ShortDigest("sha256:0123"), "nonsense": ShortDigest("nonsense"),
		"/acme/web%2520api/x": string(local("/%s", "acme/web%20api/x")), "/a/b%3Fc%23d": string(local("/%s", "a/b?c#d")),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	ctx := With(t.Context(), Frame{Path: "/acme?q=web+api&sort=name"})
	for _, test := range []struct {
		want  string
		pairs []string
	}{
		{"/acme?page=2&q=web+api&sort=name", []string{"page", "2"}},
		{"/acme?q=web+api", []string{"sort", ""}},
		{"/acme", []string{"sort", "", "q", ""}},
	} {
		if got := string(query(ctx, test.pairs...)); got != test.want {
			t.Errorf("%v: %s, want %s", test.pairs, got, test.want)
		}
	}
}

// Every icon that is named has a picture.
func TestIcons(t *testing.T) {
	t.Parallel()
	for _, i := range []Icon{IconPackage, IconX, IconAlert} {
		if !strings.HasPrefix(i.paths(), "<path") {
			t.Errorf("%s: %s", i, i.paths())
		}
	}
	if Icon("nothing").paths() != "" {
		t.Error("an icon that is none has a picture")
	}
}
