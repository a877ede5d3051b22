package apicheck

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// exchange is a request, what was read of its body, and the answer.
type exchange struct {
	request *http.Request
	sent    []byte
	status  int
	header  http.Header
	got     []byte
}

// check returns what the document does not say. What it has no route for is no
// success, and answered with an error as everywhere.
func (c *Checker) check(e *exchange) error {
	_, pattern := c.mux.Handler(e.request)
	o := c.operations[pattern]
	if o == nil {
		if e.status < http.StatusBadRequest {
			return fmt.Errorf("status %d of no operation", e.status)
		}
		return c.body(e.request.Method, e.header, e.got, "/components/responses/Error", "application/json")
	}
	err := errors.Join(c.answer(o, e), scopes(o, e.header, e))
	if e.status < http.StatusMultipleChoices {
		err = errors.Join(err, c.sent(o, e), query(o, e.request))
	}
	return err
}

// answer checks status and body.
func (c *Checker) answer(o *operation, e *exchange) error {
	key, pointer := strconv.Itoa(e.status), ""
	response, ok := o.Responses[key]
	if !ok && e.status >= http.StatusBadRequest {
		key = "default"
		response, ok = o.Responses[key]
	}
	if !ok {
		return fmt.Errorf("status %d is not in the document", e.status)
	}
	pointer = o.pointer + "/responses/" + key
	if to, ok := strings.CutPrefix(response.Ref, "#"); ok {
		return c.body(e.request.Method, e.header, e.got, to, "application/json")
	}
	for media := range response.Content {
		return c.body(e.request.Method, e.header, e.got, pointer, media)
	}
	if len(e.got) > 0 || e.header.Get("Content-Type") != "" {
		return fmt.Errorf("status %d has a body, %s, of which the document does not know: %.200q", e.status, e.header.Get("Content-Type"), e.got)
	}
	return nil
}

// body checks what was answered against the response at a place in the document.
func (c *Checker) body(method string, header http.Header, got []byte, pointer, media string) error {
	if is, _, err := mime.ParseMediaType(header.Get("Content-Type")); err != nil || is != media {
		return fmt.Errorf("Content-Type %q, want %s", header.Get("Content-Type"), media)
	}
	if method == http.MethodHead {
		return nil
	}
	return c.match("the answer", got, pointer+"/content/"+escape(media)+"/schema")
}

// match checks JSON against the schema at a place in the document.
func (c *Checker) match(what string, text []byte, pointer string) error {
	schema, err := c.schema(pointer)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("%s is no JSON: %w", what, err)
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("%s is not as the document says: %w\n%.500s", what, err, text)
	}
	return nil
}

// sent checks the body of a request that was accepted.
func (c *Checker) sent(o *operation, e *exchange) error {
	if o.Body == nil {
		return nil // nobody reads it
	}
	for media := range o.Body.Content {
		return c.match("the request", e.sent, o.pointer+"/requestBody/content/"+escape(media)+"/schema")
	}
	return nil
}

// query checks that the document knows the parameters of a request that was accepted.
func query(o *operation, r *http.Request) error {
	for name := range r.URL.Query() {
		if !slices.ContainsFunc(o.Parameters, func(p struct{ Name, In string }) bool { return p.In == "query" && p.Name == name }) {
			return fmt.Errorf("the document does not know the parameter %q", name)
		}
	}
	return nil
}

// scopes checks that a token is told the scopes that the document names, and that
// these decide: nothing is changed without one of them, and a refusal names no other.
func scopes(o *operation, header http.Header, e *exchange) error {
	has, ok := header["X-Oauth-Scopes"]
	if !ok {
		return nil
	}
	accepted, ok := header["X-Accepted-Oauth-Scopes"]
	if want := strings.Join(o.Scopes, ", "); !ok || accepted[0] != want {
		return fmt.Errorf("X-Accepted-OAuth-Scopes: %q, want %q", accepted, want)
	}
	held := func(name string) bool { return slices.Contains(strings.Split(has[0], ", "), name) }
	if len(o.Scopes) > 0 && e.status < 400 && e.request.Method != http.MethodGet && e.request.Method != http.MethodHead && !slices.ContainsFunc(o.Scopes, held) {
		return fmt.Errorf("accepted of a token with %s, although the document wants %s", has[0], o.Scopes)
	}
	refusal := regexp.MustCompile(`has the scopes [a-z:, ]*, [a-z ]+ needs ([a-z:]+(?: or [a-z:]+)*); make a token`)
	if m := refusal.FindSubmatch(e.got); m != nil && e.status == http.StatusForbidden {
		for name := range strings.SplitSeq(string(m[1]), " or ") {
			if !slices.Contains(o.Scopes, name) && !slices.Contains(o.More, name) {
				return fmt.Errorf("refused for want of the scope %s, and the document says %s", name, o.Scopes)
			}
		}
	}
	return nil
}
