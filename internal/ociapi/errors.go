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

// wireErrors maps the ID of every named error. Where the distribution-spec has no
// code for a failure, it is UNSUPPORTED, and the status and the text say more.
func wireErrors() map[string]wireError { //nolint:funlen // it is a table
	return map[string]wireError{
		"name_invalid":  {"NAME_INVALID", http.StatusBadRequest},
		"owner_invalid": {"NAME_INVALID", http.StatusBadRequest},
		// docker repeats a push for most of a minute unless it hears this code.
		"name_without_owner": {"NAME_UNKNOWN", http.StatusNotFound},
		"package_unknown":    {"NAME_UNKNOWN", http.StatusNotFound},
		"owner_unknown":      {"NAME_UNKNOWN", http.StatusNotFound},
		"repository_unknown": {"NAME_UNKNOWN", http.StatusNotFound},
		"team_unknown":       {"NAME_UNKNOWN", http.StatusNotFound},
		"token_unknown":      {"UNSUPPORTED", http.StatusNotFound},
		"role_unknown":       {"UNSUPPORTED", http.StatusNotFound},
		"hook_unknown":       {"UNSUPPORTED", http.StatusNotFound},
		"delivery_unknown":   {"UNSUPPORTED", http.StatusNotFound},

		"digest_invalid":      {"DIGEST_INVALID", http.StatusBadRequest},
		"digest_mismatch":     {"DIGEST_INVALID", http.StatusBadRequest},
		"size_invalid":        {"SIZE_INVALID", http.StatusBadRequest},
		"request_too_large":   {"SIZE_INVALID", http.StatusRequestEntityTooLarge},
		"range_unsatisfiable": {"SIZE_INVALID", http.StatusRequestedRangeNotSatisfiable},
		"range_invalid":       {"BLOB_UPLOAD_INVALID", http.StatusBadRequest},
		"range_out_of_order":  {"BLOB_UPLOAD_INVALID", http.StatusRequestedRangeNotSatisfiable},
		"upload_invalid":      {"BLOB_UPLOAD_INVALID", http.StatusBadRequest},
		"upload_busy":         {"BLOB_UPLOAD_INVALID", http.StatusConflict},
		"upload_unknown":      {"BLOB_UPLOAD_UNKNOWN", http.StatusNotFound},
		"blob_unknown":        {"BLOB_UNKNOWN", http.StatusNotFound},
		"blob_referenced":     {"UNSUPPORTED", http.StatusMethodNotAllowed},

		"manifest_invalid":      {"MANIFEST_INVALID", http.StatusBadRequest},
		"tag_invalid":           {"MANIFEST_INVALID", http.StatusBadRequest},
		"manifest_too_large":    {"MANIFEST_INVALID", http.StatusRequestEntityTooLarge},
		"too_many_tags":         {"MANIFEST_INVALID", http.StatusRequestURITooLong},
		"manifest_unknown":      {"MANIFEST_UNKNOWN", http.StatusNotFound},
		"manifest_blob_unknown": {"MANIFEST_BLOB_UNKNOWN", http.StatusNotFound},
		"manifest_referenced":   {"UNSUPPORTED", http.StatusMethodNotAllowed},
		"version_unknown":       {"MANIFEST_UNKNOWN", http.StatusNotFound},
		"delete_refused":        {"UNSUPPORTED", http.StatusMethodNotAllowed},
		"quota_exceeded":        {"DENIED", http.StatusForbidden},
		"type_read_only":        {"DENIED", http.StatusForbidden},
		"type_off":              {"NAME_UNKNOWN", http.StatusNotFound}, // which clients do not repeat
		"job_unknown":           {"UNSUPPORTED", http.StatusNotFound},
		"tag_protected":         {"DENIED", http.StatusForbidden},
		"rule_unknown":          {"UNSUPPORTED", http.StatusNotFound},

		"unauthenticated":     {"UNAUTHORIZED", http.StatusUnauthorized},
		"credentials_invalid": {"UNAUTHORIZED", http.StatusUnauthorized},
		"scope_missing":       {"UNAUTHORIZED", http.StatusUnauthorized},
		"denied":              {"DENIED", http.StatusForbidden},

		"second_factor_needed":  {"UNAUTHORIZED", http.StatusUnauthorized},
		"second_factor_invalid": {"UNSUPPORTED", http.StatusBadRequest},

		"route_unknown":      {"UNSUPPORTED", http.StatusNotFound},
		"method_unsupported": {"UNSUPPORTED", http.StatusMethodNotAllowed},
		"owner_exists":       {"UNSUPPORTED", http.StatusConflict},
		"session_unknown":    {"UNSUPPORTED", http.StatusNotFound},
		"invitation_unknown": {"UNSUPPORTED", http.StatusNotFound},
		"exists":             {"UNSUPPORTED", http.StatusConflict},
		"conflict":           {"UNSUPPORTED", http.StatusConflict},
		"page_invalid":       {"UNSUPPORTED", http.StatusBadRequest},
		"page_too_deep":      {"UNSUPPORTED", http.StatusBadRequest},
		"request_invalid":    {"UNSUPPORTED", http.StatusBadRequest},
		"password_invalid":   {"UNSUPPORTED", http.StatusBadRequest},
		"token_invalid":      {"UNSUPPORTED", http.StatusBadRequest},
		"identity_unknown":   {"UNSUPPORTED", http.StatusNotFound},
		"provider_unknown":   {"UNSUPPORTED", http.StatusNotFound},
		"sign_in_invalid":    {"UNSUPPORTED", http.StatusBadRequest},
		"too_many":           {"TOOMANYREQUESTS", http.StatusTooManyRequests},
		"unavailable":        {"UNAVAILABLE", http.StatusServiceUnavailable},
	}
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
	if !errors.As(err, &named) && r.Context().Err() != nil {
		named = berth.ErrUnavailable // whoever asked has gone, which is no fault of ours
	}
	if named != nil {
		if mapped, ok := a.errors[named.ID]; ok {
			reply, message = mapped, named.Msg
		}
	}
	if named != nil && named.Hides() && w.Package != "" {
		w.Level(r.Context())
	}
	switch reply.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", a.challenge(r, named))
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", httpkit.RetryAfter(named))
	}
	_ = writeJSON(w, reply.status, "application/json", document{[]documentError{{reply.code, message}}})
}

// challenge tells a client where to get a bearer, and for what. It is the only
// challenge: some clients take the first of several, and break.
func (a *API) challenge(r *http.Request, err error) string {
	origin := a.origins.Of(r)
	if r.URL.Path == "/token" {
		return `Basic realm="` + origin + `"`
	}
	_, host, _ := strings.Cut(origin, "://")
	c := `Bearer realm="` + origin + `/token",service="` + host + `"`
	if scope := scopeOf(r); scope != "" {
		c += `,scope="` + scope + `"`
	}
	// A client that is not told that its bearer is no good sends it again.
	if scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "bearer") {
		reason := "insufficient_scope"
		if errors.Is(err, berth.ErrCredentialsInvalid) {
			reason = "invalid_token"
		}
		c += `,error="` + reason + `"`
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
	switch {
	case p.op == opUpload, p.op == opUploads, r.Method == http.MethodPut:
		actions = "pull,push"
	case r.Method == http.MethodDelete:
		actions = "pull,delete"
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
