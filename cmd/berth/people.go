package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
)

func (a *app) userCommand() *cobra.Command {
	user := &cobra.Command{Use: "user", Short: "Manage users"}
	var admin bool
	create := a.passwordCommand("create", "Make a user", func(ctx context.Context, c *core, name, password string) (string, error) {
		return "user " + name + " created", c.account.CreateUser(ctx, berth.Operator(), name, password, admin)
	})
	create.Flags().BoolVar(&admin, "admin", false, "make the user an administrator of the registry")
	change := a.passwordCommand("password", "Change a user's password", func(ctx context.Context, c *core, name, password string) (string, error) {
		return "password of " + name + " changed", c.account.SetPassword(ctx, berth.Operator(), name, password)
	})
	user.AddCommand(create, change)
	return user
}

// passwordCommand makes a command that takes a user's name and a password, which
// never stands on the command line, where everybody could see it.
func (a *app) passwordCommand(verb, short string, do func(ctx context.Context, c *core, name, password string) (string, error)) *cobra.Command {
	var fromStdin bool
	cmd := &cobra.Command{
		Use:   verb + " NAME --password-stdin",
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !fromStdin {
				return fmt.Errorf("pass the password on standard input: echo … | berth user %s %s --password-stdin", verb, args[0])
			}
			password, err := readPassword(a.stdin)
			if err != nil {
				return err
			}
			return a.withCore(cmd.Context(), func(c *core) error {
				done, err := do(cmd.Context(), c, args[0], password)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(a.stdout, done)
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from standard input")
	return cmd
}

// readPassword reads one line, without the line end that echo adds.
func readPassword(r io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, 4096))
	if err != nil {
		return "", err
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

func (a *app) orgCommand() *cobra.Command {
	org := &cobra.Command{Use: "org", Short: "Manage organizations"}
	var owner string
	create := &cobra.Command{
		Use:   "create NAME --owner USER",
		Short: "Make an organization",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withCore(cmd.Context(), func(c *core) error {
				if err := c.account.CreateOrg(cmd.Context(), berth.Operator(), args[0], owner); err != nil {
					return err
				}
				_, err := fmt.Fprintf(a.stdout, "organization %s created, owned by %s\n", args[0], owner)
				return err
			})
		},
	}
	create.Flags().StringVar(&owner, "owner", "", "user who owns it")
	must(create.MarkFlagRequired("owner"))
	var asOwner bool
	add := &cobra.Command{
		Use:   "add-member ORG USER",
		Short: "Make a user a member of an organization",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withCore(cmd.Context(), func(c *core) error {
				return c.account.AddMember(cmd.Context(), berth.Operator(), args[0], args[1], asOwner)
			})
		},
	}
	add.Flags().BoolVar(&asOwner, "as-owner", false, "make the user an owner")
	org.AddCommand(create, add)
	return org
}

func (a *app) tokenCommand() *cobra.Command {
	token := &cobra.Command{Use: "token", Short: "Manage access tokens"}
	var (
		user, scopes, name, output string
		expires                    time.Duration
	)
	create := &cobra.Command{
		Use:   "create --user NAME --scopes read:packages,write:packages",
		Short: "Make an access token; it is printed once",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			set, err := berth.ParseScopes(scopes)
			if err != nil {
				return err
			}
			if output != "text" && output != "json" {
				return fmt.Errorf("-o: expected text or json, got %q", output)
			}
			return a.withCore(cmd.Context(), func(c *core) error {
				t, err := c.account.CreateToken(cmd.Context(), berth.Operator(), user, account.TokenRequest{Name: name, Scopes: set, Life: expires})
				if err != nil {
					return err
				}
				if output == "json" {
					return json.NewEncoder(a.stdout).Encode(map[string]any{
						"id": t.ID, "token": t.Secret, "name": t.Name, "user": t.User, "scopes": t.Scopes.String(), "created_at": t.CreatedAt, "expires_at": t.ExpiresAt,
					})
				}
				_, err = fmt.Fprintln(a.stdout, t.Secret)
				return err
			})
		},
	}
	f := create.Flags()
	f.StringVar(&user, "user", "", "user it acts for")
	f.StringVar(&scopes, "scopes", "", "what it may do, separated by commas")
	f.StringVar(&name, "name", "", "what it is for")
	f.DurationVar(&expires, "expires", 0, "how long it is good, such as 720h (default for ever)")
	f.StringVarP(&output, "output", "o", "text", "text or json")
	must(create.MarkFlagRequired("user"))
	must(create.MarkFlagRequired("scopes"))
	token.AddCommand(create)
	return token
}

func (a *app) packageCommand() *cobra.Command {
	pkg := &cobra.Command{Use: "package", Short: "Manage packages"}
	pkg.AddCommand(&cobra.Command{
		Use:   "visibility OWNER/NAME private|internal|public",
		Short: "Change who may pull a package",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := berth.ParseName(args[0])
			if err != nil {
				return err
			}
			visibility, err := berth.ParseVisibility(args[1])
			if err != nil {
				return err
			}
			return a.withCore(cmd.Context(), func(c *core) error {
				if err := c.registry.SetVisibility(cmd.Context(), berth.Operator(), n, visibility); err != nil {
					return err
				}
				_, err := fmt.Fprintf(a.stdout, "%s is %s\n", n, visibility)
				return err
			})
		},
	})
	return pkg
}

// must is for mistakes in the tables above.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
