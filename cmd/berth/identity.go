package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/config"
)

// identityProviders returns the providers of the configuration, with the secrets
// that lie in files.
func identityProviders(c config.Config) ([]account.Provider, error) {
	var list []account.Provider
	for i, p := range c.IdentityProviders {
		secret := string(p.ClientSecret)
		if i == 0 && c.IdentityClientSecret != "" {
			secret = string(c.IdentityClientSecret)
		} else if p.ClientSecretFile != "" {
			var err error
			if secret, err = readSecretFile(p.ClientSecretFile); err != nil {
				return nil, fmt.Errorf("identity_providers[%d].client_secret_file: %w", i, err)
			}
		}
		list = append(list, account.Provider{
			Name: p.Name, Title: p.Title, Issuer: p.Issuer, ClientID: p.ClientID, ClientSecret: secret,
			Scopes: p.Scopes, LoginClaim: p.LoginClaim, AutoCreate: p.AutoCreate,
		})
	}
	return list, nil
}

func readSecretFile(name string) (string, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	text := strings.TrimSpace(string(b))
	if text == "" {
		return "", fmt.Errorf("%s is empty", name)
	}
	return text, nil
}

const identityTable = "PROVIDER provider, TITLE title, SUBJECT subject, CREATED created_at"

func (a *app) identityCommand() *cobra.Command {
	return a.group("identity", "Link accounts to people at outside identity providers",
		a.identityLink(), a.identityUnlink(), a.identityList())
}

// identitiesOf is the path of the identities of a user, by default of whoever asks,
// and whose they are.
func identitiesOf(c *client, args []string) (path, user string, err error) {
	switch {
	case len(args) > 0:
		return route("/users/%s/identities", args[0]), args[0], nil
	case c.local != nil:
		return "", "", errors.New("whose? Name the USER: the operator of a data directory is nobody at a provider")
	}
	return "/user/identities", c.user, nil
}

func (a *app) identityList() *cobra.Command {
	cmd := a.command("list [USER]", "List who an account is at outside providers, by default yours", 0, func(ctx context.Context, c *client, args []string) error {
		path, _, err := identitiesOf(c, args)
		if err != nil {
			return err
		}
		list, err := c.list(ctx, path, 0)
		if err != nil {
			return err
		}
		return a.table(list, identityTable)
	})
	cmd.Args = cobra.MaximumNArgs(1)
	return cmd
}

func (a *app) identityLink() *cobra.Command {
	var provider, subject string
	cmd := a.command("link USER", "Let a user sign in as somebody at a provider", 1, func(ctx context.Context, c *client, args []string) error {
		if _, err := c.do(ctx, http.MethodPut, route("/users/%s/identities/%s", args[0], provider), map[string]string{"subject": subject}); err != nil {
			var refused *answerError
			if c.local != nil && a.configFile == "" && errors.As(err, &refused) && refused.code == "provider_unknown" {
				return fmt.Errorf("%w; pass --config FILE of the server", err)
			}
			return err
		}
		return a.say("%s can sign in through %s as %s", args[0], provider, subject)
	})
	return withIdentityFlags(cmd, &provider, &subject)
}

func (a *app) identityUnlink() *cobra.Command {
	var provider, subject string
	cmd := a.command("unlink [USER]", "End that; by default for yourself", 0, func(ctx context.Context, c *client, args []string) error {
		path, user, err := identitiesOf(c, args)
		if err != nil {
			return err
		}
		query := "?" + url.Values{"subject": {subject}}.Encode()
		if _, err := c.do(ctx, http.MethodDelete, path+route("/%s", provider)+query, nil); err != nil {
			return err
		}
		return a.say("%s can no longer sign in through %s as %s", user, provider, subject)
	})
	cmd.Args = cobra.MaximumNArgs(1)
	return withIdentityFlags(cmd, &provider, &subject)
}

func withIdentityFlags(cmd *cobra.Command, provider, subject *string) *cobra.Command {
	cmd.Flags().StringVar(provider, "provider", "", "name of the provider in the configuration")
	cmd.Flags().StringVar(subject, "subject", "", "who it is there: the claim sub")
	must(cmd.MarkFlagRequired("provider"))
	must(cmd.MarkFlagRequired("subject"))
	return cmd
}
