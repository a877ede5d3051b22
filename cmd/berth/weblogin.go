package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// webLoginTime is how long somebody has to sign in at the browser.
const webLoginTime = 10 * time.Minute

// webLogin returns a session that somebody opened at a browser on this computer,
// for accounts that sign in through an identity provider, or as others like it. The
// browser brings a code to a listener here, which only the verifier turns into the
// session.
func (a *app) webLogin(ctx context.Context, c *client) (string, error) {
	verifier := rand.Text() + rand.Text()
	sum := sha256.Sum256([]byte(verifier))
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return "", err
	}
	ask := c.base.JoinPath("/login/cli")
	ask.RawQuery = url.Values{
		"port": {port}, "challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "name": {computer()},
	}.Encode()
	if _, err := fmt.Fprintf(a.stderr, "Open this address in a browser on this computer:\n\n  %s\n\n", ask); err != nil {
		return "", err
	}
	code, err := awaitCode(ctx, l)
	if err != nil {
		return "", err
	}
	return redeem(ctx, c, code, verifier)
}

// awaitCode serves the one request that brings the code.
func awaitCode(ctx context.Context, l net.Listener) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, webLoginTime)
	defer cancel()
	codes := make(chan string, 1)
	server := &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Header().Set("Referrer-Policy", "no-referrer")
			code := r.URL.Query().Get("code")
			if r.Method != http.MethodGet || r.URL.Path != "/" || code == "" {
				http.Error(w, "berth login waits for something else.", http.StatusNotFound)
				return
			}
			select {
			case codes <- code:
			default: // the first counts
			}
			_, _ = io.WriteString(w, "You may close this window, and go on at the command line.\n")
		}),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case code := <-codes:
		// The browser is to get its answer.
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(stop)
		return code, nil
	case err := <-failed:
		return "", err
	case <-ctx.Done():
		_ = server.Close()
		return "", errors.New("nobody signed in at the browser; run berth login again")
	}
}

// redeem exchanges a code for the session that it stands for.
func redeem(ctx context.Context, c *client, code, verifier string) (string, error) {
	form := strings.NewReader(url.Values{"code": {code}, "verifier": {verifier}}.Encode())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.JoinPath("/login/cli/token").String(), form)
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("User-Agent", "berth/"+version)
	resp, err := c.http.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var answer struct{ Token, Message string }
	err = json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&answer)
	switch {
	case resp.StatusCode != http.StatusOK && answer.Message != "":
		return "", errors.New(printable(answer.Message))
	case err != nil || resp.StatusCode != http.StatusOK || answer.Token == "":
		return "", fmt.Errorf("%s is no Berth server, or too old: it answered %s", c.base, strconv.Itoa(resp.StatusCode))
	}
	return answer.Token, nil
}
