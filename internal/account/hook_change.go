package account

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// How webhooks are sent what they are told.
const (
	HookJSON = "json" // as the body
	HookForm = "form" // as the field payload of a form
)

const (
	maxHookSecret  = 1024 // bytes
	sealHookSecret = "secret of a webhook"
)

// HookChange is what is to become of a webhook; nil is as it was.
type HookChange struct {
	URL          *string
	ContentType  *string
	Secret       *string // "" for none
	InsecureSSL  *bool
	Events       []string // all of them
	AddEvents    []string
	RemoveEvents []string
	Active       *bool
}

// sealHookSecret seals a new secret, nil when there is none.
func (s *Service) sealHookSecret(secret *string) []byte {
	if secret == nil || *secret == "" || len(*secret) > maxHookSecret {
		return nil
	}
	return s.sealer.seal(sealHookSecret, []byte(*secret))
}

// OpenHookSecret returns the secret of a webhook as the database has it, for whoever
// signs what is sent. Errors: one without a name when it was sealed with another key.
func (s *Service) OpenHookSecret(sealed []byte) ([]byte, error) {
	return s.sealer.open(sealHookSecret, sealed)
}

// apply changes a webhook and says what has changed, for the audit log, without what
// may be secret. Errors: berth.ErrRequestInvalid.
func (c HookChange) apply(h *meta.Hook, sealed []byte) (string, error) {
	var changes []string
	if c.URL != nil {
		if _, err := berth.ParseHookURL(*c.URL); err != nil {
			return "", err
		}
		if h.URL != *c.URL {
			changes = append(changes, "url: "+hostOf(h.URL)+" -> "+hostOf(*c.URL))
		}
		h.URL = *c.URL
	}
	if c.ContentType != nil {
		if *c.ContentType != HookJSON && *c.ContentType != HookForm {
			return "", berth.ErrRequestInvalid.With("content_type is %.40q, expected json or form", *c.ContentType)
		}
		changes = note(changes, "content type", h.ContentType, *c.ContentType)
		h.ContentType = *c.ContentType
	}
	if c.Secret != nil {
		if len(*c.Secret) > maxHookSecret || !utf8.ValidString(*c.Secret) {
			return "", berth.ErrRequestInvalid.With("the secret is longer than %d bytes, or not UTF-8", maxHookSecret)
		}
		changes = append(changes, "secret")
		h.Secret = sealed
	}
	if c.InsecureSSL != nil {
		changes = note(changes, "insecure ssl", yes(h.InsecureSSL), yes(*c.InsecureSSL))
		h.InsecureSSL = *c.InsecureSSL
	}
	events, err := c.events(h.Events)
	if err != nil {
		return "", err
	}
	changes = note(changes, "events", strings.Join(h.Events, ","), strings.Join(events, ","))
	h.Events = events
	if c.Active != nil {
		changes = note(changes, "active", yes(h.Active), yes(*c.Active))
		h.Active = *c.Active
	}
	return strings.Join(changes, ", "), nil
}

// events returns which events are wanted, given which were.
func (c HookChange) events(were []string) ([]string, error) {
	list := were
	if c.Events != nil {
		list = c.Events
	}
	list = slices.Concat(list, c.AddEvents)
	list = slices.DeleteFunc(list, func(e string) bool { return slices.Contains(c.RemoveEvents, e) })
	return berth.ParseHookEvents(list)
}

// hostOf is an address without what is often a secret in it: the path and the query
// are what chats and builders know their callers by.
func hostOf(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "…"
	}
	host := u.Scheme + "://" + u.Host
	if u.Path == "" && u.RawQuery == "" {
		return host
	}
	return host + "/…"
}
