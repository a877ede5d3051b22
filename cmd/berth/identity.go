package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/berth-registry/berth"
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

func (a *app) identityCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "identity", Short: "Link accounts to people at outside identity providers"}
	cmd.AddCommand(a.identityLinkCommand(), a.identityUnlinkCommand(), &cobra.Command{
		Use:   "list USER",
		Short: "List who an account is at outside providers",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withCore(cmd.Context(), func(c *core) error {
				list, err := c.account.ListIdentities(cmd.Context(), berth.Operator(), args[0])
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
				for _, i := range list {
					_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", i.Provider, i.Subject, i.CreatedAt.Format(time.RFC3339))
				}
				return w.Flush()
			})
		},
	})
	return cmd
}

func (a *app) identityLinkCommand() *cobra.Command {
	var provider, subject string
	cmd := &cobra.Command{
		Use:   "link USER",
		Short: "Let a user sign in as somebody at a provider",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withCore(cmd.Context(), func(c *core) error {
				if err := c.account.LinkIdentity(cmd.Context(), berth.Operator(), args[0], provider, subject); err != nil {
					return err
				}
				_, err := fmt.Fprintf(a.stdout, "%s can sign in through %s as %s\n", args[0], provider, subject)
				return err
			})
		},
	}
	return withIdentityFlags(cmd, &provider, &subject)
}

func (a *app) identityUnlinkCommand() *cobra.Command {
	var provider, subject string
	cmd := &cobra.Command{
		Use:   "unlink USER",
		Short: "End that",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withCore(cmd.Context(), func(c *core) error {
				if err := c.account.UnlinkIdentity(cmd.Context(), berth.Operator(), args[0], provider, subject); err != nil {
					return err
				}
				_, err := fmt.Fprintf(a.stdout, "%s can no longer sign in through %s as %s\n", args[0], provider, subject)
				return err
			})
		},
	}
	return withIdentityFlags(cmd, &provider, &subject)
}

func withIdentityFlags(cmd *cobra.Command, provider, subject *string) *cobra.Command {
	cmd.Flags().StringVar(provider, "provider", "", "name of the provider in the configuration")
	cmd.Flags().StringVar(subject, "subject", "", "who it is there: the claim sub")
	must(cmd.MarkFlagRequired("provider"))
	must(cmd.MarkFlagRequired("subject"))
	return cmd
}
