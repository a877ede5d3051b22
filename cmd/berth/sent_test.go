package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
)

// What commands send, where names have to be escaped, and where the answers of the
// story leave open what was asked.
func TestSent(t *testing.T) {
	t.Parallel()
	var sent string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sent = fmt.Sprintf("%s %s %s", r.Method, r.RequestURI, body)
		switch {
		case r.Method == http.MethodPost:
			_, _ = io.WriteString(w, `{"id":1,"secret":"bri_x","url":"https://r.example/join/bri_x","token":"brt_x"}`)
		case r.Method == http.MethodGet && r.URL.Path != "/api/v3/user":
			_, _ = io.WriteString(w, `[]`)
		default:
			_, _ = io.WriteString(w, `{"login":"ada"}`)
		}
	}))
	t.Cleanup(server.Close)
	p := &place{t: t, env: []string{"XDG_CONFIG_HOME=" + t.TempDir()}}
	p.ok("brt_hers", "login "+server.URL+" --token-stdin")
	for _, tt := range []struct{ line, sent, out string }{
		{"invitation create", `POST /api/v3/invitations {}`, "https://r.example/join/bri_x\n"},
		{"invitation create --org acme --as-owner --note 'for Zoe' --expires 2d", `POST /api/v3/invitations {"expires_in":172800,"note":"for Zoe","org":"acme","owner":true}`, "https://r.example/join/bri_x\n"},
		{"invitation list", `GET /api/v3/invitations\?per_page=100 `, ""},
		{"invitation list --org acme", `GET /api/v3/invitations\?org=acme&per_page=100 `, ""},
		{"invitation delete 7", `DELETE /api/v3/invitations/7 `, "invitation 7 deleted\n"},
		{"user reset-second-factor ada", `DELETE /api/v3/admin/users/ada/second-factor `, "second factor of ada removed\n"},
		{"user block a/b%2F", `PUT /api/v3/users/a%2Fb%252F/suspended `, "user a/b%2F blocked\n"},
		{"user delete ada --yes --packages move --to 'bob&x'", `DELETE /api/v3/admin/users/ada\?packages=move&to=bob%26x `, "user ada deleted\n"},
		{"user delete ada --yes", `DELETE /api/v3/admin/users/ada\?packages=refuse `, "user ada deleted\n"},
		{"package unlink acme/web/app", `DELETE /api/v3/users/acme/packages/container/web%2Fapp/repository `, "acme/web/app is no longer linked\n"},
		{"package grant acme/web --team devs --role read", `PUT /api/v3/users/acme/packages/container/web/roles/teams/devs {"role":"read"}`, "team devs has the role read on acme/web\n"},
		{"repo grant acme/web --team devs --role read", `PUT /api/v3/orgs/acme/teams/devs/repos/acme/web {"permission":"read"}`, "team devs has the role read on acme/web\n"},
		{"token create --scopes admin --package ada/app --package ada/x --expires 90m", `POST /api/v3/user/tokens {"expires_in":5400,"name":"","packages":\["ada/app","ada/x"\],"scopes":"admin"}`, "brt_x\n"},
		{"token revoke 7 --user ci", `DELETE /api/v3/users/ci/tokens/7 `, "token 7 revoked\n"},
		{"audit --owner acme --since 2026-01-02T03:04:05+01:00", `GET /api/v3/users/acme/audit-log\?from=2026-01-02T02%3A04%3A05Z&per_page=100 `, ""},
		{"audit --limit 7", `GET /api/v3/audit-log\?per_page=7 `, ""},
		{"webhook add https://ci.example.com/", `POST /api/v3/user/hooks {"config":{"url":"https://ci.example.com/"}}`, "webhook 1 made\n"},
		{"webhook set 7 --event package --event '*' --active", `PATCH /api/v3/user/hooks/7 {"active":true,"events":\["package","\*"\]}`, ""},
		{"webhook ping 7 --org a/b", `POST /api/v3/orgs/a%2Fb/hooks/7/pings `, ""},
		{"webhook redeliver 7 8 --repo acme/web", `POST /api/v3/repos/acme/web/hooks/7/deliveries/8/attempts `, "delivery 8 will be sent again\n"},
		{"webhook deliveries 7 --limit 0", `GET /api/v3/user/hooks/7/deliveries\?per_page=100 `, ""},
		{"webhook remove 7 --yes", `DELETE /api/v3/user/hooks/7 `, "webhook 7 deleted\n"},
		{"package rename acme/web/app acme/x/y", `POST /api/v3/users/acme/packages/container/web%2Fapp/rename {"name":"x/y"}`, ""},
		{"package transfer acme/web/app ada -o json", `POST /api/v3/users/acme/packages/container/web%2Fapp/transfer {"new_owner":"ada"}`, ""},
		{"package transfer acme/web ada/x/y -o json", `POST /api/v3/users/acme/packages/container/web/transfer {"new_name":"x/y","new_owner":"ada"}`, ""},
		{"package alias remove acme/x/y", `DELETE /api/v3/users/acme/package-aliases/x%2Fy `, "the name acme/x/y is free\n"},
		{"package alias list acme/x/y", `GET /api/v3/users/acme/packages/container/x%2Fy/aliases\?per_page=100 `, ""},
		{"user rename ada grace", `POST /api/v3/user/rename {"login":"grace"}`, ""},
		{"user rename bob rob", `PATCH /api/v3/admin/users/bob {"login":"rob"}`, "user bob is now rob\n"},
		{"org rename acme newco", `POST /api/v3/orgs/acme/rename {"login":"newco"}`, ""},
		{"org service-account rename acme ci x", `POST /api/v3/orgs/acme/service-accounts/ci/rename {"login":"x"}`, ""},
		{"org set acme --members-create=false", `PATCH /api/v3/orgs/acme {"members_can_create_packages":false}`, "organization ada changed\n"},
	} {
		out := p.ok("", tt.line)
		if !regexp.MustCompile("^" + tt.sent + "$").MatchString(sent) {
			t.Errorf("%s sent %s", tt.line, sent)
		}
		if tt.out != "" && out != tt.out {
			t.Errorf("%s printed %s", tt.line, out)
		}
	}
	for _, line := range []string{"invitation delete x", "invitation create --expires x", "invitation create --expires 999999d", "token create --scopes admin --package ''", "audit --until x", "webhook ping 7/pings", "webhook redeliver 7 x", "webhook list --repo acme"} {
		sent = ""
		if status, _, _ := p.run("", line); status == 0 || sent != "" {
			t.Errorf("%s: %d, sent %s", line, status, sent)
		}
	}
}
