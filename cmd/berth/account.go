package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

const (
	sessionTable = "ID id, PROGRAM user_agent, ADDRESS ip, CREATED created_at, USED last_used_at, EXPIRES expires_at, THIS current"
	factorSheet  = "ON enabled, RECOVERY-CODES recovery_codes"
	newFactor    = "SECRET secret, URL url"
)

func (a *app) accountCommand() *cobra.Command {
	cmd := a.group("account", "Manage your own account on a server",
		a.own("show", "Show your account", 0, func(ctx context.Context, c *client, _ []string) error {
			raw, err := c.do(ctx, http.MethodGet, "/user", nil)
			if err != nil {
				return err
			}
			return a.show(raw, userSheet)
		}),
		a.accountPassword(),
		a.own("sessions", "List where you are signed in by password", 0, func(ctx context.Context, c *client, _ []string) error {
			list, err := c.list(ctx, "/user/sessions", 0)
			if err != nil {
				return err
			}
			return a.table(list, sessionTable)
		}),
		a.own("end-session ID", "End one of your sessions", 1, func(ctx context.Context, c *client, args []string) error {
			if _, err := strconv.ParseUint(args[0], 10, 63); err != nil {
				return errors.New("expected the ID of a session, a number: see berth account sessions")
			}
			if _, err := c.do(ctx, http.MethodDelete, route("/user/sessions/%s", args[0]), nil); err != nil {
				return err
			}
			return a.say("session %s ended", args[0])
		}),
		a.secondFactor(),
	)
	cmd.Long = `Manage your own account on a server.

The operator of a data directory has no account, so that these commands go to a
server that you have logged in to.`
	return cmd
}

// own makes a command on the account of whoever is logged in to a server. On a data
// directory it is refused before that is opened, or anything asked.
func (a *app) own(use, short string, args int, run func(ctx context.Context, c *client, args []string) error) *cobra.Command {
	cmd := a.command(use, short, args, run)
	next := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := a.checkOutput(); err != nil {
			return err
		}
		server, err := a.where()
		if err != nil {
			return err
		}
		if server == "" {
			return errors.New("this is about your own account, and the operator of a data directory has none; log in to a server with berth login, or name one with --server")
		}
		return next(cmd, args)
	}
	return cmd
}

func (a *app) accountPassword() *cobra.Command {
	var fromStdin bool
	cmd := a.own("password", "Change your password", 0, func(ctx context.Context, c *client, _ []string) error {
		current, fresh, err := a.twoPasswords(ctx, fromStdin)
		if err != nil {
			return err
		}
		if _, err := c.do(ctx, http.MethodPut, "/user/password", map[string]string{"current": current, "password": fresh}); err != nil {
			return err
		}
		return a.say("password of %s changed; your other sessions have ended", c.user)
	})
	cmd.Flags().BoolVar(&fromStdin, "password-stdin", false, "read two lines from standard input: the current password (empty if you have none) and the new one")
	return cmd
}

// twoPasswords returns the current password and the new one.
func (a *app) twoPasswords(ctx context.Context, fromStdin bool) (current, fresh string, err error) {
	if fromStdin {
		text, err := readPassword(a.stdin)
		if err != nil {
			return "", "", err
		}
		current, fresh, ok := strings.Cut(text, "\n")
		if !ok || strings.Contains(fresh, "\n") {
			return "", "", errors.New("expected two lines on standard input, the current password and the new one")
		}
		return strings.TrimSuffix(current, "\r"), fresh, nil
	}
	if a.ask == nil {
		return "", "", errors.New(`pass two lines on standard input, the current password and the new one: printf '%s\n' … … | berth account password --password-stdin`)
	}
	if current, err = a.ask(ctx, "Current password (empty if you have none): ", true); err != nil {
		return "", "", err
	}
	if fresh, err = a.ask(ctx, "New password: ", true); err != nil {
		return "", "", err
	}
	again, err := a.ask(ctx, "Again: ", true)
	if err == nil && again != fresh {
		err = errors.New("the passwords differ")
	}
	return current, fresh, err
}

// secondFactor shows the state itself and has the changes below it.
func (a *app) secondFactor() *cobra.Command {
	cmd := a.own("second-factor", "Show whether your account has a second factor, or change that", 0, func(ctx context.Context, c *client, _ []string) error {
		raw, err := c.do(ctx, http.MethodGet, "/user/second-factor", nil)
		if err != nil {
			return err
		}
		return a.show(raw, factorSheet)
	})
	cmd.Args = cobra.NoArgs // which names a mistyped command
	cmd.AddCommand(a.factorOn(), a.factorConfirm(), a.factorOff(), a.factorRecovery())
	return cmd
}

// proof is what shows that whoever changes how an account signs in is its owner.
type proof struct {
	fromStdin bool
	code      string
}

func (p *proof) passwordFlag(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().BoolVar(&p.fromStdin, "password-stdin", false, "read your password from standard input")
	return cmd
}

func (p *proof) flags(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVar(&p.code, "code", "", "code of the second factor, or a recovery code")
	return p.passwordFlag(cmd)
}

// ask completes the proof, for the command of that name.
func (p *proof) ask(ctx context.Context, a *app, verb string) (map[string]string, error) {
	if p.code == "" && a.ask == nil {
		return nil, errors.New("pass a code of the second factor, or a recovery code, with --code")
	}
	password, err := a.password(ctx, p.fromStdin, "pass your password on standard input: echo … | berth account second-factor "+verb+" --password-stdin")
	if err != nil {
		return nil, err
	}
	if p.code == "" {
		if p.code, err = a.ask(ctx, "Code: ", false); err != nil {
			return nil, err
		}
	}
	return map[string]string{"password": password, "code": strings.TrimSpace(p.code)}, nil
}

func (a *app) factorOn() *cobra.Command {
	var p proof
	cmd := a.own("on", "Start a second factor", 0, func(ctx context.Context, c *client, _ []string) error {
		password, err := a.password(ctx, p.fromStdin, "pass your password on standard input: echo … | berth account second-factor on --password-stdin")
		if err != nil {
			return err
		}
		raw, err := c.do(ctx, http.MethodPost, "/user/second-factor", map[string]string{"password": password})
		if err != nil {
			return err
		}
		if err := a.show(raw, newFactor); err != nil || a.output == outputJSON {
			return err
		}
		const confirm = "berth account second-factor confirm CODE"
		if a.ask == nil || p.fromStdin {
			return a.say("put that into an authenticator, then: %s", confirm)
		}
		code, err := a.ask(ctx, "Put that into an authenticator. Code: ", false)
		if err != nil {
			return err
		}
		if err := a.confirmFactor(ctx, c, code); err != nil {
			return fmt.Errorf("%w; try again: %s", err, confirm)
		}
		return nil
	})
	cmd.Long = `Start a second factor.

Its secret is printed once, to put into an authenticator; it counts when you have
shown a code of it. At a terminal you are asked for that. Without one, or with
--password-stdin or -o json, that is the next command: second-factor confirm.`
	return p.passwordFlag(cmd)
}

func (a *app) factorConfirm() *cobra.Command {
	return a.own("confirm CODE", "Make the second factor that you have started count, with a code of it", 1, func(ctx context.Context, c *client, args []string) error {
		return a.confirmFactor(ctx, c, args[0])
	})
}

func (a *app) confirmFactor(ctx context.Context, c *client, code string) error {
	raw, err := c.do(ctx, http.MethodPut, "/user/second-factor", map[string]string{"code": strings.TrimSpace(code)})
	if err != nil {
		return err
	}
	return a.printRecovery(raw)
}

func (a *app) factorOff() *cobra.Command {
	var p proof
	return p.flags(a.own("off", "Remove your second factor", 0, func(ctx context.Context, c *client, _ []string) error {
		body, err := p.ask(ctx, a, "off")
		if err != nil {
			return err
		}
		if _, err := c.do(ctx, http.MethodDelete, "/user/second-factor", body); err != nil {
			return err
		}
		return a.say("%s has no second factor; your other sessions have ended", c.user)
	}))
}

func (a *app) factorRecovery() *cobra.Command {
	var p proof
	return p.flags(a.own("recovery-codes", "Replace your recovery codes", 0, func(ctx context.Context, c *client, _ []string) error {
		body, err := p.ask(ctx, a, "recovery-codes")
		if err != nil {
			return err
		}
		raw, err := c.do(ctx, http.MethodPost, "/user/second-factor/recovery-codes", body)
		if err != nil {
			return err
		}
		return a.printRecovery(raw)
	}))
}

func (a *app) printRecovery(raw json.RawMessage) error {
	if a.output == outputJSON {
		return a.printJSON(raw)
	}
	var made struct {
		Codes []string `json:"recovery_codes"`
	}
	if err := json.Unmarshal(raw, &made); err != nil {
		return fmt.Errorf("the answer is not the expected JSON: %w", err)
	}
	lines := []string{"recovery codes, each good once in place of a code; keep them, they are not shown again:"}
	for _, code := range made.Codes {
		lines = append(lines, printable(code))
	}
	_, err := fmt.Fprintln(a.stdout, strings.Join(lines, "\n"))
	return err
}
