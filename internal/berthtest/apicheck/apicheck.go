// Package apicheck compares what a server answers with its OpenAPI document, so that
// the document cannot lag behind. Only tests use it.
package apicheck

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Checker knows a document.
type Checker struct {
	mux        *http.ServeMux // finds the operation of a request
	operations map[string]*operation

	mu       sync.Mutex // over what follows
	compiler *jsonschema.Compiler
}

// operation is what the document says of one.
type operation struct {
	Scopes     []string                    `json:"x-accepted-oauth-scopes"`
	More       []string                    `json:"x-additional-oauth-scopes"`
	Parameters []struct{ Name, In string } `json:"parameters"`
	Body       *body                       `json:"requestBody"`
	Responses  map[string]*body            `json:"responses"`

	pointer string // where it is in the document
}

// body is what is sent one way or the other.
type body struct {
	Ref     string                     `json:"$ref"`
	Content map[string]json.RawMessage `json:"content"`
}

// document is what is read of one.
type document struct {
	Servers []struct{ URL string }
	Paths   map[string]map[string]*operation
}

// address stands for the document's own.
const address = "https://berth.test/openapi.json"

// New reads a document. Errors: that it is no JSON, or has not one server.
func New(text []byte) (*Checker, error) {
	var doc document
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	if len(doc.Servers) != 1 {
		return nil, fmt.Errorf("the document has %d servers", len(doc.Servers))
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := &Checker{mux: http.NewServeMux(), operations: map[string]*operation{}, compiler: jsonschema.NewCompiler()}
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource(address, whole); err != nil {
		return nil, err
	}
	for path, methods := range doc.Paths {
		for method, o := range methods {
			o.pointer = "/paths/" + escape(path) + "/" + method
			pattern := strings.ToUpper(method) + " " + doc.Servers[0].URL + path
			c.operations[pattern] = o
			c.mux.Handle(pattern, http.NotFoundHandler())
		}
	}
	return c, nil
}

// escape makes a key a part of a JSON pointer in a URL.
func escape(key string) string {
	return url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(key))
}

// schema returns the schema at a place in the document.
func (c *Checker) schema(pointer string) (*jsonschema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.compiler.Compile(address + "#" + pointer)
}
