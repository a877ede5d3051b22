package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// IdentityProvider is an outside provider through which people sign in, by OpenID
// Connect.
type IdentityProvider struct {
	// Name is in addresses and in the database, and must stay as it is.
	Name string `yaml:"name"`
	// Title is what people read. Empty: the name.
	Title    string `yaml:"title"`
	Issuer   string `yaml:"issuer"`
	ClientID string `yaml:"client_id"`
	// ClientSecret is what the provider gave with the client id; or ClientSecretFile
	// is a file that holds it. Neither: a public client.
	ClientSecret     Secret `yaml:"client_secret"`
	ClientSecretFile string `yaml:"client_secret_file"`
	// Scopes are what to ask for. Empty: openid and profile.
	Scopes []string `yaml:"scopes"`
	// LoginClaim is what a new account's name is made of. Empty: preferred_username.
	LoginClaim string `yaml:"login_claim"`
	// AutoCreate makes an account for whoever the provider vouches for.
	AutoCreate bool `yaml:"auto_create"`
}

const maxProviders = 20

func (c Config) validateProviders(fault func(key, format string, args ...any)) {
	if len(c.IdentityProviders) > maxProviders {
		fault("identity_providers", "expected at most %d, got %d", maxProviders, len(c.IdentityProviders))
		return
	}
	if c.IdentityClientSecret != "" && len(c.IdentityProviders) == 0 {
		fault("identity_providers", "BERTH_IDENTITY_CLIENT_SECRET is set, but there is no provider")
	}
	seen := map[string]bool{}
	for i, p := range c.IdentityProviders {
		key := fmt.Sprintf("identity_providers[%d].", i)
		p.validate(func(k, format string, args ...any) { fault(key+k, format, args...) })
		if seen[p.Name] {
			fault(key+"name", "%q is there twice", p.Name)
		}
		seen[p.Name] = true
	}
}

func (p IdentityProvider) validate(fault func(key, format string, args ...any)) {
	if p.Name == "" || len(p.Name) > 32 || strings.Trim(p.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		fault("name", "expected 1 to 32 of a-z, 0-9 and -, got %q", p.Name)
	}
	if err := checkIssuer(p.Issuer); err != nil {
		fault("issuer", "%s", err)
	}
	if p.ClientID == "" {
		fault("client_id", "expected what the provider calls this registry")
	}
	if p.ClientSecret != "" && p.ClientSecretFile != "" {
		fault("client_secret_file", "client_secret is set as well; expected one of them")
	}
	if len(p.Scopes) > 0 && !slices.Contains(p.Scopes, "openid") {
		fault("scopes", "expected openid among them")
	}
}

// checkIssuer takes plain HTTP from this computer only: whoever is on the way could
// sign in as anybody.
func checkIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("expected https://HOST[/PATH], got %q", issuer)
	}
	if u.Scheme == "http" && !isLoopback(u) {
		return fmt.Errorf("expected https, got %q", issuer)
	}
	return nil
}

func isLoopback(u *url.URL) bool {
	host := u.Hostname()
	if h, _, err := net.SplitHostPort(u.Host); err == nil {
		host = h
	}
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}
