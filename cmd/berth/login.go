package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// loginFlags is how somebody says who he is.
type loginFlags struct {
	user, code                          string
	passwordStdin, tokenStdin, insecure bool
	web                                 bool
}

func (a *app) loginCommand() *cobra.Command {
	var f loginFlags
	cmd := &cobra.Command{
		Use:   "login https://HOST [-u NAME]",
		Short: "Log in to a server, so that commands can go to it",
		Long: `Log in to a server, so that commands can go to it.

The password is asked for, or read from standard input; with --web you sign in at a
browser, as accounts have to that belong to an identity provider. That opens a
session, which is kept in berth/login.json in your configuration directory, readable
by you only. With --token-stdin a token that you have is kept.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.login(cmd.Context(), args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.user, "username", "u", "", "your name")
	flags.BoolVar(&f.passwordStdin, "password-stdin", false, "read the password from standard input")
	flags.BoolVar(&f.tokenStdin, "token-stdin", false, "read an access token from standard input")
	flags.BoolVar(&f.web, "web", false, "sign in at a browser on this computer, also through an identity provider")
	flags.StringVar(&f.code, "code", "", "code of the second factor, or a recovery code")
	flags.BoolVar(&f.insecure, "insecure-http", false, "send password and token over plain HTTP, where others can read them")
	cmd.MarkFlagsMutuallyExclusive("password-stdin", "token-stdin", "web")
	cmd.MarkFlagsMutuallyExclusive("code", "token-stdin", "web")
	return cmd
}

func (a *app) login(ctx context.Context, server string, f loginFlags) error {
	base, err := parseServer(server)
	if err != nil {
		return err
	}
	if !safe(base) && !f.insecure {
		return fmt.Errorf("%s is not HTTPS: anybody on the way could read the password; --insecure-http sends it nevertheless", base)
	}
	all, err := a.loadLogins()
	if err != nil {
		return err
	}
	if _, err := a.loginFile(); err != nil {
		return err
	}
	c := newClient(base, "", "")
	defer c.http.CloseIdleConnections()
	fresh, err := a.obtain(ctx, c, &f)
	if errors.Is(err, http.ErrSchemeMismatch) {
		return fmt.Errorf("%w; write http://%s if the server speaks plain HTTP", err, base.Host)
	}
	if err != nil {
		return err
	}
	if f.user != "" && !strings.EqualFold(f.user, fresh.User) {
		return fmt.Errorf("the token belongs to %s, not to %s", fresh.User, f.user)
	}
	old := all.Servers[base.String()]
	all.Current = base.String()
	all.Servers[all.Current] = fresh
	if err := a.saveLogins(all); err != nil {
		return fmt.Errorf("keep the token: %w", err)
	}
	if old.Made && old.Token != fresh.Token { // nothing else can use it
		c.token = old.Token
		if _, err := c.do(ctx, http.MethodDelete, "/user/tokens/current", nil); err != nil {
			a.note("the token of the last login could not be revoked: %v", err)
		}
	}
	_, err = fmt.Fprintf(a.stdout, "logged in to %s as %s\n", base, fresh.User)
	return err
}

// obtain returns a login that works, in the way that the flags say.
func (a *app) obtain(ctx context.Context, c *client, f *loginFlags) (fresh login, err error) {
	fresh.Made = !f.tokenStdin
	switch {
	case f.tokenStdin:
		fresh.Token, err = readPassword(a.stdin)
	case f.web:
		fresh.Token, err = a.webLogin(ctx, c)
	default:
		fresh.Token, err = a.exchange(ctx, c, f)
	}
	if err != nil {
		return fresh, err
	}
	c.token = fresh.Token
	fresh.User, err = verify(ctx, c)
	return fresh, err
}

// verify returns whose the client's token is.
func verify(ctx context.Context, c *client) (string, error) {
	raw, err := c.do(ctx, http.MethodGet, "/user", nil)
	if err != nil {
		var refused *answerError
		if errors.As(err, &refused) { // logging in again is what this is
			refused.message = strings.TrimSuffix(refused.message, "; log in again: berth login "+c.base.String())
		}
		return "", err
	}
	var user struct {
		Login string `json:"login"`
	}
	if err := json.Unmarshal(raw, &user); err != nil || user.Login == "" {
		return "", fmt.Errorf("%s is no Berth server: it does not say who you are", c.base)
	}
	return printable(user.Login), nil
}

// exchange returns an access token for a name and a password.
func (a *app) exchange(ctx context.Context, c *client, f *loginFlags) (string, error) {
	var err error
	if f.user == "" {
		if a.ask == nil || f.passwordStdin {
			return "", errors.New("who are you? Say it with -u NAME")
		}
		if f.user, err = a.ask(ctx, "User name: ", false); err != nil {
			return "", err
		}
	}
	password, err := a.password(ctx, f.passwordStdin, "log in with: echo … | berth login "+c.base.String()+" -u "+f.user+" --password-stdin")
	if err != nil {
		return "", err
	}
	token, err := signIn(ctx, c, f.user, password, f.code)
	var refused *answerError
	if errors.As(err, &refused) && refused.code == "second_factor_needed" && f.code == "" {
		if a.ask == nil {
			return "", fmt.Errorf("%w; pass it with --code", err)
		}
		if f.code, err = a.ask(ctx, "Code: ", false); err != nil {
			return "", err
		}
		return signIn(ctx, c, f.user, password, strings.TrimSpace(f.code))
	}
	return token, err
}

func signIn(ctx context.Context, c *client, user, password, code string) (string, error) {
	body := map[string]string{"login": user, "password": password, "name": "berth login on " + computer()}
	if code != "" {
		body["code"] = code
	}
	raw, err := c.do(ctx, http.MethodPost, "/login", body)
	if err != nil {
		return "", err
	}
	var made struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(raw, &made); err != nil || made.Token == "" {
		return "", fmt.Errorf("%s is no Berth server: it gave no token", c.base)
	}
	return made.Token, nil
}

// computer is what a session is called, so that it is known in a list of them.
func computer() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		return "some computer"
	}
	return cutText(printable(host), 80)
}

// cutText returns at most n bytes of s that are whole characters.
func cutText(s string, n int) string {
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}

// password reads a password: from standard input when told so, else from the person
// at the terminal. It never stands on the command line, where everybody could see it.
func (a *app) password(ctx context.Context, fromStdin bool, hint string) (string, error) {
	switch {
	case fromStdin:
		return readPassword(a.stdin)
	case a.ask == nil:
		return "", errors.New(hint)
	}
	return a.ask(ctx, "Password: ", true)
}

func (a *app) logoutCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "logout [https://HOST]",
		Short: "Revoke the token of a login, and forget it",
		Args:  cobra.MaximumNArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.logout(cmd.Context(), args) },
	}
}

func (a *app) logout(ctx context.Context, args []string) error {
	all, err := a.loadLogins()
	if err != nil {
		return err
	}
	server := all.Current
	for _, named := range append([]string{a.getenv("BERTH_SERVER"), a.server}, args...) {
		if named != "" {
			server = named
		}
	}
	if server == "" {
		return errors.New("you are not logged in anywhere")
	}
	base, err := parseServer(server)
	if err != nil {
		return err
	}
	old, ok := all.Servers[base.String()]
	if !ok {
		return fmt.Errorf("you are not logged in to %s", base)
	}
	c := newClient(base, old.User, old.Token)
	defer c.http.CloseIdleConnections()
	_, revoked := c.do(ctx, http.MethodDelete, "/user/tokens/current", nil)
	delete(all.Servers, base.String())
	if all.Current == base.String() {
		all.Current = ""
	}
	if err := a.saveLogins(all); err != nil {
		return err
	}
	if revoked != nil && !gone(revoked) {
		return fmt.Errorf("the token is forgotten here, but it could not be revoked, so that it is still good: %w", revoked)
	}
	_, err = fmt.Fprintf(a.stdout, "logged out of %s\n", base)
	return err
}

func (a *app) whoamiCommand() *cobra.Command {
	return a.withOutput(a.command("whoami", "Say who you are, and where", 0, func(ctx context.Context, c *client, _ []string) error {
		if c.local != nil {
			return a.print(operatorJSON(), "operator of the data directory "+escaped(c.local.config.Data))
		}
		raw, err := c.do(ctx, http.MethodGet, "/user", nil)
		if err != nil {
			return err
		}
		return a.print(raw, "%s on "+c.base.String(), "login")
	}))
}

func operatorJSON() json.RawMessage { return json.RawMessage(`{"login":"operator"}`) }
