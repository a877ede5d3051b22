package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/config"
)

func TestIdentityCommands(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "berth.yaml")
	text := "identity_providers:\n- {name: corp, issuer: https://corp.example, client_id: berth, client_secret: s}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	link := []string{"ada", "--provider", "corp", "--subject", "s-1"}
	for _, step := range []struct {
		args []string
		out  string
		fail bool
	}{
		{[]string{"user", "create", "ada", "--password-stdin"}, `created`, false},
		{append([]string{"identity", "link"}, link...), `^ada can sign in through corp as s-1\n$`, false},
		{append([]string{"identity", "link"}, link...), `that identity is linked to an account already`, true},
		{[]string{"identity", "link", "ada", "--provider", "other", "--subject", "s"}, `"other" is not in the configuration`, true},
		{[]string{"identity", "link", "ada", "--provider", "corp"}, `required flag.*subject`, true},
		{[]string{"identity", "list", "ada"}, `^corp  s-1  20\S+Z\n$`, false},
		{append([]string{"identity", "unlink"}, link...), `^ada can no longer`, false},
		{append([]string{"identity", "unlink"}, link...), `identity unknown`, true},
		{[]string{"identity", "list", "ada"}, `^$`, false},
		{[]string{"identity", "list", "eve"}, `eve`, true},
	} {
		status, out, errs := command(t, nil, "hunter2hunter2\n", append(step.args, "--data", filepath.Join(dir, "data"), "--config", file)...)
		if step.fail {
			out = errs
		}
		if (status != 0) != step.fail || !regexp.MustCompile(step.out).MatchString(out) {
			t.Errorf("%v: %d %q %s", step.args, status, out, errs)
		}
	}
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
