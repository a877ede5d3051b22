package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth/internal/config"
)

func TestIdentityProviders(t *testing.T) {
	t.Parallel()
	file := `
identity_providers:
  - name: corp
    title: Example Corp
    issuer: https://id.example.com/realms/corp
    client_id: berth
    client_secret: hush-hush
    scopes: [openid, profile, email]
    login_claim: email
    auto_create: true
  - {name: dev, issuer: "http://localhost:5556/dex", client_id: berth, client_secret_file: /run/secrets/dex}
`
	c, err := config.Load(config.Flags{}, []string{"BERTH_IDENTITY_CLIENT_SECRET=outside"}, []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	want := []config.IdentityProvider{
		{
			Name: "corp", Title: "Example Corp", Issuer: "https://id.example.com/realms/corp", ClientID: "berth", ClientSecret: "hush-hush",
			Scopes: []string{"openid", "profile", "email"}, LoginClaim: "email", AutoCreate: true,
		},
		{Name: "dev", Issuer: "http://localhost:5556/dex", ClientID: "berth", ClientSecretFile: "/run/secrets/dex"},
	}
	if diff := cmp.Diff(want, c.IdentityProviders); diff != "" || c.IdentityClientSecret != "outside" {
		t.Error(diff)
	}
	if text := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(text, "hush") || strings.Contains(text, "outside") {
		t.Error(text)
	}
}

func TestIdentityProvidersAreValid(t *testing.T) {
	t.Parallel()
	const good = "name: corp, issuer: 'https://id.example', client_id: berth"
	for fields, want := range map[string]string{
		"issuer: 'https://id.example', client_id: berth":                   "identity_providers[0].name: expected 1 to 32",
		"name: a/b, issuer: 'https://id.example', client_id: berth":        "identity_providers[0].name",
		"name: Corp, issuer: 'https://id.example', client_id: berth":       "identity_providers[0].name",
		"name: corp, client_id: berth":                                     "identity_providers[0].issuer",
		"name: corp, issuer: 'http://id.example', client_id: berth":        "expected https",
		"name: corp, issuer: 'http://127.0.0.1.example', client_id: berth": "expected https",
		"name: corp, issuer: 'https://a:b@id.example', client_id: berth":   "identity_providers[0].issuer",
		"name: corp, issuer: 'https://id.example?x', client_id: berth":     "identity_providers[0].issuer",
		"name: corp, issuer: 'https://id.example'":                         "identity_providers[0].client_id",
		good + ", client_secret: a, client_secret_file: b":                 "identity_providers[0].client_secret_file",
		good + ", scopes: [profile]":                                       "identity_providers[0].scopes",
		good + ", secret: a":                                               "secret",
		good + "}, {" + good:                                               `identity_providers[1].name: "corp" is there twice`,
		good + "}" + strings.Repeat(", {"+good+"}", 20) + ", {" + good:     "expected at most 20",
	} {
		_, err := config.Load(config.Flags{}, nil, []byte("identity_providers: [{"+fields+"}]\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", fields, err, want)
		}
	}
	for _, issuer := range []string{"http://localhost:1", "http://127.0.0.2:80/x", "http://[::1]:80", "https://id.example/"} {
		file := fmt.Sprintf("identity_providers: [{name: corp, issuer: '%s', client_id: berth}]\n", issuer)
		if _, err := config.Load(config.Flags{}, nil, []byte(file)); err != nil {
			t.Errorf("%s: %v", issuer, err)
		}
	}
	if _, err := config.Load(config.Flags{}, []string{"BERTH_IDENTITY_CLIENT_SECRET=x"}, nil); err == nil {
		t.Error("a secret of no provider")
	}
}
