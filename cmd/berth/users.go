package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
)

const (
	userTable = "LOGIN login, TYPE type, ADMIN site_admin, BLOCKED suspended, CREATED created_at"
	userSheet = "LOGIN login, TYPE type, ID id, ADMIN site_admin, BLOCKED suspended, SECOND-FACTOR two_factor_authentication, VISIBILITY default_visibility, CREATED created_at"
)

func (a *app) userCommand() *cobra.Command {
	return a.group("user", "Manage users",
		a.userCreate(),
		a.listing("list", "List the users of the registry", 0, "/users", userTable),
		a.command("show NAME", "Show a user", 1, func(ctx context.Context, c *client, args []string) error {
			raw, err := c.do(ctx, http.MethodGet, route("/users/%s", args...), nil)
			if err != nil {
				return err
			}
			return a.show(raw, userSheet)
		}),
		a.action("block NAME", "Block an account: nothing of it works any more", 1, http.MethodPut, "/users/%s/suspended", "user %s blocked"),
		a.action("unblock NAME", "Let a blocked account work again", 1, http.MethodDelete, "/users/%s/suspended", "user %s unblocked"),
		a.userDelete(),
		a.userAdmin(),
		a.userPassword(),
		a.action("reset-second-factor NAME", "Remove the second factor of somebody who has lost it", 1,
			http.MethodDelete, "/admin/users/%s/second-factor", "second factor of %s removed"),
		a.userSet(),
		a.userRename(),
	)
}

// passwordCommand makes a command that takes a user's name and a password.
func (a *app) passwordCommand(verb, short string, do func(ctx context.Context, c *client, name, password string) error) *cobra.Command {
	var fromStdin bool
	cmd := &cobra.Command{
		Use:   verb + " NAME --password-stdin",
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if err := a.checkOutput(); err != nil {
				return err
			}
			password, err := a.newPassword(ctx, fromStdin, "pass the password on standard input: echo … | berth user "+verb+" "+args[0]+" --password-stdin")
			if err != nil {
				return err
			}
			return a.connect(ctx, func(c *client) error { return do(ctx, c, args[0], password) })
		},
	}
	cmd.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from standard input")
	return cmd
}

// newPassword is like password, but asks twice.
func (a *app) newPassword(ctx context.Context, fromStdin bool, hint string) (string, error) {
	password, err := a.password(ctx, fromStdin, hint)
	if err != nil || fromStdin {
		return password, err
	}
	again, err := a.ask(ctx, "Again: ", true)
	if err == nil && again != password {
		err = errors.New("the passwords differ")
	}
	return password, err
}

// readPassword reads one line, without the line end that echo adds.
func readPassword(r io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, 4096))
	if err != nil {
		return "", err
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

func (a *app) userCreate() *cobra.Command {
	var admin bool
	cmd := a.passwordCommand("create", "Make a user", func(ctx context.Context, c *client, name, password string) error {
		raw, err := c.do(ctx, http.MethodPost, "/admin/users", map[string]any{"login": name, "password": password, "site_admin": admin})
		if err != nil {
			return err
		}
		return a.print(raw, "user %s created", "login")
	})
	cmd.Flags().BoolVar(&admin, "admin", false, "make the user an administrator of the registry")
	return a.founding(cmd)
}

func (a *app) userPassword() *cobra.Command {
	return a.passwordCommand("password", "Change a user's password", func(ctx context.Context, c *client, name, password string) error {
		if _, err := c.do(ctx, http.MethodPut, route("/admin/users/%s/password", name), map[string]string{"password": password}); err != nil {
			return err
		}
		return a.say("password of %s changed", name)
	})
}

func (a *app) userAdmin() *cobra.Command {
	return a.command("admin NAME on|off", "Make a user an administrator of the registry, or not any more", 2, func(ctx context.Context, c *client, args []string) error {
		on, err := onOff(args[1])
		if err != nil {
			return err
		}
		method, done := http.MethodDelete, "user %s is no administrator"
		if on {
			method, done = http.MethodPut, "user %s is an administrator"
		}
		if _, err := c.do(ctx, method, route("/users/%s/site_admin", args[0]), nil); err != nil {
			return err
		}
		return a.say(done, args[0])
	})
}

func onOff(s string) (bool, error) {
	switch s {
	case "on":
		return true, nil
	case "off":
		return false, nil
	}
	return false, fmt.Errorf("expected on or off, got %q", s)
}

// disposal is what becomes of the packages of an owner who is deleted.
type disposal struct{ packages, to string }

func (d *disposal) flags(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVar(&d.packages, "packages", "refuse", "what becomes of the packages: refuse (to delete, while there are any), move or purge")
	cmd.Flags().StringVar(&d.to, "to", "", "owner to whom the packages move")
	cmd.PreRunE = func(*cobra.Command, []string) error { return d.check() } // before anybody is asked
	return cmd
}

func (d *disposal) check() error {
	switch d.packages {
	case "move":
		if d.to == "" {
			return errors.New("--packages move needs --to OWNER, who gets the packages")
		}
	case "refuse", "purge":
		if d.to != "" {
			return errors.New("--to OWNER goes with --packages move only")
		}
	default:
		return fmt.Errorf("--packages: expected refuse, move or purge, got %q", d.packages)
	}
	return nil
}

// remove deletes an owner. The server's advice names fields of its own; here they are
// flags.
func (d *disposal) remove(ctx context.Context, c *client, path string) error {
	_, err := c.do(ctx, http.MethodDelete, path+d.query(), nil)
	var refused *answerError
	if errors.As(err, &refused) {
		refused.message = strings.NewReplacer("packages=", "--packages ", " and to=OWNER", " --to OWNER").Replace(refused.message)
	}
	return err
}

// query returns the disposal as the end of a path.
func (d *disposal) query() string {
	q := url.Values{"packages": {d.packages}}
	if d.to != "" {
		q.Set("to", d.to)
	}
	return "?" + q.Encode()
}

func (a *app) userDelete() *cobra.Command {
	var d disposal
	return d.flags(a.deletion("delete NAME", "Delete a user", "user", 1, func(ctx context.Context, c *client, args []string) error {
		return d.remove(ctx, c, route("/admin/users/%s", args...))
	}))
}

func (a *app) userSet() *cobra.Command {
	var visibility string
	cmd := a.command("set", "Change your own account", 0, func(ctx context.Context, c *client, _ []string) error {
		raw, err := c.do(ctx, http.MethodPatch, "/user", map[string]any{"default_visibility": orInstance(visibility)})
		if err != nil {
			return err
		}
		return a.print(raw, "user %s changed", "login")
	})
	cmd.Flags().StringVar(&visibility, "default-visibility", "", "of new packages: private, internal, public, or instance for what the registry says")
	must(cmd.MarkFlagRequired("default-visibility"))
	return cmd
}

// orInstance is a default visibility in a request, nil for the instance's.
func orInstance(visibility string) any {
	if visibility == "instance" {
		return nil
	}
	return visibility
}

// must is for mistakes in the tables of commands.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
