package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const accessTable = "ID id, NAME name, SCOPES scopes, OWNERS owners, PACKAGES packages, ACTIONS actions, CREATED created_at, EXPIRES expires_at, USED last_used_at, REVOKED revoked_at"

func (a *app) tokenCommand() *cobra.Command {
	return a.group("token", "Manage access tokens", a.tokenCreate(), a.tokenList(), a.tokenRevoke())
}

// tokensOf is the path of the tokens of a user, "" for whoever asks.
func tokensOf(c *client, user string) (string, error) {
	switch {
	case user != "":
		return route("/users/%s/tokens", user), nil
	case c.local != nil:
		return "", errors.New("whose token? Pass --user NAME")
	}
	return "/user/tokens", nil
}

func (a *app) tokenCreate() *cobra.Command {
	var (
		user, scopes, name, expires string
		owners, packages, actions   words
	)
	var cmd *cobra.Command
	cmd = a.command("create --scopes read:packages,write:packages", "Make an access token; it is printed once", 0, func(ctx context.Context, c *client, _ []string) error {
		if cmd.Flags().Changed("user") && user == "" {
			return errors.New("--user is empty; leave it out for yourself")
		}
		if err := twice(owners, packages); err != nil {
			return err
		}
		path, err := tokensOf(c, user)
		if err != nil {
			return err
		}
		body := map[string]any{"name": name, "scopes": scopes}
		for field, list := range map[string]words{"owners": owners, "packages": packages, "actions": actions} {
			if len(list) > 0 {
				body[field] = list
			}
		}
		if cmd.Flags().Changed("expires") {
			life, err := parseLife(expires, "100 years")
			if err != nil {
				return fmt.Errorf("--expires: %w", err)
			}
			body["expires_in"] = int64(life / time.Second)
		}
		raw, err := c.do(ctx, http.MethodPost, path, body)
		if err != nil {
			return err
		}
		return a.print(raw, "%s", "token")
	})
	f := cmd.Flags()
	f.StringVar(&user, "user", "", "user or service account that it acts for (default yourself)")
	f.StringVar(&scopes, "scopes", "", "what it may do, separated by commas")
	f.StringVar(&name, "name", "", "what it is for")
	f.StringVar(&expires, "expires", "", "how long it is good, such as 720h or 30d (default for ever)")
	f.Var(&owners, "owner", "owner all of whose things it reaches, besides those of --package; may be repeated (default all)")
	f.Var(&packages, "package", "OWNER/NAME of a package that it reaches, besides the things of --owner; may be repeated (default all)")
	f.Var(&actions, "action", "pull, push, delete or admin; may be repeated (default all)")
	must(cmd.MarkFlagRequired("scopes"))
	return cmd
}

// words is a flag with values separated by commas, which may be repeated. An empty
// value, such as that of a variable that is not set, is refused: it would be taken
// for no limit.
type words []string

func (w *words) Set(s string) error {
	list := strings.Split(s, ",")
	for _, word := range list {
		if strings.TrimSpace(word) == "" {
			return errors.New("a value is empty; leave the flag out for no limit")
		}
	}
	*w = append(*w, list...)
	return nil
}

func (w *words) String() string { return strings.Join(*w, ",") }

// Type is what help calls a value.
func (*words) Type() string { return "strings" }

// twice refuses packages of owners who are given too. The server would let the token
// reach all that the owner has, which is hardly meant by whoever names a package.
func twice(owners, packages words) error {
	for _, pkg := range packages {
		of, _, _ := strings.Cut(pkg, "/")
		for _, owner := range owners {
			if strings.EqualFold(owner, of) {
				return fmt.Errorf("--owner %s already covers %s; leave one out", owner, pkg)
			}
		}
	}
	return nil
}

// parseLife reads a time such as 720h or 30d, of a second at least. What the server
// takes at most is only said.
func parseLife(s, most string) (time.Duration, error) {
	const day = 24 * time.Hour
	life, err := time.ParseDuration(s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16)
		life = time.Duration(n) * day
	}
	if err != nil || life < time.Second {
		return 0, fmt.Errorf("expected a time such as 720h or 30d, at most %s, got %q", most, s)
	}
	return life, nil
}

func (a *app) tokenList() *cobra.Command {
	var user string
	cmd := a.command("list", "List access tokens", 0, func(ctx context.Context, c *client, _ []string) error {
		path, err := tokensOf(c, user)
		if err != nil {
			return err
		}
		list, err := c.list(ctx, path, 0)
		if err != nil {
			return err
		}
		return a.table(list, accessTable)
	})
	cmd.Flags().StringVar(&user, "user", "", "whose (default your own)")
	return cmd
}

func (a *app) tokenRevoke() *cobra.Command {
	var user string
	cmd := a.command("revoke ID", "Revoke an access token, with all that it made", 1, func(ctx context.Context, c *client, args []string) error {
		path, err := tokensOf(c, user)
		if err != nil {
			return err
		}
		if _, err := strconv.ParseUint(args[0], 10, 63); err != nil {
			return errors.New("expected the ID of a token, a number: see berth token list")
		}
		if _, err := c.do(ctx, http.MethodDelete, path+route("/%s", args[0]), nil); err != nil {
			return err
		}
		return a.say("token %s revoked", args[0])
	})
	cmd.Flags().StringVar(&user, "user", "", "whose it is (default your own)")
	return cmd
}
