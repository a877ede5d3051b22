package apicheck

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/restapi"
)

// The document is one of OpenAPI 3.1, by the schema that its makers publish, and
// what is in it are schemas of JSON Schema 2020-12.
func TestDocumentIsValid(t *testing.T) {
	t.Parallel()
	text, err := restapi.NewLocal(nil, nil, nil, httpkit.Origins{}).Document()
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open("testdata/openapi-3.1.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	meta, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	const id = "https://spec.openapis.org/oas/3.1/schema/2022-10-07"
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(id, meta); err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiler.MustCompile(id).Validate(value); err != nil {
		t.Error(err)
	}
	checker, err := New(text)
	if err != nil {
		t.Fatal(err)
	}
	schemas := value.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any)
	for name := range schemas {
		if _, err := checker.schema("/components/schemas/" + name); err != nil {
			t.Error(err)
		}
		if n := strings.Count(string(text), `"#/components/schemas/`+name+`"`); n == 0 {
			t.Errorf("nothing refers to %s", name)
		}
	}
	broken := bytes.Replace(text, []byte(`"operationId"`), []byte(`"operationID"`), 1)
	if value, err = jsonschema.UnmarshalJSON(bytes.NewReader(broken)); err != nil {
		t.Fatal(err)
	}
	if compiler.MustCompile(id).Validate(value) == nil {
		t.Error("a document with an unknown field is valid")
	}
}

const small = `{
	"servers": [{"url": "/api"}],
	"paths": {
		"/things/{thing}": {
			"get": {"responses": {
				"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
				"default": {"$ref": "#/components/responses/Error"}}},
			"put": {
				"x-accepted-oauth-scopes": ["admin", "user"],
				"parameters": [{"name": "thing", "in": "path"}, {"name": "how", "in": "query"}],
				"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
				"responses": {"204": {}, "default": {"$ref": "#/components/responses/Error"}}}}},
	"components": {
		"schemas": {"Thing": {"type": "object", "properties": {"at": {"type": "string", "format": "date-time"}}, "required": ["at"], "additionalProperties": false}},
		"responses": {"Error": {"content": {"application/json": {"schema": {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"], "additionalProperties": false}}}}}}}`

// Whatever the document says otherwise is reported.
func TestWatchBites(t *testing.T) {
	t.Parallel()
	const (
		thing   = `{"at": "2026-01-31T12:00:00Z"}`
		failure = `{"message": "no"}`
		refused = `{"message": "the token of user ada has the scopes read:user, delete needs delete:packages or user; make a token that has it"}`
	)
	for _, test := range []struct {
		request, sent string
		status        int
		headers, got  string // pairs
		want          string // in the report, "" for none
	}{
		{"GET /api/things/1", "", 200, "Content-Type: application/json; charset=utf-8", thing, ""},
		{"HEAD /api/things/1", "", 200, "Content-Type: application/json", "", ""},
		{"GET /api/things/1", "", 404, "Content-Type: application/json", failure, ""},
		{"GET /api/none", "", 404, "Content-Type: application/json", failure, ""},
		{"GET /other/none", "", 200, "", "hello", ""},
		{"PUT /api/things/1?how=x", thing, 204, "", "", ""},
		{"PUT /api/things/1?what=x", "junk", 422, "Content-Type: application/json", failure, ""},
		{"PUT /api/things/1", thing, 204, "X-OAuth-Scopes: read:user, user\nX-Accepted-OAuth-Scopes: admin, user", "", ""},
		{"GET /api/things/1", "", 200, "Content-Type: application/json", `{"at": "2026-01-31T12:00:00Z", "more": 1}`, "additional properties 'more'"},
		{"GET /api/things/1", "", 200, "Content-Type: application/json", `{}`, "missing property 'at'"},
		{"GET /api/things/1", "", 200, "Content-Type: application/json", `{"at": "today"}`, "date-time"},
		{"GET /api/things/1", "", 200, "Content-Type: application/json", `{`, "no JSON"},
		{"GET /api/things/1", "", 200, "Content-Type: text/plain", thing, "Content-Type"},
		{"GET /api/things/1", "", 201, "Content-Type: application/json", thing, "status 201"},
		{"GET /api/things/1", "", 302, "", "", "status 302"},
		{"GET /api/things/1", "", 404, "Content-Type: text/plain", "404", "Content-Type"},
		{"GET /api/things/1", "", 500, "Content-Type: application/json", thing, "missing property 'message'"},
		{"GET /api/none", "", 200, "Content-Type: application/json", thing, "no operation"},
		{"GET /api/none", "", 404, "Content-Type: text/plain", "404", "Content-Type"},
		{"DELETE /api/things/1", "", 204, "", "", "no operation"},
		{"PUT /api/things/1", thing, 204, "Content-Type: application/json", "", "has a body"},
		{"PUT /api/things/1", `{"at": 3}`, 204, "", "", "the request is not as"},
		{"PUT /api/things/1", "", 204, "", "", "the request is no JSON"},
		{"PUT /api/things/1?what=x", thing, 204, "", "", `parameter "what"`},
		{"PUT /api/things/1", thing, 204, "X-OAuth-Scopes: user", "", "X-Accepted-OAuth-Scopes"},
		{"PUT /api/things/1", thing, 204, "X-OAuth-Scopes: user\nX-Accepted-OAuth-Scopes: user", "", `want "admin, user"`},
		{"PUT /api/things/1", thing, 204, "X-OAuth-Scopes: read:user\nX-Accepted-OAuth-Scopes: admin, user", "", "accepted of a token"},
		{"PUT /api/things/1", thing, 403, "Content-Type: application/json\nX-OAuth-Scopes: read:user\nX-Accepted-OAuth-Scopes: admin, user", refused, "the scope delete:packages"},
	} {
		var got []string
		next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if sent, err := io.ReadAll(r.Body); err != nil || string(sent) != test.sent {
				t.Errorf("%s: read %q, %v", test.request, sent, err)
			}
			for line := range strings.SplitSeq(test.headers, "\n") {
				if name, value, ok := strings.Cut(line, ": "); ok {
					w.Header().Set(name, value)
				}
			}
			w.WriteHeader(test.status)
			_, _ = io.WriteString(w, test.got)
		})
		watched := Watch(next, "/api", Once(func() ([]byte, error) { return []byte(small), nil }), func(err error) { got = append(got, err.Error()) })
		method, path, _ := strings.Cut(test.request, " ")
		w := httptest.NewRecorder()
		watched.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(test.sent)))
		if w.Code != test.status || w.Body.String() != test.got {
			t.Errorf("%s: answered %d %q", test.request, w.Code, w.Body)
		}
		all := strings.Join(got, "\n")
		if (all == "") != (test.want == "") || !strings.Contains(all, test.want) {
			t.Errorf("%s %d %q: reported %q, want %q", test.request, test.status, test.got, all, test.want)
		}
	}
}
