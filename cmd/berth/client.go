package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
	"unicode"
)

const (
	apiPrefix     = "/api/v3"
	clientTimeout = 2 * time.Minute
	maxAnswer     = 16 << 20 // bytes
)

// client sends the requests of a command to a server, or to the data directory in
// this process: both speak the same.
type client struct {
	base  *url.URL
	token string // "" is none
	user  string // whose token it is; "" for the operator of the data directory
	http  *http.Client
	local *core // of the data directory, nil for a server
}

func newClient(base *url.URL, user, token string) *client {
	return &client{base: base, user: user, token: token, http: &http.Client{
		Timeout: clientTimeout,
		// The token is for this server only.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answerError is a refusal by the server.
type answerError struct {
	status  int
	code    string
	message string
}

func (e *answerError) Error() string { return e.message }

// route fills names into a path. Each is escaped, slashes too.
func route(format string, names ...string) string {
	args := make([]any, len(names))
	for i, n := range names {
		args[i] = url.PathEscape(n)
	}
	return fmt.Sprintf(format, args...)
}

// do sends a request, nil as body for none, and returns the answer's body.
func (c *client) do(ctx context.Context, method, target string, body any) (json.RawMessage, error) {
	raw, _, err := c.send(ctx, method, target, body)
	return raw, err
}

func (c *client) send(ctx context.Context, method, target string, body any) (json.RawMessage, http.Header, error) {
	req, err := c.request(ctx, method, target, body)
	if err != nil {
		return nil, nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("the answer broke off: %w", err)
	case len(raw) > maxAnswer:
		return nil, nil, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return nil, nil, c.refusal(resp, raw)
	case len(raw) > 0 && !json.Valid(raw):
		return nil, nil, fmt.Errorf("%s is no Berth server: it does not answer with JSON", c.base)
	}
	return raw, resp.Header, nil
}

func (c *client) request(ctx context.Context, method, target string, body any) (*http.Request, error) {
	u, err := c.base.Parse(apiPrefix + target)
	if err != nil {
		return nil, err
	}
	if clean := u.EscapedPath(); path.Clean(clean) != clean {
		return nil, errors.New("a name is empty or made of dots")
	}
	reader := io.Reader(http.NoBody)
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), reader)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "berth/"+version)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return req, nil
}

// refusal reads the server's reason, and says what to do where that is known here.
func (c *client) refusal(resp *http.Response, raw []byte) error {
	var doc struct {
		Message string `json:"message"`
		Errors  []struct {
			Code string `json:"code"`
		} `json:"errors"`
	}
	e := &answerError{status: resp.StatusCode}
	switch err := json.Unmarshal(raw, &doc); {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		e.message = fmt.Sprintf("%s sends to another address, %s; log in to that", c.base, printable(resp.Header.Get("Location")))
	case err != nil || doc.Message == "":
		e.message = fmt.Sprintf("%s answered %s", c.base, printable(resp.Status))
	default:
		e.message = printable(doc.Message)
	}
	if len(doc.Errors) > 0 {
		e.code = doc.Errors[0].Code
	}
	if resp.StatusCode == http.StatusUnauthorized && c.token != "" {
		e.message += "; log in again: berth login " + c.base.String()
	}
	return e
}

// list fetches all pages of a list, up to limit entries (0: all of them).
func (c *client) list(ctx context.Context, target string, limit int) ([]json.RawMessage, error) {
	join := "?"
	if strings.Contains(target, "?") {
		join = "&"
	}
	size := 100
	if limit > 0 && limit < size {
		size = limit
	}
	target += fmt.Sprintf("%sper_page=%d", join, size)
	var all []json.RawMessage
	for {
		raw, header, err := c.send(ctx, http.MethodGet, target, nil)
		if err != nil {
			return nil, err
		}
		var page []json.RawMessage
		if err := json.Unmarshal(raw, &page); err != nil {
			return nil, fmt.Errorf("the answer is no list: %w", err)
		}
		all = append(all, page...)
		next, more := nextPage(header.Get("Link"))
		if limit > 0 && len(all) >= limit {
			return all[:limit], nil
		}
		if !more || next == target || len(page) == 0 {
			return all, nil
		}
		target = next
	}
}

// nextPage reads the path of the next page from a Link header. Where else that may
// point is of no interest: the token is for this server only.
func nextPage(link string) (string, bool) {
	address, rest, ok := strings.Cut(strings.TrimPrefix(link, "<"), ">")
	u, err := url.Parse(address)
	if !ok || err != nil || !strings.Contains(rest, `rel="next"`) {
		return "", false
	}
	return strings.CutPrefix(u.RequestURI(), apiPrefix)
}

// printable replaces what would control the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return '?'
		}
		return r
	}, s)
}
