package ociapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
)

// wireError is how a named error looks to a client.
type wireError struct {
	code   string // of the distribution-spec, "Error Codes"
	status int
}

// wire maps every named error.
func wire(id string) (wireError, bool) {
	switch id {
	case "name_invalid", "owner_invalid":
		return wireError{"NAME_INVALID", http.StatusBadRequest}, true
	case "package_unknown", "owner_unknown":
		return wireError{"NAME_UNKNOWN", http.StatusNotFound}, true
	case "digest_invalid", "digest_mismatch":
		return wireError{"DIGEST_INVALID", http.StatusBadRequest}, true
	case "size_invalid":
		return wireError{"SIZE_INVALID", http.StatusBadRequest}, true
	case "request_too_large":
		return wireError{"SIZE_INVALID", http.StatusRequestEntityTooLarge}, true
	case "range_unsatisfiable":
		return wireError{"SIZE_INVALID", http.StatusRequestedRangeNotSatisfiable}, true
	case "range_invalid", "upload_invalid":
		return wireError{"BLOB_UPLOAD_INVALID", http.StatusBadRequest}, true
	case "range_out_of_order":
		return wireError{"BLOB_UPLOAD_INVALID", http.StatusRequestedRangeNotSatisfiable}, true
	case "upload_busy":
		return wireError{"BLOB_UPLOAD_INVALID", http.StatusConflict}, true
	case "upload_unknown":
		return wireError{"BLOB_UPLOAD_UNKNOWN", http.StatusNotFound}, true
	case "blob_unknown":
		return wireError{"BLOB_UNKNOWN", http.StatusNotFound}, true
	case "manifest_invalid", "tag_invalid":
		return wireError{"MANIFEST_INVALID", http.StatusBadRequest}, true
	case "manifest_too_large":
		return wireError{"MANIFEST_INVALID", http.StatusRequestEntityTooLarge}, true
	case "too_many_tags":
		return wireError{"MANIFEST_INVALID", http.StatusRequestURITooLong}, true
	case "manifest_unknown":
		return wireError{"MANIFEST_UNKNOWN", http.StatusNotFound}, true
	case "manifest_blob_unknown":
		return wireError{"MANIFEST_BLOB_UNKNOWN", http.StatusNotFound}, true
	}
	return wireCommon(id)
}

// wireCommon maps the errors that are not about content.
func wireCommon(id string) (wireError, bool) {
	switch id {
	case "unauthenticated", "credentials_invalid", "scope_missing":
		return wireError{"UNAUTHORIZED", http.StatusUnauthorized}, true
	case "denied":
		return wireError{"DENIED", http.StatusForbidden}, true
	case "manifest_referenced", "blob_referenced", "method_unsupported":
		return wireError{"UNSUPPORTED", http.StatusMethodNotAllowed}, true
	case "route_unknown":
		return wireError{"UNSUPPORTED", http.StatusNotFound}, true
	case "owner_exists":
		return wireError{"UNSUPPORTED", http.StatusConflict}, true
	case "page_invalid", "request_invalid", "password_invalid", "token_invalid":
		return wireError{"UNSUPPORTED", http.StatusBadRequest}, true
	case "too_many":
		return wireError{"TOOMANYREQUESTS", http.StatusTooManyRequests}, true
	case "unavailable":
		return wireError{"UNAVAILABLE", http.StatusServiceUnavailable}, true
	}
	return wireError{}, false
}

// document is the error body of the distribution-spec.
type document struct {
	Errors []documentError `json:"errors"`
}

type documentError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// fail prints an error. What is not a named error is our fault, and its text
// stays in the log.
func (a *API) fail(w *httpkit.Writer, r *http.Request, err error) {
	reply := wireError{"UNKNOWN", http.StatusInternalServerError}
	message := "internal error, request " + w.RequestID()
	var named *berth.Error
	if errors.As(err, &named) {
		if mapped, ok := wire(named.ID); ok {
			reply, message = mapped, named.Msg
		}
	}
	switch reply.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", a.challenge(r, named))
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "5")
	}
	_ = writeJSON(w, reply.status, "application/json", document{[]documentError{{reply.code, message}}})
}

// challenge tells a client where to get a bearer, and for what. It is the only
// challenge: some clients take the first of several, and break.
func (a *API) challenge(r *http.Request, err *berth.Error) string {
	origin := a.origins.Of(r)
	if r.URL.Path == "/token" {
		return `Basic realm="` + origin + `"`
	}
	_, host, _ := strings.Cut(origin, "://")
	c := `Bearer realm="` + origin + `/token",service="` + host + `"`
	if scope := scopeOf(r); scope != "" {
		c += `,scope="` + scope + `"`
	}
	if err != nil && err.ID == berth.ErrScopeMissing.ID {
		c += `,error="insufficient_scope"`
	}
	return c
}

// scopeOf returns what a bearer has to name for a request to be allowed.
func scopeOf(r *http.Request) string {
	p, err := parsePath(r.URL.Path)
	switch {
	case err != nil || p.op == opBase:
		return ""
	case p.op == opCatalog:
		return "registry:catalog:*"
	}
	actions := "pull"
	switch r.Method {
	case http.MethodPut, http.MethodPost, http.MethodPatch:
		actions = "pull,push"
	case http.MethodDelete:
		actions = "pull,delete"
		if p.op == opUpload {
			actions = "pull,push"
		}
	}
	return "repository:" + p.name.String() + ":" + actions
}

// writeJSON is the only function that prints JSON.
func writeJSON(w *httpkit.Writer, status int, contentType string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return writeBody(w, status, contentType, body)
}
