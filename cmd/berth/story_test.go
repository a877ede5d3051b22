package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// place is where the commands of a test go.
type place struct {
	t    *testing.T
	data string // the directory that is at the bottom of it
	env  []string
	args []string
	ask  func(ctx context.Context, question string, secret bool) (string, error)

	watch func(http.Handler) http.Handler // made once: reading the document takes its time
}

// run runs a command line, of words without spaces; 'quoted words' may have them.
func (p *place) run(stdin, line string) (status int, stdout, stderr string) {
	p.t.Helper()
	var out, errs bytes.Buffer
	var args []string
	for _, m := range regexp.MustCompile(`'([^']*)'|(\S+)`).FindAllStringSubmatch(line, -1) {
		args = append(args, m[1]+m[2])
	}
	if p.watch == nil {
		p.watch = checked(p.t)
	}
	status = run(p.t.Context(), append(args, p.args...), system{
		stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs, environ: p.env, readFile: os.ReadFile, ask: p.ask, watch: p.watch,
	})
	return status, out.String(), errs.String()
}

// ok runs a command that must succeed and returns what it printed.
func (p *place) ok(stdin, line string) string {
	p.t.Helper()
	status, out, errs := p.run(stdin, line)
	if status != 0 {
		p.t.Fatalf("%s: %d\n%s%s", line, status, out, errs)
	}
	return out
}

// dataPlace is a data directory, serverPlace a server that runs on one, with its
// administrator logged in.
func dataPlace(t *testing.T) *place {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	p := &place{t: t, data: data, args: []string{"--data", data}}
	p.ok("correct horse", "user create admin --admin --password-stdin")
	return p
}

func serverPlace(t *testing.T) *place {
	t.Helper()
	return serverOn(t, dataPlace(t))
}

func serverOn(t *testing.T, data *place) *place {
	t.Helper()
	url, _, stop := serve(t, nil, data.args...)
	t.Cleanup(func() {
		if status := stop(); status != 0 {
			t.Errorf("serve: %d", status)
		}
	})
	token := data.ok("", "token create --user admin --scopes admin,user,admin:org,write:repositories,write:packages,delete:packages")
	p := &place{t: t, data: data.data, env: []string{"XDG_CONFIG_HOME=" + t.TempDir()}}
	if got := p.ok(token, "login "+url+" --token-stdin"); got != "logged in to "+url+" as admin\n" {
		t.Fatal(got)
	}
	return p
}

// step is one command of a story. out is a regular expression of what it prints, on
// standard error when it starts with "!", for it then has to fail.
type step struct{ line, stdin, out string }

const stamp = `\d{4}-\d\d-\d\d \d\d:\d\d`

func story() []step {
	return []step{
		// Users.
		{"user create Ada --password-stdin", "hunter2hunter2\n", `^user Ada created\n$`},
		{"user create bob --password-stdin --admin", "hunter2hunter2\n", `^user bob created\n$`},
		{"user create eve --password-stdin -o json", "hunter2hunter2\n", `^\{"login":"eve","id":\d+,"type":"User".*"site_admin":false.*\}\n$`},
		{"user create ada --password-stdin", "hunter2hunter2\n", `!^berth: name is taken: somebody or an organization is called ada\n$`},
		{"user create dan", "", `!pass the password on standard input: echo … \| berth user create dan --password-stdin`},
		{"user list", "", `(?m)^LOGIN +TYPE +ADMIN +BLOCKED +CREATED\n(.*\n)*Ada +User +no +no +` + stamp + `\n(.*\n)*bob +User +yes +no`},
		{"user show ada", "", `(?m)^LOGIN +Ada\nTYPE +User\nID +\d+\nADMIN +no\nBLOCKED +no\n`},
		{"user show nobody", "", `!nobody`},
		{"user admin bob off", "", `^user bob is no administrator\n$`},
		{"user admin bob maybe", "", `!expected on or off, got "maybe"`},
		{"user admin bob on", "", `^user bob is an administrator\n$`},
		{"user block bob", "", `^user bob blocked\n$`},
		{"user list", "", `bob +User +yes +yes`},
		{"user unblock bob", "", `^user bob unblocked\n$`},
		{"user password bob --password-stdin", "another password", `^password of bob changed\n$`},
		{"user delete bob", "", `!this deletes the user bob for good; there is nobody to ask, so pass --yes`},
		{"user delete bob --yes", "", `^user bob deleted\n$`},
		{"user delete bob --yes", "", `!bob`},
		{"user show ..", "", `!a name is empty or made of dots`},
		{"user show ''", "", `!a name is empty or made of dots`},

		// Organizations and teams.
		{"org create Acme --owner ada", "", `^organization Acme created, owned by ada\n$`},
		{"org create other --owner nobody", "", `!there is no user nobody`},
		{"org list --all", "", `^LOGIN +BASE-ROLE +MEMBERS-CREATE +PUBLIC +CREATED\nAcme +read +yes +yes +` + stamp + `\n$`},
		{"org list --all -o json", "", `^\[\{"login":"Acme",.*\}\]\n$`},
		{"org show acme", "", `(?m)^BASE-ROLE +read\n`},
		{"org set acme --base-role none --allow-public=false --default-visibility internal", "", `^organization Acme changed\n$`},
		{"org show acme", "", `(?m)^LOGIN +Acme\nID +\d+\nBASE-ROLE +none\nMEMBERS-CREATE +yes\nPUBLIC +no\nVISIBILITY +internal\n`},
		{"org set acme --default-visibility instance --allow-public", "", `changed`},
		{"org show acme -o json", "", `"allow_public":true,"default_visibility":null`},
		{"org set acme", "", `!at least one of the flags`},
		{"org set acme --base-role king", "", `!role "king"`},
		{"org add-member acme eve", "", `^eve is a member of acme\n$`},
		{"org add-member acme eve --as-owner", "", `^eve is an owner of acme\n$`},
		{"org members acme", "", `^LOGIN +TYPE +ROLE\nAda +User +admin\neve +User +admin\n$`},
		{"org remove-member acme eve", "", `^eve is no member of acme\n$`},
		{"org remove-member acme ada", "", `!`},
		{"org add-member acme eve", "", `member`},
		{"team create acme Devs", "", `^team acme/devs created\n$`},
		{"team add acme devs eve", "", `^eve is in acme/devs\n$`},
		{"team list acme", "", `^TEAM +SLUG\nDevs +devs\n$`},
		{"team members acme devs", "", `^LOGIN +TYPE\neve +User\n$`},
		{"team remove acme devs eve", "", `^eve is not in acme/devs\n$`},
		{"team members acme devs -o json", "", `^\[\]\n$`},

		// Repositories.
		{"repo create acme/Web --description 'The site' --homepage https://git.example.com/acme/web", "", `^repository Acme/Web created, private\n$`},
		{"repo create acme/web", "", `!there already`},
		{"repo list acme", "", `^REPOSITORY +VISIBILITY +DESCRIPTION +CREATED\nAcme/Web +private +The site +` + stamp + `\n$`},
		{"repo list nobody", "", `!nobody does not exist`},
		{"repo show acme/web", "", `(?m)^REPOSITORY +Acme/Web\n(.*\n)*HOMEPAGE +https://git.example.com/acme/web\nADMIN +yes\n`},
		{"repo show web", "", `!"web" is not OWNER/NAME`},
		{"repo set acme/web --name site --visibility internal", "", `^repository Acme/site changed, internal\n$`},
		{"repo set acme/site --description ''", "", `changed`},
		{"repo set acme/site", "", `!at least one of the flags`},
		{"repo readme acme/site -", "# Site\n", `^README of acme/site written, 7 bytes\n$`},
		{"repo readme acme/site no-such-file", "", `!no-such-file`},
		{"repo readme site -", "", `!is not OWNER/NAME`},
		{"repo grant acme/site --user eve --role write", "", `^user eve has the role write on acme/site\n$`},
		{"repo grant acme/site --team devs --role maintain", "", `^team devs has the role write on acme/site\n$`},
		{"repo grant acme/site --user eve --role triage", "", `^user eve has the role read on acme/site\n$`},
		{"repo grant acme/site --user eve --role king", "", `!role "king"`},
		{"repo grant acme/site --user eve --role write", "", `write`},
		{"repo grant acme/site --user eve --team devs --role read", "", `!none of the others can be`},
		{"repo grant acme/site --user eve", "", `!required flag.*role`},
		{"repo grant acme/site --role read", "", `!at least one of the flags`},
		{"repo collaborators acme/site", "", `(?m)^KIND +NAME +ROLE\n(.*\n)?user +eve +write\nteam +devs +write\n`},
		{"repo collaborators acme/site -o json", "", `^\[.*\{"kind":"user","name":"eve","role":"write"\},\{"kind":"team","name":"devs","role":"write"\}\]\n$`},
		{"repo revoke acme/site --user eve", "", `^user eve has no role of its own on acme/site\n$`},
		{"repo revoke acme/site --user eve", "", `!nobody gave`},
		{"repo revoke acme/site --team devs", "", `^team devs has no role of its own`},

		// Webhooks. Nobody is there to take what is sent.
		{"webhook add https://ci.invalid/a --org acme --secret-stdin", "geheim", `^webhook 1 made\n$`},
		{"webhook add https://ci.invalid/b --repo acme/site --event package,registry_package --content-type form --insecure-ssl --active=false", "", `^webhook 2 made\n$`},
		{"webhook add https://ci.invalid/c --org acme --secret-stdin", "", `!the secret on standard input is empty`},
		{"webhook add ci.invalid --org acme", "", `!is not like https://`},
		{"webhook add https://ci.invalid/d --org acme --event push", "", `!event "push"`},
		{"webhook add https://ci.invalid/d --org acme --repo acme/site", "", `!none of the others can be`},
		{"webhook list --org acme", "", `^ID +URL +TYPE +EVENTS +ACTIVE +LAST\n1 +https://ci.invalid/a +json +package +yes +(unused|failed)\n$`},
		{"webhook list --repo acme/site -o json", "", `"config":\{"url":"https://ci.invalid/b","content_type":"form","insecure_ssl":"1"\}`},
		{"webhook list --org acme -o json", "", `"insecure_ssl":"0","secret":"\*{8}"`},
		{"webhook set 1 --org acme --url https://ci.invalid/next --no-secret", "", `^webhook 1 changed\n$`},
		{"webhook list --org acme -o json", "", `"url":"https://ci.invalid/next","content_type":"json","insecure_ssl":"0"\}`},
		{"webhook set 1 --org acme", "", `!at least one of the flags`},
		{"webhook set x --org acme --active=false", "", `!"x" is no ID`},
		{"webhook set 4711 --org acme --active=false", "", `!webhook unknown`},
		{"webhook ping 1 --org acme", "", `^webhook 1 will be sent a ping; see berth webhook deliveries\n$`},
		{"webhook deliveries 1 --org acme", "", `(?s)^ID +EVENT +ACTION +STATUS +ATTEMPTS +NEXT +AGAIN +CREATED\n\d+ +ping +- +.*\n1 +ping +- +.* +no +` + stamp + `\n$`},
		{"webhook deliveries 1 --org acme --limit 1 -o json", "", `^\[\{[^{}]*\}\]\n$`},
		{"webhook redeliver 1 1 --org acme", "", `^delivery 1 will be sent again\n$`},
		{"webhook redeliver 1 4711 --org acme", "", `!delivery unknown`},
		{"webhook deliveries 1 --org acme", "", `(?m) yes +` + stamp + `$`},
		{"webhook remove 2 --repo acme/site", "", `!pass --yes`},
		{"webhook remove 2 --repo acme/site --yes", "", `^webhook 2 deleted\n$`},
		{"webhook list --repo acme/site", "", `^ID.*LAST\n$`},

		// Service accounts and tokens.
		{"org service-account create acme ci --repository acme/site", "", `^service account ci created\n$`},
		{"org service-account list acme", "", `^LOGIN +REPOSITORY +CREATED\nci +(?i:acme)/site +` + stamp + `\n$`},
		{"token create --user ci --scopes write:packages --name build --expires 30d --owner acme --action pull,push", "", `^brt_\w{46}\n$`},
		{"token create --user ci --scopes write:packages --expires 30", "", `!--expires: expected a time such as 720h or 30d, at most 100 years, got "30"`},
		{"token create --user ci --scopes write:packages --expires 999999d", "", `!--expires: .*at most 100 years, got "999999d"`},
		{"token create --user ci --scopes write:packages --expires 40000d", "", `!more than 100 years`},
		{"token create --user ci --scopes write:packages --expires ''", "", `!--expires: expected a time`},
		{"token create --user ci --scopes write:packages --owner ''", "", `!"--owner" flag: a value is empty; leave the flag out for no limit`},
		{"token create --user ci --scopes write:packages --package ''", "", `!"--package" flag: a value is empty`},
		{"token create --user ci --scopes write:packages --package acme/a, --package acme/b", "", `!"--package" flag: a value is empty`},
		{"token create --user ci --scopes write:packages --package acme/a --package ' '", "", `!"--package" flag: a value is empty`},
		{"token create --user ci --scopes write:packages --action pull --action ''", "", `!"--action" flag: a value is empty`},
		{"token create --user '' --scopes write:packages", "", `!--user is empty; leave it out for yourself`},
		{"token create --user ci --scopes ''", "", `!scope`},
		{"token create --user ci --scopes write:packages --package ada/x,Acme/web --owner acme", "", `!--owner acme already covers Acme/web; leave one out`},
		{"token create --user ci --scopes write:packages --expires 0s", "", `!--expires: expected a time`},
		{"token create --user ci --scopes write:everything", "", `!scope "write:everything" is unknown`},
		{"token create --user ci --scopes write:packages -o xml", "", `!-o: expected text or json, got "xml"`},
		{"token list --user ci", "", `^ID +NAME +SCOPES.*\n\d+ +build +read:packages,write:packages +acme +- +pull,push +` + stamp + ` +` + stamp + ` +- +-\n$`},
		{"token create --user ci --scopes write:packages --package acme/a,acme/b --package acme/c --owner ada", "", `^brt_`},
		{"token list --user ci", "", ` +ada +(?i:acme/a,acme/b,acme/c) +- +`},
		{"token revoke x --user ci", "", `!expected the ID of a token`},
		{"token revoke 4711 --user ci", "", `!token unknown`},
		{"org service-account delete acme ci --yes", "", `^service account ci deleted\n$`},

		// Packages are made by pushing.
		{"package visibility ada/app public", "", `!ada/app`},
		{"package visibility app public", "", `!write OWNER/app`},
		{"package show ada/app", "", `!ada/app`},
		{"package list ada", "", `^PACKAGE +VISIBILITY +REPOSITORY +VERSIONS +PULLS +UPDATED\n$`},
		{"package list ada -o json", "", `^\[\]\n$`},

		// The log of it all.
		{"audit --limit 3", "", `^TIME +ACTOR +ADDRESS +ACTION +TARGET +DETAIL\n(.*\n){3}$`},
		{"audit --owner acme --since 1h", "", `(?m)^` + stamp + `:\d\d +\w+ +\S+ +repo\.update +Acme/Web +name: Web -> site, visibility: private -> internal\n`},
		{"audit --limit -1", "", `!--limit: expected a number, or 0 for all, got -1`},
		{"audit --since 2026-13-01", "", `!expected 24h, 7d, 2026-01-31 or`},
		{"audit --until 2020-01-01", "", `^TIME.*DETAIL\n$`},
		{"audit --since 2020-01-01T00:00:00Z --limit 0 -o json", "", `(?s)^\[\{"id":.*"user\.create".*\}\]\n$`},

		// And away with it.
		{"repo delete acme/site --yes", "", `^repository acme/site deleted\n$`},
		{"team delete acme devs --yes", "", `^team devs deleted\n$`},
		{"org delete acme", "", `!pass --yes`},
		{"org delete acme --yes --packages purge", "", `^organization acme deleted\n$`},
		{"org list --all", "", `^LOGIN.*CREATED\n$`},
	}
}

// The same commands do the same on a data directory and on a server.
func TestStory(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) *place{"data directory": dataPlace, "server": serverPlace} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t)
			p.tell(story())
			p.push("ada/app")
			p.tell(packageStory())
			p.tell(versionStory())
			p.push("ada/kept")
			p.tell(keepingStory())
		})
	}
}

// tell runs the commands of a story.
func (p *place) tell(story []step) {
	p.t.Helper()
	for _, s := range story {
		want, fails := strings.CutPrefix(s.out, "!")
		status, out, errs := p.run(s.stdin, s.line)
		got := out
		if fails {
			got = errs
		}
		if (status != 0) != fails || !regexp.MustCompile(want).MatchString(got) {
			p.t.Errorf("%s: status %d\n%s%swant %s", s.line, status, out, errs, s.out)
		}
		if !fails && errs != "" || fails && out != "" {
			p.t.Errorf("%s: something on the wrong channel:\n%s%s", s.line, out, errs)
		}
		if !fails && strings.Contains(s.line, "-o json") && !json.Valid([]byte(out)) {
			p.t.Errorf("%s: no JSON: %s", s.line, out)
		}
	}
}

// Commands on what one calls one's own need somebody, who the operator is not.
func TestOwnThings(t *testing.T) {
	t.Parallel()
	d, s := dataPlace(t), serverPlace(t)
	for _, tt := range []struct{ line, data, server string }{
		{"whoami", `^operator of the data directory .*data\n$`, `^admin on http://127\.0\.0\.1:\d+\n$`},
		{"whoami -o json", `^\{"login":"operator"\}\n$`, `^\{"login":"admin",`},
		{"repo create hello", `!whose is it\? Write OWNER/hello`, `^repository admin/hello created, private\n$`},
		{"repo list", `^REPOSITORY`, `\nadmin/hello`},
		{"token list", `!whose token\? Pass --user NAME`, `^ID +NAME`},
		{"token create --scopes read:packages", `!whose token`, `^brt_`},
		{"package list", `!whose packages\?`, `^PACKAGE`},
		{"org list", `^LOGIN`, `^LOGIN`},
		{"user set --default-visibility internal", `!`, `^user admin changed\n$`},
		{"user set --default-visibility instance -o json", `!`, `"default_visibility":null`},
		{"user set", `!required flag`, `!required flag`},
	} {
		for _, p := range []*place{d, s} {
			want := tt.data
			if p == s {
				want = tt.server
			}
			want, fails := strings.CutPrefix(want, "!")
			status, out, errs := p.run("", tt.line)
			if (status != 0) != fails || !regexp.MustCompile(want).MatchString(out+strings.Repeat(errs, status)) {
				t.Errorf("%s: %d\n%s%swant %s", tt.line, status, out, errs, want)
			}
		}
	}
}

// All pages of a list are fetched.
func TestLongList(t *testing.T) {
	t.Parallel()
	for _, p := range []*place{dataPlace(t), serverPlace(t)} {
		p.ok("hunter2hunter2", "user create ada --password-stdin")
		for i := range 103 {
			p.ok("", "repo create ada/r"+strings.Repeat("x", i%90)+string(rune('a'+i/90)))
		}
		if n := strings.Count(p.ok("", "repo list ada"), "\n"); n != 104 {
			t.Errorf("%d lines", n)
		}
		var list []json.RawMessage
		if err := json.Unmarshal([]byte(p.ok("", "audit --limit 102 -o json")), &list); err != nil || len(list) != 102 {
			t.Errorf("%d events, %v", len(list), err)
		}
		if err := json.Unmarshal([]byte(p.ok("", "audit --limit 0 -o json")), &list); err != nil || len(list) < 103 {
			t.Errorf("%d events, %v", len(list), err)
		}
	}
}

// answers returns what a person at a terminal says.
func answers(t *testing.T, list ...string) func(ctx context.Context, question string, secret bool) (string, error) {
	return func(_ context.Context, question string, secret bool) (string, error) {
		if len(list) == 0 {
			return "", errors.New("nobody answers " + question)
		}
		a, want, _ := strings.Cut(list[0], "<-")
		list = list[1:]
		if !strings.Contains(question, want) || secret != (strings.Contains(strings.ToLower(question), "password") || strings.Contains(question, "Again")) {
			t.Errorf("%q was asked (secret: %t), not %q", question, secret, want)
		}
		return a, nil
	}
}

func TestQuestions(t *testing.T) {
	t.Parallel()
	p := dataPlace(t)
	p.ask = answers(t, "hunter2hunter2<-Password: ", "hunter2hunter2<-Again: ")
	p.ok("", "user create ada")
	p.ask = answers(t, "hunter2hunter2<-Password: ", "hunter2hunter3<-Again: ")
	if status, _, errs := p.run("", "user create bob"); status == 0 || !strings.Contains(errs, "the passwords differ") {
		t.Errorf("%d %s", status, errs)
	}
	p.ask = answers(t, "yes<-This deletes the user ada for good. Type ada to go on: ")
	if status, _, errs := p.run("", "user delete ada"); status == 0 || !strings.Contains(errs, "that is not the name; nothing was deleted") {
		t.Errorf("%d %s", status, errs)
	}
	p.ok("", "user show ada")
	p.ask = answers(t, " ada <-Type ada")
	if got := p.ok("", "user delete ada"); got != "user ada deleted\n" {
		t.Error(got)
	}
}
