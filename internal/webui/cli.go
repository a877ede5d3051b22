package webui

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
)

const cliTokenPath = "/login/cli/token" //nolint:gosec // an address, no secret

// cli is what a command line asks for, and the data of the page that asks its user.
type cli struct {
	Port            uint16
	Challenge, Name string
	Login           string
}

// cliToken is what the command line gets, as from signing in over REST.
type cliToken struct {
	Token     string    `json:"token"` // of a session
	ExpiresAt time.Time `json:"expires_at"`
}

func readCLI(form url.Values, v berth.Viewer) (cli, error) {
	c := cli{Challenge: form.Get("challenge"), Name: form.Get("name"), Login: v.Login}
	port, err := strconv.ParseUint(form.Get("port"), 10, 16)
	if err != nil || port == 0 {
		return c, berth.ErrRequestInvalid.With("port is not a number from 1 to 65535; run berth login again")
	}
	c.Port = uint16(port)
	return c, account.CheckCLI(c.Challenge, c.Name)
}

// listener is where the command line waits, on the computer of whoever looks at the
// page and nowhere else.
func (c cli) listener() string { return "http://127.0.0.1:" + strconv.Itoa(int(c.Port)) }

// getCLI asks whether a command line may act for the viewer. See
// [account.Service.CLICode] for how it goes on.
func (u *UI) getCLI(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	c, err := readCLI(r.URL.Query(), v)
	if err != nil {
		return err
	}
	if v.Anonymous() {
		return mustSignIn(w, r)
	}
	setPolicy(w, c.listener()) // browsers hold a form to where its answer redirects
	return u.show(w, http.StatusOK, "cli.html", page{Title: "Let a computer in", Viewer: v.Login, Data: c})
}

// postCLI sends the browser to the command line with a code.
func (u *UI) postCLI(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	c, err := readCLI(r.PostForm, v)
	if err != nil {
		return err
	}
	code, err := u.account.CLICode(r.Context(), v, c.Challenge, c.Name)
	if err != nil {
		return err
	}
	return redirect(w, c.listener()+"/?"+url.Values{"code": {code}}.Encode())
}

// postCLIToken gives a command line its session for a code. It is no browser, and
// has no cookie.
func (u *UI) postCLIToken(w *httpkit.Writer, r *http.Request, _ berth.Viewer) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	session, err := u.account.RedeemCLICode(r.Context(), r.PostForm.Get("code"), r.PostForm.Get("verifier"), u.origins.Address(r))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, cliToken{session.Secret, session.ExpiresAt})
}
