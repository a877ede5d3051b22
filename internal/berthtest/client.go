package berthtest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
)

// Client sends requests as somebody.
type Client struct {
	s      *Server
	header string // Authorization, "" for none
	http   *http.Client
}

// As returns a client that sends a token of the user with every request, "" for
// an anonymous one.
func (s *Server) As(user string) *Client {
	s.t.Helper()
	if user == "" {
		return s.With("")
	}
	return s.With("Bearer " + s.Token(user, berth.ScopeAll, 0))
}

// With returns a client that sends the given Authorization header.
func (s *Server) With(header string) *Client {
	return &Client{s: s, header: header, http: &http.Client{
		Transport:     s.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// CloseIdleConnections closes the connections that clients left open.
func (s *Server) CloseIdleConnections() {
	(&http.Client{Transport: s.transport}).CloseIdleConnections()
}

// Bearer exchanges the client's credentials for a bearer with scopes, as docker
// does.
func (c *Client) Bearer(scopes ...string) *Client {
	c.s.t.Helper()
	r := c.Get("/token?" + url.Values{"service": {"test"}, "scope": scopes}.Encode()).Want(http.StatusOK)
	var reply struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(r.Body, &reply); err != nil {
		c.s.t.Fatal(err)
	}
	return c.s.With("Bearer " + reply.Token)
}

// Response is an answer, read to the end.
type Response struct {
	Status int
	Header http.Header
	Body   []byte

	c    *Client
	what string
}

// Do sends a request. Headers are pairs of name and value.
func (c *Client) Do(method, path string, body io.Reader, headers ...string) *Response {
	c.s.t.Helper()
	req, err := http.NewRequestWithContext(c.s.t.Context(), method, c.s.URL, body)
	if err != nil {
		c.s.t.Fatal(err)
	}
	// The address is set as it is, escapes and all.
	if req.URL, err = url.Parse(c.s.URL + path); err != nil {
		c.s.t.Fatal(err)
	}
	if c.header != "" {
		req.Header.Set("Authorization", c.header)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := c.http.Do(req)
	if err != nil {
		c.s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.s.t.Fatal(err)
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: b, c: c, what: method + " " + path}
}

// Get sends a GET.
func (c *Client) Get(path string, headers ...string) *Response {
	c.s.t.Helper()
	return c.Do(http.MethodGet, path, nil, headers...)
}

// Want fails the test unless the status is one of those given.
func (r *Response) Want(status ...int) *Response {
	r.c.s.t.Helper()
	if !slices.Contains(status, r.Status) {
		r.c.s.t.Fatalf("%s: status %d, want %v\n%s", r.what, r.Status, status, r.Body)
	}
	return r
}

// Code returns the code of an error document, and fails unless it is one.
func (r *Response) Code() string {
	r.c.s.t.Helper()
	var doc struct {
		Errors []struct{ Code, Message string } `json:"errors"`
	}
	if err := json.Unmarshal(r.Body, &doc); err != nil || len(doc.Errors) == 0 || doc.Errors[0].Message == "" {
		r.c.s.t.Fatalf("%s: status %d, body is not an error document: %q", r.what, r.Status, r.Body)
	}
	if ct := r.Header.Get("Content-Type"); ct != "application/json" {
		r.c.s.t.Fatalf("%s: content type %q", r.what, ct)
	}
	return doc.Errors[0].Code
}

// PushBlob uploads a blob and returns its digest.
func (c *Client) PushBlob(name, content string) berth.Digest {
	c.s.t.Helper()
	d := digest.FromString(content)
	c.Do(http.MethodPost, "/v2/"+name+"/blobs/uploads/?digest="+d.String(), strings.NewReader(content)).Want(http.StatusCreated)
	return d
}

// StartUpload opens an upload and returns its location.
func (c *Client) StartUpload(name string) string {
	c.s.t.Helper()
	return c.Do(http.MethodPost, "/v2/"+name+"/blobs/uploads/", nil).Want(http.StatusAccepted).Header.Get("Location")
}

// PushManifest stores a manifest under a tag or digest and returns its digest.
func (c *Client) PushManifest(name, ref, mediaType string, body []byte) berth.Digest {
	c.s.t.Helper()
	c.Do(http.MethodPut, "/v2/"+name+"/manifests/"+ref, bytes.NewReader(body), "Content-Type", mediaType).Want(http.StatusCreated)
	return digest.FromBytes(body)
}

// PushImage uploads a small image made of the given seed and tags it.
func (c *Client) PushImage(name, tag, seed string) berth.Digest {
	c.s.t.Helper()
	config, layer := `{"seed":"`+seed+`"}`, "layer "+seed
	c.PushBlob(name, config)
	c.PushBlob(name, layer)
	return c.PushManifest(name, tag, berth.MediaTypeOCIManifest, Image(config, layer))
}

// Break sends a request whose body ends in an error, as that of a client that goes
// away. There is no answer.
func (c *Client) Break(method, path string, body io.Reader, headers ...string) {
	c.s.t.Helper()
	req, err := http.NewRequestWithContext(c.s.t.Context(), method, c.s.URL+path, body)
	if err != nil {
		c.s.t.Fatal(err)
	}
	req.Header.Set("Authorization", c.header)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := c.http.Do(req)
	if err == nil {
		_ = resp.Body.Close()
		c.s.t.Errorf("%s %s: answered %d although the body broke", method, path, resp.StatusCode)
	}
}

// Await asks until the answer is as it should be, for a few seconds. It returns
// nil when it never is.
func (c *Client) Await(ask func() *Response, good func(*Response) bool) *Response {
	c.s.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if r := ask(); good(r) {
			return r
		}
		<-tick.C
	}
	return nil
}

// At returns a client with the same credentials for another server.
func (c *Client) At(s *Server) *Client {
	other := *c
	other.s = s
	return &other
}

// Open sends a GET and returns the body before it is read.
func (c *Client) Open(path string) io.ReadCloser {
	c.s.t.Helper()
	req, err := http.NewRequestWithContext(c.s.t.Context(), http.MethodGet, c.s.URL+path, nil)
	if err != nil {
		c.s.t.Fatal(err)
	}
	if c.header != "" {
		req.Header.Set("Authorization", c.header)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		c.s.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		c.s.t.Fatalf("GET %s: status %d", path, resp.StatusCode)
	}
	return resp.Body
}
