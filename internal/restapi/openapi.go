package restapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/berth-registry/berth"
)

// operation describes a route in the OpenAPI document.
type operation struct {
	route   string // as in the table of routes, such as "GET /user"
	id      string // what programs that are made from the document call it
	summary string
	scopes  berth.Scopes // one of which a token needs; 0 where any will do
	more    berth.Scopes // that some requests need besides
	query   []parameter

	body   any         // a value of the type that is read, nil where nothing is
	status int         // of success; 0 is 200, or 204 where nothing is answered
	answer any         // a value of the type that is printed, nil for nothing
	list   any         // the same for the entries of a list that has pages
	also   map[int]any // other answers that are no errors, in the same way
	group  string
}

// either is what is of one of several types.
type either []any

// parameter is a part of the query. Its kind is one of JSON Schema.
type parameter struct{ name, kind, about string }

// openAPI is the document, as far as it is used here.
type openAPI struct {
	OpenAPI    string                              `json:"openapi"`
	Info       apiInfo                             `json:"info"`
	Servers    []apiServer                         `json:"servers"`
	Security   []map[string][]string               `json:"security"`
	Tags       []apiTag                            `json:"tags"`
	Paths      map[string]map[string]*apiOperation `json:"paths"`
	Components apiComponents                       `json:"components"`
}

type apiInfo struct {
	Title       string `json:"title"`
	Version     string `json:"version"`
	Description string `json:"description"`
}

type apiServer struct {
	URL string `json:"url"`
}

type apiTag struct {
	Name string `json:"name"`
}

type apiOperation struct {
	ID         string                  `json:"operationId"`
	Summary    string                  `json:"summary"`
	Tags       []string                `json:"tags"`
	Scopes     []string                `json:"x-accepted-oauth-scopes"`
	More       []string                `json:"x-additional-oauth-scopes,omitempty"`
	Parameters []apiParameter          `json:"parameters,omitempty"`
	Body       *apiBody                `json:"requestBody,omitempty"`
	Responses  map[string]*apiResponse `json:"responses"`
}

type apiParameter struct {
	Name        string             `json:"name"`
	In          string             `json:"in"`
	Required    bool               `json:"required,omitempty"`
	Description string             `json:"description"`
	Schema      *jsonschema.Schema `json:"schema"`
}

type apiBody struct {
	Required bool       `json:"required"`
	Content  apiContent `json:"content"`
}

type apiResponse struct {
	Ref         string               `json:"$ref,omitempty"`
	Description string               `json:"description,omitempty"`
	Headers     map[string]apiHeader `json:"headers,omitempty"`
	Content     *apiContent          `json:"content,omitempty"`
}

type apiHeader struct {
	Description string             `json:"description"`
	Schema      *jsonschema.Schema `json:"schema"`
}

// apiContent is a body. There is JSON, and nothing else.
type apiContent struct {
	JSON struct {
		Schema *jsonschema.Schema `json:"schema"`
	} `json:"application/json"`
}

type apiComponents struct {
	Schemas         map[string]*jsonschema.Schema `json:"schemas"`
	Responses       map[string]*apiResponse       `json:"responses"`
	SecuritySchemes map[string]map[string]string  `json:"securitySchemes"`
}

// aboutAPI says once what is true of all routes.
const aboutAPI = `The REST API of Berth, in the shapes of GitHub's where that has them.

Send an access token as "Authorization: Bearer", or name and password as Basic; who sends neither sees what is public. x-accepted-oauth-scopes lists the scopes of which a token needs one; where the list is empty, any will do. Those in x-additional-oauth-scopes some requests need besides. An answer to a token says the same in the header X-Accepted-OAuth-Scopes, and in X-OAuth-Scopes which the token has.`

// openAPIDocument makes the OpenAPI document of the operations.
func openAPIDocument(list []operation) ([]byte, error) {
	s := newSchemas()
	doc := openAPI{
		OpenAPI:  "3.1.0",
		Info:     apiInfo{"Berth", strings.TrimPrefix(prefix, "/api/v"), aboutAPI},
		Servers:  []apiServer{{prefix}},
		Security: []map[string][]string{{"token": {}}, {"password": {}}, {}},
		Paths:    map[string]map[string]*apiOperation{},
	}
	for i := range list {
		o := &list[i]
		if tag := (apiTag{o.group}); !slices.Contains(doc.Tags, tag) {
			doc.Tags = append(doc.Tags, tag)
		}
		described, err := s.operation(o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.route, err)
		}
		method, path, _ := strings.Cut(o.route, " ")
		path = strings.ReplaceAll(path, "...}", "}")
		if doc.Paths[path] == nil {
			doc.Paths[path] = map[string]*apiOperation{}
		}
		doc.Paths[path][strings.ToLower(method)] = described
	}
	failure, err := s.content(document{})
	if err != nil {
		return nil, err
	}
	s.named["ErrorCode"].Properties["code"].Enum = errorCodes()
	doc.Components = apiComponents{
		Schemas:   s.named,
		Responses: map[string]*apiResponse{"Error": {Description: "It was not done. The code says why.", Content: failure}},
		SecuritySchemes: map[string]map[string]string{
			"token":    {"type": "http", "scheme": "bearer", "description": "An access token, or the token of a session"},
			"password": {"type": "http", "scheme": "basic", "description": "Name and password, or name and access token"},
		},
	}
	return json.Marshal(doc)
}

func (s *schemas) operation(o *operation) (*apiOperation, error) {
	out := &apiOperation{
		ID: o.id, Summary: o.summary, Tags: []string{o.group}, Scopes: scopeNames(o.scopes), More: scopeNames(o.more),
		Responses: map[string]*apiResponse{"default": {Ref: "#/components/responses/Error"}},
	}
	var err error
	if out.Parameters, err = parametersOf(o); err != nil {
		return nil, err
	}
	if o.body != nil {
		content, err := s.content(o.body)
		if err != nil {
			return nil, err
		}
		out.Body = &apiBody{true, *content}
	}
	status, answer := o.outcome()
	if err := s.response(out, status, answer); err != nil {
		return nil, err
	}
	for status, answer := range o.also {
		if err := s.response(out, status, answer); err != nil {
			return nil, err
		}
	}
	if o.list != nil {
		response := out.Responses[strconv.Itoa(status)]
		response.Content.JSON.Schema = &jsonschema.Schema{Type: "array", Items: response.Content.JSON.Schema}
		response.Headers = map[string]apiHeader{"Link": {`rel="next" is where the list goes on; it is missing at the end`, &jsonschema.Schema{Type: "string"}}}
	}
	return out, nil
}

// response describes one answer.
func (s *schemas) response(o *apiOperation, status int, answer any) error {
	response := &apiResponse{Description: http.StatusText(status)}
	o.Responses[strconv.Itoa(status)] = response
	if answer == nil {
		return nil
	}
	var err error
	response.Content, err = s.content(answer)
	return err
}

// outcome is what success looks like.
func (o *operation) outcome() (status int, answer any) {
	answer = o.answer
	if o.list != nil {
		answer = o.list
	}
	switch {
	case o.status != 0:
		return o.status, answer
	case answer == nil:
		return http.StatusNoContent, nil
	}
	return http.StatusOK, answer
}

func (s *schemas) content(v any) (*apiContent, error) {
	var c apiContent
	var err error
	c.JSON.Schema, err = s.of(v)
	return &c, err
}

// scopeNames lists scopes as in a header of ours.
func scopeNames(s berth.Scopes) []string {
	if s == 0 {
		return []string{}
	}
	return strings.Split(s.String(), ",")
}

// parametersOf are those in the path and those of the query.
func parametersOf(o *operation) ([]apiParameter, error) {
	var list []apiParameter
	for part := range strings.SplitSeq(o.route, "/") {
		name, ok := strings.CutPrefix(part, "{")
		if !ok {
			continue
		}
		name = strings.TrimSuffix(strings.TrimSuffix(name, "}"), "...")
		p, ok := inPath(name)
		if !ok {
			return nil, fmt.Errorf("nobody says what {%s} is", name)
		}
		list = append(list, apiParameter{name, "path", true, p.about, &jsonschema.Schema{Type: p.kind}})
	}
	query := o.query
	if o.list != nil {
		query = append(slices.Clone(query),
			parameter{"per_page", "integer", "how many entries a page has, 30 if nothing is said; more than 100 gives 100"},
			parameter{"after", "string", "where the page begins, as the Link of the page before says"},
			parameter{"page", "integer", "1 or nothing: pages have no numbers"})
	}
	for _, p := range query {
		list = append(list, apiParameter{p.name, "query", false, p.about, &jsonschema.Schema{Type: p.kind}})
	}
	return list, nil
}
