package webui

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

const cliTokenPath = "/login/cli/token" //nolint:gosec // an address, no secret

// cli is what a command line asks for.
type cli struct {
	Port            uint16
	Challenge, Name string
}

// cliToken is what the command line gets, as from signing in over REST.
type cliToken struct {
	Token     string    `json:"token"` // of a session
	ExpiresAt time.Time `json:"expires_at"`
}

func readCLI(form url.Values) (cli, error) {
	c := cli{Challenge: form.Get("challenge"), Name: form.Get("name")}
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
	c, err := readCLI(r.URL.Query())
	if err != nil {
		return err
	}
	if v.Anonymous() {
		return mustSignIn(w, r)
	}
	setPolicy(w, c.listener()) // browsers hold a form to where its answer redirects
	form := view.CLIForm{Port: strconv.Itoa(int(c.Port)), Challenge: c.Challenge, Name: c.Name, Login: v.Login}
	return u.show(w, r, v, page{title: "Let a computer in", main: view.CLI(form)})
}

// postCLI sends the browser to the command line with a code. What that gets is a session
// of its own, newly opened: a browser left open must not give one away.
func (u *UI) postCLI(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	c, err := readCLI(r.PostForm)
	if err != nil {
		return err
	}
	setPolicy(w, c.listener()) // also of the page that asks for the password
	return u.sure(func(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
		code, err := u.account.CLICode(r.Context(), v, c.Challenge, c.Name)
		if err != nil {
			return err
		}
		return redirect(w, c.listener()+"/?"+url.Values{"code": {code}}.Encode())
	})(w, r, v)
}

// postCLIToken gives a command line its session for a code. It is no browser, and
// has no cookie.
func (u *UI) postCLIToken(w *httpkit.Writer, r *http.Request, _ berth.Viewer) error {
	session, err := u.account.RedeemCLICode(r.Context(), r.PostForm.Get("code"), r.PostForm.Get("verifier"), u.origins.Address(r))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, cliToken{session.Secret, session.ExpiresAt})
}
