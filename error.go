package berth

import (
	"errors"
	"fmt"
	"time"
)

// Kind is the class of a failure: what a caller may do about it, independent of
// protocol. Each face maps kinds or IDs to its own status codes.
type Kind int

// The kinds of failure.
const (
	KindInternal        Kind = iota // our fault; details are logged, never sent
	KindInvalid                     // the request is malformed
	KindNotFound                    // no such thing, or none that the viewer may see
	KindConflict                    // the state of the thing forbids it
	KindUnauthenticated             // say who you are
	KindDenied                      // we know who you are, and you may not
	KindTooLarge                    // a limit on size was exceeded
	KindRange                       // a range cannot be satisfied
	KindUnsupported                 // not offered here
	KindTooMany                     // slow down
	KindUnavailable                 // try again later
)

// Error is a failure with a meaning. ID is public and stable; Msg is safe to
// show to the client. The cause is logged and never sent.
type Error struct {
	Kind Kind
	ID   string
	Msg  string

	err error
}

// Error returns the public message followed by the private cause, for logs.
func (e *Error) Error() string {
	if e.err != nil {
		return e.Msg + ": " + e.err.Error()
	}
	return e.Msg
}

// Unwrap returns the private cause.
func (e *Error) Unwrap() error { return e.err }

// Is reports whether target is the same named error, whatever its detail.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.ID == e.ID
}

// Hides reports whether the failure may stand for something that the viewer must
// not know to be there.
func (e *Error) Hides() bool {
	switch e.ID { // told to those who could do it else, or to everybody
	case ErrTypeReadOnly.ID, ErrTypeOff.ID, ErrQuotaExceeded.ID:
		return false
	}
	switch e.Kind {
	case KindUnauthenticated:
		return true
	case KindDenied:
		return e.ID != ErrTagProtected.ID // told to those who may push or delete
	case KindNotFound:
		return e.ID != ErrManifestUnknown.ID && e.ID != ErrBlobUnknown.ID && e.ID != ErrVersionUnknown.ID // told to those who may read the package
	default:
		return false
	}
}

// With returns a copy of e whose public message goes on with the given detail.
func (e *Error) With(format string, args ...any) *Error {
	c := *e
	c.Msg = e.Msg + ": " + fmt.Sprintf(format, args...)
	return &c
}

// Because returns a copy of e that carries a private cause.
func (e *Error) Because(err error) *Error {
	c := *e
	c.err = err
	return &c
}

// After returns a copy of e that says how long to wait before another try.
func (e *Error) After(wait time.Duration) *Error { return e.Because(&waitError{wait, e.err}) }

// RetryAfter returns how long to wait before another try, 0 when nobody said.
func (e *Error) RetryAfter() time.Duration {
	if w, ok := errors.AsType[*waitError](e.err); ok {
		return w.wait
	}
	return 0
}

// waitError carries a time to wait among the causes of an error.
type waitError struct {
	wait time.Duration
	err  error
}

func (w *waitError) Error() string { return "wait " + w.wait.String() }
func (w *waitError) Unwrap() error { return w.err }

// The named errors. Every one has a row in the error table of every face.
var (
	ErrNameInvalid         = &Error{KindInvalid, "name_invalid", "package name invalid", nil}
	ErrNameWithoutOwner    = &Error{KindNotFound, "name_without_owner", "package name has no owner", nil}
	ErrTagInvalid          = &Error{KindInvalid, "tag_invalid", "tag invalid", nil}
	ErrDigestInvalid       = &Error{KindInvalid, "digest_invalid", "digest invalid", nil}
	ErrDigestMismatch      = &Error{KindInvalid, "digest_mismatch", "content does not match the digest", nil}
	ErrSizeInvalid         = &Error{KindInvalid, "size_invalid", "length invalid", nil}
	ErrRangeInvalid        = &Error{KindInvalid, "range_invalid", "range invalid", nil}
	ErrRangeOutOfOrder     = &Error{KindRange, "range_out_of_order", "chunk out of order", nil}
	ErrRangeUnsatisfiable  = &Error{KindRange, "range_unsatisfiable", "requested range lies outside the blob", nil}
	ErrPageInvalid         = &Error{KindInvalid, "page_invalid", "page parameter invalid", nil}
	ErrPageTooDeep         = &Error{KindInvalid, "page_too_deep", "page lies too deep in the list", nil}
	ErrManifestInvalid     = &Error{KindInvalid, "manifest_invalid", "manifest invalid", nil}
	ErrManifestTooLarge    = &Error{KindTooLarge, "manifest_too_large", "manifest too large", nil}
	ErrTooManyTags         = &Error{KindTooLarge, "too_many_tags", "too many tags in one request", nil}
	ErrManifestUnknown     = &Error{KindNotFound, "manifest_unknown", "manifest unknown", nil}
	ErrManifestBlobUnknown = &Error{KindNotFound, "manifest_blob_unknown", "manifest refers to content that this package does not have", nil}
	ErrManifestReferenced  = &Error{KindConflict, "manifest_referenced", "manifest is part of an index", nil}
	ErrBlobUnknown         = &Error{KindNotFound, "blob_unknown", "blob unknown", nil}
	ErrBlobReferenced      = &Error{KindConflict, "blob_referenced", "blob is needed by a manifest", nil}
	ErrUploadUnknown       = &Error{KindNotFound, "upload_unknown", "upload unknown", nil}
	ErrUploadInvalid       = &Error{KindInvalid, "upload_invalid", "upload invalid", nil}
	ErrUploadBusy          = &Error{KindConflict, "upload_busy", "another request is writing to this upload", nil}
	ErrPackageUnknown      = &Error{KindNotFound, "package_unknown", "package unknown", nil}
	ErrOwnerUnknown        = &Error{KindNotFound, "owner_unknown", "owner unknown", nil}
	ErrRepositoryUnknown   = &Error{KindNotFound, "repository_unknown", "repository unknown", nil}
	ErrTeamUnknown         = &Error{KindNotFound, "team_unknown", "team unknown", nil}
	ErrTokenUnknown        = &Error{KindNotFound, "token_unknown", "token unknown", nil}
	ErrHookUnknown         = &Error{KindNotFound, "hook_unknown", "webhook unknown", nil}
	ErrDeliveryUnknown     = &Error{KindNotFound, "delivery_unknown", "delivery unknown", nil}
	ErrRoleUnknown         = &Error{KindNotFound, "role_unknown", "no such role was given", nil}
	ErrVersionUnknown      = &Error{KindNotFound, "version_unknown", "version unknown", nil}
	ErrDeleteRefused       = &Error{KindConflict, "delete_refused", "it cannot be deleted", nil}
	ErrTypeReadOnly        = &Error{KindDenied, "type_read_only", "packages are read-only", nil}
	ErrTypeOff             = &Error{KindNotFound, "type_off", "packages are switched off", nil}
	ErrQuotaExceeded       = &Error{KindDenied, "quota_exceeded", "storage quota exceeded", nil}
	ErrJobUnknown          = &Error{KindNotFound, "job_unknown", "job unknown", nil}
	ErrTagProtected        = &Error{KindDenied, "tag_protected", "tag protected", nil}
	ErrRuleUnknown         = &Error{KindNotFound, "rule_unknown", "no such rule", nil}
	ErrExists              = &Error{KindConflict, "exists", "it is there already", nil}
	ErrConflict            = &Error{KindConflict, "conflict", "the state of things forbids it", nil}
	ErrOwnerExists         = &Error{KindConflict, "owner_exists", "name is taken", nil}
	ErrOwnerInvalid        = &Error{KindInvalid, "owner_invalid", "owner name invalid", nil}
	ErrPasswordInvalid     = &Error{KindInvalid, "password_invalid", "password not acceptable", nil}
	ErrTokenInvalid        = &Error{KindInvalid, "token_invalid", "token request invalid", nil}
	ErrIdentityUnknown     = &Error{KindNotFound, "identity_unknown", "identity unknown", nil}
	ErrProviderUnknown     = &Error{KindNotFound, "provider_unknown", "identity provider unknown", nil}
	ErrSignInInvalid       = &Error{KindInvalid, "sign_in_invalid", "sign-in not completed", nil}
	ErrSessionUnknown      = &Error{KindNotFound, "session_unknown", "session unknown", nil}
	ErrInvitationUnknown   = &Error{KindNotFound, "invitation_unknown", "invitation unknown", nil}
	ErrSecondFactorInvalid = &Error{KindInvalid, "second_factor_invalid", "second factor not accepted", nil}
	ErrSecondFactorNeeded  = &Error{KindUnauthenticated, "second_factor_needed", "second factor needed", nil}
	ErrUnauthenticated     = &Error{KindUnauthenticated, "unauthenticated", "authentication required", nil}
	ErrCredentialsInvalid  = &Error{KindUnauthenticated, "credentials_invalid", "credentials not accepted", nil}
	ErrScopeMissing        = &Error{KindUnauthenticated, "scope_missing", "the bearer token does not cover this", nil}
	ErrDenied              = &Error{KindDenied, "denied", "requested access is denied", nil}
	ErrRequestInvalid      = &Error{KindInvalid, "request_invalid", "request invalid", nil}
	ErrRequestTooLarge     = &Error{KindTooLarge, "request_too_large", "request too large", nil}
	ErrRouteUnknown        = &Error{KindNotFound, "route_unknown", "no such address", nil}
	ErrMethodUnsupported   = &Error{KindUnsupported, "method_unsupported", "method not supported here", nil}
	ErrTooMany             = &Error{KindTooMany, "too_many", "too many requests", nil}
	ErrUnavailable         = &Error{KindUnavailable, "unavailable", "temporarily unavailable", nil}
)

// Errors lists every named error, so that a face can prove that it maps all.
func Errors() []*Error {
	return []*Error{
		ErrNameInvalid, ErrNameWithoutOwner, ErrTagInvalid, ErrDigestInvalid, ErrDigestMismatch, ErrSizeInvalid,
		ErrRangeInvalid, ErrRangeOutOfOrder, ErrRangeUnsatisfiable, ErrPageInvalid, ErrPageTooDeep,
		ErrManifestInvalid, ErrManifestTooLarge, ErrTooManyTags, ErrManifestUnknown, ErrManifestBlobUnknown, ErrManifestReferenced,
		ErrBlobUnknown, ErrBlobReferenced, ErrUploadUnknown, ErrUploadInvalid, ErrUploadBusy,
		ErrPackageUnknown, ErrRepositoryUnknown, ErrTeamUnknown, ErrTokenUnknown, ErrHookUnknown, ErrDeliveryUnknown, ErrRoleUnknown,
		ErrVersionUnknown, ErrDeleteRefused, ErrTypeReadOnly, ErrTypeOff, ErrQuotaExceeded, ErrJobUnknown,
		ErrTagProtected, ErrRuleUnknown,
		ErrExists, ErrConflict, ErrOwnerUnknown, ErrOwnerExists, ErrOwnerInvalid, ErrPasswordInvalid, ErrTokenInvalid,
		ErrIdentityUnknown, ErrProviderUnknown, ErrSignInInvalid,
		ErrSessionUnknown, ErrInvitationUnknown, ErrSecondFactorInvalid, ErrSecondFactorNeeded,
		ErrUnauthenticated, ErrCredentialsInvalid, ErrScopeMissing, ErrDenied,
		ErrRequestInvalid, ErrRequestTooLarge, ErrRouteUnknown, ErrMethodUnsupported, ErrTooMany, ErrUnavailable,
	}
}
