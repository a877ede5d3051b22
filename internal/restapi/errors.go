package restapi

import (
	"errors"
	"net/http"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
)

// statuses maps the ID of every named error. 422 is what GitHub answers to a
// request that is understood and wrong.
func statuses() map[string]int { //nolint:funlen // it is a table
	return map[string]int{
		"name_invalid":       http.StatusUnprocessableEntity,
		"owner_invalid":      http.StatusUnprocessableEntity,
		"name_without_owner": http.StatusUnprocessableEntity,
		"package_unknown":    http.StatusNotFound,
		"owner_unknown":      http.StatusNotFound,
		"repository_unknown": http.StatusNotFound,
		"team_unknown":       http.StatusNotFound,
		"token_unknown":      http.StatusNotFound,
		"role_unknown":       http.StatusNotFound,
		"hook_unknown":       http.StatusNotFound,
		"delivery_unknown":   http.StatusNotFound,
		"identity_unknown":   http.StatusNotFound,
		"provider_unknown":   http.StatusNotFound,
		"sign_in_invalid":    http.StatusUnprocessableEntity,
		"session_unknown":    http.StatusNotFound,
		"invitation_unknown": http.StatusNotFound,

		"digest_invalid":      http.StatusUnprocessableEntity,
		"digest_mismatch":     http.StatusUnprocessableEntity,
		"size_invalid":        http.StatusUnprocessableEntity,
		"request_too_large":   http.StatusRequestEntityTooLarge,
		"range_unsatisfiable": http.StatusRequestedRangeNotSatisfiable,
		"range_invalid":       http.StatusBadRequest,
		"range_out_of_order":  http.StatusRequestedRangeNotSatisfiable,
		"upload_invalid":      http.StatusUnprocessableEntity,
		"upload_busy":         http.StatusConflict,
		"upload_unknown":      http.StatusNotFound,
		"blob_unknown":        http.StatusNotFound,
		"blob_referenced":     http.StatusConflict,

		"manifest_invalid":      http.StatusUnprocessableEntity,
		"tag_invalid":           http.StatusUnprocessableEntity,
		"manifest_too_large":    http.StatusRequestEntityTooLarge,
		"too_many_tags":         http.StatusRequestEntityTooLarge,
		"manifest_unknown":      http.StatusNotFound,
		"manifest_blob_unknown": http.StatusNotFound,
		"manifest_referenced":   http.StatusConflict,
		"version_unknown":       http.StatusNotFound,
		"delete_refused":        http.StatusBadRequest, // as GitHub does
		"quota_exceeded":        http.StatusForbidden,
		"type_read_only":        http.StatusForbidden,
		"type_off":              http.StatusNotFound,
		"job_unknown":           http.StatusNotFound,
		"tag_protected":         http.StatusForbidden,
		"rule_unknown":          http.StatusNotFound,

		"unauthenticated":     http.StatusUnauthorized,
		"credentials_invalid": http.StatusUnauthorized,
		"scope_missing":       http.StatusUnauthorized,
		"denied":              http.StatusForbidden,

		"second_factor_needed":  http.StatusUnauthorized,
		"second_factor_invalid": http.StatusUnprocessableEntity,

		"route_unknown":      http.StatusNotFound,
		"method_unsupported": http.StatusMethodNotAllowed,
		"owner_exists":       http.StatusConflict,
		"exists":             http.StatusConflict,
		"conflict":           http.StatusConflict,
		"page_invalid":       http.StatusUnprocessableEntity,
		"page_too_deep":      http.StatusBadRequest, // as GitHub does
		"request_invalid":    http.StatusUnprocessableEntity,
		"password_invalid":   http.StatusUnprocessableEntity,
		"token_invalid":      http.StatusUnprocessableEntity,
		"too_many":           http.StatusTooManyRequests,
		"unavailable":        http.StatusServiceUnavailable,
	}
}

// document is GitHub's error body.
type document struct {
	Message          string          `json:"message"`
	DocumentationURL string          `json:"documentation_url"`
	Errors           []documentError `json:"errors,omitempty"`
}

type documentError struct {
	Code string `json:"code"`
}

// documentation is where the routes and their errors are explained.
const documentation = "https://github.com/berth-registry/berth/blob/main/docs/api.md"

// fail prints an error.
func (a *API) fail(w *httpkit.Writer, r *http.Request, err error) {
	status, message, code := explain(w, r, err, a.errors)
	doc := document{Message: message, DocumentationURL: documentation}
	if code != "" {
		doc.Errors = []documentError{{code}}
	}
	_ = writeJSON(w, status, doc)
}

// explain turns an error into a status, a text and the code of the named error, and sets
// the headers that go with it. What is not a named error is our fault, and its text
// stays in the log.
func explain(w *httpkit.Writer, r *http.Request, err error, table map[string]int) (status int, message, code string) {
	status, message = http.StatusInternalServerError, "internal error, request "+w.RequestID()
	var named *berth.Error
	if !errors.As(err, &named) && r.Context().Err() != nil {
		named = berth.ErrUnavailable // whoever asked has gone, which is no fault of ours
	}
	if named != nil {
		if known, ok := table[named.ID]; ok {
			status, message, code = known, named.Msg, named.ID
		}
	}
	if named != nil && named.Hides() {
		w.Level(r.Context())
	}
	switch status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Basic realm="Berth", charset="UTF-8"`)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", httpkit.RetryAfter(named))
	}
	return status, message, code
}
