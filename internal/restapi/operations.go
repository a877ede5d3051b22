package restapi

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
)

// operations describes every route. Who adds a route adds an entry to a file
// operations_*.go, or a file and a line here; a test misses what is forgotten.
func operations() []operation {
	return slices.Concat(
		grouped("packages", packageOperations()),
		grouped("users", userOperations()),
		grouped("signing in", signInOperations()),
		grouped("tokens", tokenOperations()),
		grouped("organizations", orgOperations()),
		grouped("teams", teamOperations()),
		grouped("repositories", repositoryOperations()),
		grouped("names", nameOperations()),
		grouped("keeping", keepingOperations()),
		grouped("webhooks", hookOperations()),
		grouped("audit log", auditOperations()),
		grouped("administration", siteOperations()),
		grouped("document", []operation{{
			route: "GET /openapi.json", id: "getOpenAPI", summary: "Show this document",
			answer: map[string]any{}, also: map[int]any{http.StatusNotModified: nil},
		}}),
	)
}

func grouped(group string, list []operation) []operation {
	for i := range list {
		list[i].group = group
	}
	return list
}

// inPath says what a name in braces stands for. ok is false for unknown ones.
func inPath(name string) (p parameter, ok bool) {
	about := map[string]string{
		"owner":       "the name of a user or an organization",
		"org":         "the name of an organization",
		"user":        "the name of a user or a service account",
		"team":        "the name of a team",
		"repo":        "the name of a repository, without its owner",
		"repo_owner":  "the owner of the repository",
		"package":     "the name of a package, without its owner; a slash in it is sent as %2F",
		"version":     "the number of a version",
		"hook_id":     "the number of a webhook",
		"delivery_id": "the number of a delivery",
		"rule_id":     "the number of a rule on tags",
		"tag":         "a tag",
		"type":        "a type of packages: container",
		"provider":    "the name of an identity provider, as in the configuration",
		"id":          "the number of it",
	}[name]
	kind := "string"
	if name == "version" || strings.HasSuffix(name, "id") {
		kind = "integer"
	}
	return parameter{name, kind, about}, about != ""
}

// Document returns the OpenAPI document. Errors: operations that cannot be described,
// which no request can bring about.
func (a *API) Document() ([]byte, error) { return a.document() }

// documentRoutes tell programs all of this.
func (a *API) documentRoutes() []route {
	a.document = sync.OnceValues(func() ([]byte, error) { return openAPIDocument(operations()) })
	return []route{{"GET", "/openapi.json", a.getDocument}}
}

func (a *API) getDocument(w *httpkit.Writer, r *http.Request, _ berth.Viewer) error {
	body, err := a.document()
	if err != nil {
		return err
	}
	return writeDocument(w, r, body)
}

// writeDocument prints what changes with the program only. Who has it asks whether
// it is still so.
func writeDocument(w *httpkit.Writer, r *http.Request, body []byte) error {
	sum := sha256.Sum256(body)
	etag := `"` + hex.EncodeToString(sum[:16]) + `"`
	h := w.Header()
	h.Set("ETag", etag)
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	if strings.Contains(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(body)
	return err
}

// accepted is the header X-Accepted-OAuth-Scopes of every route.
func accepted() map[string]string {
	headers := map[string]string{}
	for _, o := range operations() {
		headers[o.route] = strings.Join(scopeNames(o.scopes), ", ")
	}
	return headers
}
