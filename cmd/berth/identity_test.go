package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/config"
)

func TestIdentityCommands(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "berth.yaml")
	text := "identity_providers:\n- {name: corp, title: The Corp, issuer: https://corp.example, client_id: berth, client_secret: s}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	corp := func(t *testing.T) *place {
		p := dataPlace(t)
		p.args = append(p.args, "--config", file)
		return p
	}
	const link = " --provider corp --subject 's 1'"
	story := []step{
		{"user create Ada --password-stdin", "hunter2hunter2", `created`},
		{"identity link ada" + link, "", `^ada can sign in through corp as s 1\n$`},
		{"identity link ada" + link, "", `!that identity is linked to an account already`},
		{"identity link ada --provider other --subject s", "", `!"other" is not in the configuration`},
		{"identity link ada --provider a/b --subject s", "", `!"a/b" is not in the configuration`},
		{"identity link ada --provider corp", "", `!required flag.*subject`},
		{"identity link ada --provider corp --subject ''", "", `!no subject`},
		{"identity link --provider corp --subject s", "", `!expected berth `},
		{"identity list ada", "", `^PROVIDER +TITLE +SUBJECT +CREATED\ncorp +The Corp +s 1 +` + stamp + `\n$`},
		{"identity list ada -o json", "", `^\[\{"provider":"corp","title":"The Corp","subject":"s 1","created_at":"20\S+Z"\}\]\n$`},
		{"identity list eve", "", `!eve`},
		{"identity list ada eve", "", `!expected berth identity list \[USER\]`},
		{"identity unlink ada --provider corp --subject s", "", `!identity unknown`},
		{"identity unlink ada" + link, "", `^ada can no longer sign in through corp as s 1\n$`},
		{"identity unlink ada" + link, "", `!identity unknown`},
		{"identity list ada -o json", "", `^\[\]\n$`},
		{"identity list ada -o xml", "", `!expected text or json`},
	}
	t.Run("data directory", func(t *testing.T) {
		t.Parallel()
		p := corp(t)
		p.tell(story)
		p.tell([]step{
			{"identity list", "", `!whose\? Name the USER`},
			{"identity link ada --provider other --subject s", "", `!configuration of this registry\n$`},
			{"identity unlink" + link, "", `!whose\? Name the USER`},
		})
	})
	t.Run("no configuration", func(t *testing.T) {
		t.Parallel()
		dataPlace(t).tell([]step{
			{"identity link admin" + link, "", `!"corp" is not in the configuration of this registry; pass --config FILE of the server\n$`},
		})
	})
	t.Run("server", func(t *testing.T) {
		t.Parallel()
		p := serverOn(t, corp(t))
		p.tell(story)
		if out := p.ok("", "identity link admin -o json"+link); out != "" {
			t.Error(out)
		}
		p.tell([]step{
			{"identity list", "", `\ncorp +The Corp +s 1 +`},
			{"identity unlink" + link, "", `^admin can no longer sign in through corp as s 1\n$`},
			{"identity list", "", `^PROVIDER.*\n$`},
		})
	})
}

func TestIdentityProviders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, empty := filepath.Join(dir, "secret"), filepath.Join(dir, "empty")
	for name, text := range map[string]string{file: "from-the-file\n", empty: " \n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list := []config.IdentityProvider{
		{Name: "a", Title: "A", Issuer: "https://a", ClientID: "c", ClientSecret: "a", Scopes: []string{"openid"}, LoginClaim: "nickname", AutoCreate: true},
		{Name: "b", ClientSecretFile: file},
		{Name: "c"},
	}
	want := []account.Provider{
		{Name: "a", Title: "A", Issuer: "https://a", ClientID: "c", ClientSecret: "a", Scopes: []string{"openid"}, LoginClaim: "nickname", AutoCreate: true},
		{Name: "b", ClientSecret: "from-the-file"},
		{Name: "c"},
	}
	got, err := identityProviders(config.Config{IdentityProviders: list})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	got, err = identityProviders(config.Config{IdentityProviders: list, IdentityClientSecret: "from-outside"})
	if err != nil || got[0].ClientSecret != "from-outside" || got[1].ClientSecret != "from-the-file" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, name := range []string{empty, filepath.Join(dir, "nowhere")} {
		_, err := identityProviders(config.Config{IdentityProviders: []config.IdentityProvider{{Name: "a", ClientSecretFile: name}}})
		if err == nil || !strings.Contains(err.Error(), "identity_providers[0].client_secret_file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
