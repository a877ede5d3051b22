package account

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	maxDescription = 512  // runes
	maxWebURL      = 2048 // bytes
)

// apply changes a repository and says what has changed, for the audit log.
// Errors: berth.ErrRequestInvalid.
func (c RepositoryChange) apply(r *meta.Repository) (changes []string, err error) {
	if c.Name != nil {
		folded, err := berth.ParseRepository(*c.Name)
		if err != nil {
			return nil, err
		}
		changes = note(changes, "name", r.Name, *c.Name)
		r.Name, r.Folded = *c.Name, folded
	}
	if c.Visibility != nil {
		if _, err := berth.ParseVisibility(string(*c.Visibility)); err != nil {
			return nil, err
		}
		changes = note(changes, "visibility", string(r.Visibility), string(*c.Visibility))
		r.Visibility = *c.Visibility
	}
	if c.Description != nil {
		if err := checkLine("description", *c.Description, maxDescription); err != nil {
			return nil, err
		}
		if r.Description != *c.Description {
			changes = append(changes, "description")
		}
		r.Description = *c.Description
	}
	if c.WebURL != nil {
		if err := checkWebURL(*c.WebURL); err != nil {
			return nil, err
		}
		changes = note(changes, "web address", r.WebURL, *c.WebURL)
		r.WebURL = *c.WebURL
	}
	return changes, nil
}

func note(changes []string, what, from, to string) []string {
	if from == to {
		return changes
	}
	return append(changes, what+": "+from+" -> "+to)
}

// checkLine refuses what is not one line of so many characters.
func checkLine(what, s string, limit int) error {
	switch {
	case !utf8.ValidString(s):
		return berth.ErrRequestInvalid.With("the %s is not UTF-8", what)
	case strings.ContainsFunc(s, misleading):
		return berth.ErrRequestInvalid.With("the %s has control characters; write one line", what)
	case utf8.RuneCountInString(s) > limit:
		return berth.ErrRequestInvalid.With("the %s is longer than %d characters", what, limit)
	}
	return nil
}

// misleading reports whether a character must not stand in a line of text: it controls
// something, or turns the direction of writing around, so that the line, or what follows
// it on a page, seems to say something else.
func misleading(r rune) bool {
	return unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// checkWebURL refuses what is no address of a page, "" excepted.
func checkWebURL(s string) error {
	if s == "" {
		return nil
	}
	if len(s) > maxWebURL {
		return berth.ErrRequestInvalid.With("the web address is longer than %d bytes", maxWebURL)
	}
	if err := checkLine("web address", s, maxWebURL); err != nil {
		return err
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return berth.ErrRequestInvalid.With("the web address is not like https://git.example.com/acme/web")
	}
	if u.User != nil {
		return berth.ErrRequestInvalid.With("the web address has a user name in it; everybody could read it")
	}
	return nil
}
