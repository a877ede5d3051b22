package crash_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

const manifestType = "application/vnd.oci.image.manifest.v1+json"

// client speaks the distribution protocol to one server process.
type client struct {
	base string
	http *http.Client

	mu     sync.Mutex
	tokens map[string]string // by package name
}

// call is one request. Its body can be made again after a 401.
type call struct {
	method, url string
	name        string // the package, which chooses the token
	header      map[string]string
	body        func() io.Reader // nil for none
}

// reply is a response whose body was read to its end.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// statusError is an answer that was not the expected one.
type statusError struct {
	method, url string
	got, want   int
	body        string
}

func (e *statusError) Error() string {
	return fmt.Sprintf("%s %s: %d, want %d: %.200s", e.method, e.url, e.got, e.want, e.body)
}

func newClient(s *server) *client {
	return &client{
		base: s.base,
		// A server that hangs must not hang the test: it would leave its mounts behind.
		http:   &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}, Timeout: 2 * time.Minute},
		tokens: make(map[string]string),
	}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// do sends the call, with a new token when the server asks for one.
func (c *client) do(ctx context.Context, r call) (reply, error) {
	res, err := c.once(ctx, r)
	if err != nil || res.status != http.StatusUnauthorized {
		return res, err
	}
	if err := c.login(ctx, r.name, res.header.Get("WWW-Authenticate")); err != nil {
		return reply{}, err
	}
	return c.once(ctx, r)
}

// want is do for callers that accept one status only.
func (c *client) want(ctx context.Context, status int, r call) (reply, error) {
	res, err := c.do(ctx, r)
	if err == nil && res.status != status {
		err = &statusError{r.method, r.url, res.status, status, string(res.body)}
	}
	return res, err
}

func (c *client) once(ctx context.Context, r call) (reply, error) {
	var body io.Reader
	if r.body != nil {
		body = r.body()
	}
	u, err := c.resolve(r.url)
	if err != nil {
		return reply{}, err
	}
	req, err := http.NewRequestWithContext(ctx, r.method, u, body)
	if err != nil {
		return reply{}, err
	}
	for k, v := range r.header {
		req.Header.Set(k, v)
	}
	if token := c.token(r.name); token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return c.send(req)
}

func (c *client) send(req *http.Request) (reply, error) {
	res, err := c.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	// The reply goes out with the error: a 200 that ends early is a verdict of its own.
	return reply{status: res.StatusCode, header: res.Header, body: b}, err
}

// resolve makes a Location, relative or not, into a URL of this process.
func (c *client) resolve(location string) (string, error) {
	u, err := url.Parse(location)
	if err != nil {
		return "", err
	}
	base, err := url.Parse(c.base)
	if err != nil {
		return "", err
	}
	// A restarted server has another port.
	u.Scheme, u.Host = base.Scheme, base.Host
	return u.String(), nil
}

func (c *client) token(name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tokens[name]
}

var challengeParam = regexp.MustCompile(`(\w+)="([^"]*)"`)

// login follows a Bearer challenge with the password of the administrator.
func (c *client) login(ctx context.Context, name, challenge string) error {
	rest, ok := strings.CutPrefix(challenge, "Bearer ")
	if !ok {
		return fmt.Errorf("challenge %q is not Bearer", challenge)
	}
	p := map[string]string{}
	for _, m := range challengeParam.FindAllStringSubmatch(rest, -1) {
		p[m[1]] = m[2]
	}
	q := url.Values{"service": {p["service"]}, "scope": {"repository:" + name + ":pull,push"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p["realm"]+"?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	req.SetBasicAuth("admin", adminPassword)
	res, err := c.send(req)
	if err != nil {
		return err
	}
	if res.status != http.StatusOK {
		return &statusError{http.MethodGet, p["realm"], res.status, http.StatusOK, string(res.body)}
	}
	var answer struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(res.body, &answer); err != nil {
		return fmt.Errorf("token answer: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens[name] = answer.Token
	return nil
}

// startUpload opens a session and gives its location.
func (c *client) startUpload(ctx context.Context, name string) (string, error) {
	res, err := c.want(ctx, http.StatusAccepted, call{method: http.MethodPost, url: "/v2/" + name + "/blobs/uploads/", name: name})
	return res.header.Get("Location"), err
}

// patch sends one chunk; off < 0 sends a stream of unknown length instead.
func (c *client) patch(ctx context.Context, name, location string, off int, data []byte) (string, error) {
	r := call{method: http.MethodPatch, url: location, name: name, header: map[string]string{"Content-Type": "application/octet-stream"}}
	r.body = func() io.Reader { return bytes.NewReader(data) }
	if off >= 0 {
		r.header["Content-Range"] = fmt.Sprintf("%d-%d", off, off+len(data)-1)
	} else {
		// Hides the length, so the body goes out chunked.
		r.body = func() io.Reader { return io.MultiReader(bytes.NewReader(data)) }
	}
	res, err := c.want(ctx, http.StatusAccepted, r)
	return res.header.Get("Location"), err
}

// finishUpload closes a session, with a last chunk or without.
func (c *client) finishUpload(ctx context.Context, name, location, digest string, data []byte) error {
	r := call{
		method: http.MethodPut, url: withDigest(location, digest), name: name,
		header: map[string]string{"Content-Type": "application/octet-stream"},
		body:   func() io.Reader { return bytes.NewReader(data) },
	}
	_, err := c.want(ctx, http.StatusCreated, r)
	return err
}

// withDigest is the URL that finishes an upload.
func withDigest(location, digest string) string {
	sep := "?"
	if strings.Contains(location, "?") {
		sep = "&"
	}
	return location + sep + "digest=" + url.QueryEscape(digest)
}

// putManifest pushes a manifest under a tag.
func (c *client) putManifest(ctx context.Context, name, tag string, manifest []byte) error {
	_, err := c.want(ctx, http.StatusCreated, call{
		method: http.MethodPut, url: "/v2/" + name + "/manifests/" + tag, name: name,
		header: map[string]string{"Content-Type": manifestType},
		body:   func() io.Reader { return bytes.NewReader(manifest) },
	})
	return err
}

// uploadOffset reads how much of an upload the server has, from the Range of
// its status.
func uploadOffset(res reply) (int, error) {
	v := res.header.Get("Range")
	_, last, ok := strings.Cut(v, "-")
	n, err := strconv.Atoi(last)
	if !ok || err != nil {
		return 0, fmt.Errorf("upload status has Range %q", v)
	}
	if n == 0 {
		// "0-0" is what servers say for nothing at all; one byte is not a case here.
		return 0, nil
	}
	return n + 1, nil
}
