package account

import (
	"context"
	"errors"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// MaxSuggestions is how many names are suggested at once.
const MaxSuggestions = 10

// The kinds of names that are suggested.
const (
	SuggestUser       = "user"
	SuggestTeam       = "team"
	SuggestRepository = "repository"
)

// Suggest returns names that begin with a text, of what belongs to an owner and the
// viewer may know: teams, repositories ("owner/name"), or users, whoever they belong to.
// Where the viewer may not know the owner there is nothing.
// Errors: berth.ErrUnauthenticated, berth.ErrRequestInvalid.
func (s *Service) Suggest(ctx context.Context, v berth.Viewer, kind, owner, text string) ([]string, error) {
	if v.Anonymous() {
		return nil, berth.ErrUnauthenticated.With("log in to look for names")
	}
	text = strings.ToLower(strings.TrimSpace(text))
	if len(text) > berth.MaxRepositoryLength || strings.Trim(text, nameLetters) != "" {
		return nil, nil // nothing is called so
	}
	var names []string
	var err error
	switch kind {
	case SuggestUser:
		names, err = s.suggestUsers(ctx, v, owner, text)
	case SuggestTeam:
		names, err = s.suggestTeams(ctx, v, owner, text)
	case SuggestRepository:
		query := RepositoryQuery{Owner: owner, After: strings.ToLower(owner) + "/" + nameBefore(text), Limit: MaxSuggestions}
		list, failed := s.ListRepositories(ctx, v, query)
		for _, r := range list {
			if strings.HasPrefix(strings.ToLower(r.Name), text) {
				names = append(names, r.FullName())
			}
		}
		err = failed
	default:
		return nil, berth.ErrRequestInvalid.With("kind is %.40q; use user, team or repository", kind)
	}
	if errors.Is(err, berth.ErrOwnerUnknown) || errors.Is(err, berth.ErrOwnerInvalid) || errors.Is(err, berth.ErrDenied) {
		return nil, nil
	}
	return names, err
}

func (s *Service) suggestTeams(ctx context.Context, v berth.Viewer, org, text string) ([]string, error) {
	var list []berth.Team
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		o, err := s.org(ctx, tx, v, org, berth.ActionReadOrg)
		if err == nil {
			list, err = tx.ListTeams(ctx, o.ID, nameBefore(text), MaxSuggestions)
		}
		return err
	})
	return beginning(list, text, func(t berth.Team) string { return t.Name }), err
}

// suggestUsers returns whom [Service.Search] finds, and members of the organization
// before anything is typed.
func (s *Service) suggestUsers(ctx context.Context, v berth.Viewer, org, text string) ([]string, error) {
	if text == "" {
		members, err := s.ListMembers(ctx, v, org, "", MaxSuggestions)
		return beginning(members, text, func(m berth.Member) string { return m.Login }), err
	}
	found, _, err := s.Search(ctx, v, text, 3*MaxSuggestions) // organizations are among them
	var names []string
	for _, f := range found {
		if f.Kind != OwnerOrg && len(names) < MaxSuggestions {
			names = append(names, f.Name)
		}
	}
	return names, err
}

// nameLetters are what names are made of, folded.
const nameLetters = "abcdefghijklmnopqrstuvwxyz0123456789-_."

// nameBefore returns a text that stands just before all names that begin with another, so
// that a list goes on with those. Names are made of few characters, all after the
// space and before the tilde.
func nameBefore(text string) string {
	if text == "" {
		return ""
	}
	last := len(text) - 1
	return text[:last] + string(text[last]-1) + "~"
}

// beginning returns the names of those that begin with a text.
func beginning[T any](list []T, text string, name func(T) string) []string {
	var names []string
	for _, x := range list {
		if n := name(x); strings.HasPrefix(strings.ToLower(n), text) {
			names = append(names, n)
		}
	}
	return names
}
