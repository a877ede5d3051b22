package webui

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// row is how a named error looks to a person.
type row struct {
	status int
	title  string
}

// rows maps the ID of every named error.
func rows() map[string]row { //nolint:funlen // it is a table
	invalid := row{http.StatusBadRequest, "That does not work"}
	unknown := row{http.StatusNotFound, "Not found"}
	conflict := row{http.StatusConflict, "That is not possible as things are"}
	tooLarge := row{http.StatusRequestEntityTooLarge, "Too large"}
	signIn := row{http.StatusUnauthorized, "Sign in first"}
	return map[string]row{
		"name_invalid":          invalid,
		"owner_invalid":         {http.StatusBadRequest, "That name does not do"},
		"name_without_owner":    unknown,
		"tag_invalid":           invalid,
		"digest_invalid":        invalid,
		"digest_mismatch":       invalid,
		"size_invalid":          invalid,
		"range_invalid":         invalid,
		"range_out_of_order":    {http.StatusRequestedRangeNotSatisfiable, invalid.title},
		"range_unsatisfiable":   {http.StatusRequestedRangeNotSatisfiable, invalid.title},
		"page_invalid":          invalid,
		"page_too_deep":         invalid,
		"manifest_invalid":      invalid,
		"manifest_too_large":    tooLarge,
		"too_many_tags":         tooLarge,
		"manifest_unknown":      unknown,
		"manifest_blob_unknown": unknown,
		"manifest_referenced":   conflict,
		"version_unknown":       unknown,
		"delete_refused":        conflict,
		"quota_exceeded":        {http.StatusForbidden, "No room"},
		"type_read_only":        {http.StatusForbidden, "Read-only"},
		"type_off":              unknown,
		"job_unknown":           unknown,
		"tag_protected":         {http.StatusForbidden, "Protected"},
		"rule_unknown":          unknown,
		"blob_unknown":          unknown,
		"blob_referenced":       conflict,
		"upload_unknown":        unknown,
		"upload_invalid":        invalid,
		"upload_busy":           conflict,
		"package_unknown":       unknown,
		"repository_unknown":    unknown,
		"team_unknown":          unknown,
		"token_unknown":         unknown,
		"role_unknown":          unknown,
		"hook_unknown":          unknown,
		"delivery_unknown":      unknown,
		"session_unknown":       unknown,
		"identity_unknown":      unknown,
		"provider_unknown":      unknown,
		"invitation_unknown":    {http.StatusNotFound, "This invitation is not good any more"},
		"exists":                conflict,
		"conflict":              conflict,
		"owner_unknown":         unknown,
		"owner_exists":          {http.StatusConflict, "That name is taken"},
		"password_invalid":      {http.StatusBadRequest, "That password does not do"},
		"token_invalid":         invalid,
		"second_factor_invalid": {http.StatusBadRequest, "That code does not do"},
		"second_factor_needed":  signIn,
		"sign_in_invalid":       {http.StatusBadRequest, "Signing in did not work"},
		"unauthenticated":       signIn,
		"credentials_invalid":   {http.StatusUnauthorized, "Signing in did not work"},
		"scope_missing":         signIn,
		"denied":                {http.StatusForbidden, "Not allowed"},
		"request_invalid":       invalid,
		"request_too_large":     tooLarge,
		"route_unknown":         {http.StatusNotFound, "There is no such page"},
		"method_unsupported":    {http.StatusMethodNotAllowed, "This page does not take that"},
		"too_many":              {http.StatusTooManyRequests, "Too many tries"},
		"unavailable":           {http.StatusServiceUnavailable, "Not available just now"},
	}
}

// failure is what a page says about an error.
type failure struct {
	Status  int    `json:"-"`
	ID      string `json:"id"`
	Title   string `json:"-"`
	Text    string `json:"message"`
	Request string `json:"request"`
}

// describe words an error for a person. What is not a named error is our fault, and
// its text stays in the log.
func (u *UI) describe(w *httpkit.Writer, r *http.Request, err error) failure {
	f := failure{http.StatusInternalServerError, "internal", "Something broke on our side", "It was written to the log. Try again, or tell an administrator the number of the request.", w.RequestID()}
	var named *berth.Error
	if !errors.As(err, &named) && r.Context().Err() != nil {
		named = berth.ErrUnavailable // whoever asked has gone, which is no fault of ours
	}
	if named == nil {
		return f
	}
	row, ok := u.rows[named.ID]
	if !ok {
		return f
	}
	if row.status == http.StatusTooManyRequests || row.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", httpkit.RetryAfter(named))
	}
	f.Status, f.ID, f.Title, f.Text = row.status, named.ID, row.title, sentence(named.Msg)
	return f
}

func (f failure) view() view.Failure {
	return view.Failure{Status: f.Status, Title: f.Title, Text: f.Text, Request: f.Request}
}

// sentence makes one of an error's text, which starts with its class. A name of a package
// or an image stays as it is written, also at the start.
func sentence(msg string) string {
	if _, detail, ok := strings.Cut(msg, ": "); ok {
		msg = detail
	}
	if word, _, _ := strings.Cut(msg, " "); strings.ContainsAny(word, "/:@") {
		return msg + "."
	}
	first, size := utf8.DecodeRuneInString(msg)
	return string(unicode.ToUpper(first)) + msg[size:] + "."
}

// fail prints an error as a page, or as JSON to a program.
func (u *UI) fail(w *httpkit.Writer, r *http.Request, err error) {
	f := u.describe(w, r, err)
	r = r.WithContext(context.WithoutCancel(r.Context())) // whoever still reads is to read why
	if r.URL.Path == cliTokenPath {
		_ = writeJSON(w, f.Status, f)
		return
	}
	err = u.show(w, r, w.Viewer, page{status: f.Status, title: f.Title, main: view.Problem(f.view())})
	if err != nil && !w.Sent() { // what broke the page breaks this one too
		http.Error(w, f.Title+". "+f.Text, f.Status)
	}
}

func writeJSON(w *httpkit.Writer, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err = w.Write(body)
	return err
}
