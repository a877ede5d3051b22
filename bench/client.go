package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// client speaks the distribution protocol to one target.
type client struct {
	base *url.URL
	http *http.Client
	auth *authorizer
	bufs sync.Pool // *[]byte, for draining answers
}

// newClient returns a client for t. It uses no proxy and follows no redirect to
// another host.
func newClient(t target, allowRemote bool) *client {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if !allowRemote {
		dialer.Control = loopbackOnly
	}
	hc := &http.Client{
		Transport: &http.Transport{
			DialContext:           dialer.DialContext,
			MaxIdleConns:          128,
			MaxIdleConnsPerHost:   128,
			IdleConnTimeout:       time.Minute,
			ResponseHeaderTimeout: 2 * time.Minute,
			DisableCompression:    true,
			ReadBufferSize:        32 << 10,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if req.URL.Host != t.base.Host || len(via) > 5 {
				return fmt.Errorf("redirect to %s not followed", req.URL.Host)
			}
			return nil
		},
	}
	return &client{
		base: t.base, http: hc,
		auth: newAuthorizer(hc, t.user, t.password, time.Now),
		bufs: sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }},
	}
}

// request is one call of the protocol.
type request struct {
	method      string
	repo        string // decides the token; empty for the registry as a whole
	url         string // path with query, or what a Location or Link said
	accept      string
	contentType string
	body        func() io.Reader // nil for none; called again when repeated
	size        int64            // of the body; -1 sends it chunked
}

// answer is what is left of a response once its body was read to the end.
type answer struct {
	status int
	header http.Header
	size   int64
	data   []byte // only from read, and of every refusal
}

// do performs r, drains the body and requires one of the given statuses.
func (c *client) do(ctx context.Context, r request, want ...int) (answer, error) {
	return c.finish(ctx, r, false, want)
}

// read is do that keeps the body.
func (c *client) read(ctx context.Context, r request, want ...int) (answer, error) {
	return c.finish(ctx, r, true, want)
}

// finish sends r and consumes the answer.
func (c *client) finish(ctx context.Context, r request, keep bool, want []int) (answer, error) {
	resp, err := c.send(ctx, r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	a := answer{status: resp.StatusCode, header: resp.Header}
	ok := slices.Contains(want, resp.StatusCode)
	if keep || !ok {
		a.data, err = io.ReadAll(io.LimitReader(resp.Body, 16<<20))
		a.size = int64(len(a.data))
	} else {
		a.size, err = c.drain(resp.Body)
	}
	if err != nil {
		return a, fmt.Errorf("%s %s: %w", r.method, r.url, err)
	}
	if !ok {
		return a, fmt.Errorf("%s %s: %s: %s", r.method, r.url, resp.Status, snippet(a.data))
	}
	return a, nil
}

// drain reads to the end with a large buffer: io.Discard's own is 8 KiB, which
// would make the client the bottleneck of large downloads.
func (c *client) drain(r io.Reader) (int64, error) {
	buf, ok := c.bufs.Get().(*[]byte)
	if !ok {
		return 0, errors.New("buffer pool holds something else")
	}
	defer c.bufs.Put(buf)
	var n int64
	for {
		m, err := r.Read(*buf)
		n += int64(m)
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

// send performs r, and once more with credentials when they were asked for.
func (c *client) send(ctx context.Context, r request) (*http.Response, error) {
	for attempt := 0; ; attempt++ {
		authz, err := c.auth.header(ctx, r.repo)
		if err != nil {
			return nil, err
		}
		req, err := c.build(ctx, r, authz)
		if err != nil {
			return nil, err
		}
		resp, err := c.http.Do(req)
		if err != nil || resp.StatusCode != http.StatusUnauthorized || attempt > 0 {
			return resp, err
		}
		err = c.auth.challenged(r.repo, authz, resp.Header.Get("WWW-Authenticate"))
		_, _ = c.drain(resp.Body) // only so that the connection can be reused
		_ = resp.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("%s %s: 401: %w", r.method, r.url, err)
		}
	}
}

// build makes the HTTP request, and refuses to leave the target's host.
func (c *client) build(ctx context.Context, r request, authz string) (*http.Request, error) {
	u, err := c.base.Parse(r.url)
	if err != nil {
		return nil, err
	}
	if u.Host != c.base.Host {
		return nil, fmt.Errorf("%s: the registry points to another host", u.Redacted())
	}
	var body io.Reader = http.NoBody
	if r.body != nil && r.size != 0 {
		body = r.body()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), body)
	if err != nil {
		return nil, err
	}
	if r.body != nil {
		req.ContentLength = r.size
	}
	setHeader(req, "Authorization", authz)
	setHeader(req, "Accept", r.accept)
	setHeader(req, "Content-Type", r.contentType)
	return req, nil
}

// setHeader sets a header unless its value is empty.
func setHeader(req *http.Request, key, value string) {
	if value != "" {
		req.Header.Set(key, value)
	}
}

// ping checks that the target is a registry and learns how it authenticates.
func (c *client) ping(ctx context.Context) error {
	_, err := c.do(ctx, request{method: http.MethodGet, url: "/v2/"}, http.StatusOK)
	return err
}

// nextLink returns the target of rel="next" in a Link header, or "".
func nextLink(header string) string {
	for part := range strings.SplitSeq(header, ",") {
		link, params, ok := strings.Cut(strings.TrimSpace(part), ">")
		if ok && strings.HasPrefix(link, "<") && strings.Contains(strings.ReplaceAll(params, `"`, ""), "rel=next") {
			return link[1:]
		}
	}
	return ""
}

// snippet is the beginning of an error body on one line.
func snippet(b []byte) string {
	s := strings.Join(strings.Fields(string(b)), " ")
	if len(s) > 200 {
		s = s[:200] + "..."
	}
	return s
}
