package account

import (
	"context"
	"errors"
	"strings"

	"github.com/berth-registry/berth"
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
// viewer may know: people of the organization, its teams, or repositories ("owner/name").
// Of other users it knows the one who is called just so; administrators are told of all.
// Where the viewer may not know the owner there is nothing.
// Errors: berth.ErrUnauthenticated, berth.ErrRequestInvalid.
func (s *Service) Suggest(ctx context.Context, v berth.Viewer, kind, owner, text string) ([]string, error) {
	if v.Anonymous() {
		return nil, berth.ErrUnauthenticated.With("log in to look for names")
	}
	text = strings.ToLower(strings.TrimSpace(text))
	if len(text) > berth.MaxRepositoryLength || strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") != "" {
		return nil, nil // nothing is called so
	}
	var names []string
	var err error
	switch kind {
	case SuggestUser:
		names, err = s.suggestUsers(ctx, v, owner, text)
	case SuggestTeam:
		list, failed := s.ListTeams(ctx, v, owner, before(text), MaxSuggestions)
		names, err = beginning(list, text, func(t berth.Team) string { return t.Name }), failed
	case SuggestRepository:
		query := RepositoryQuery{Owner: owner, After: strings.ToLower(owner) + "/" + before(text), Limit: MaxSuggestions}
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

// suggestUsers returns all users to an administrator, and else the members of the
// organization and who is called so exactly.
func (s *Service) suggestUsers(ctx context.Context, v berth.Viewer, org, text string) ([]string, error) {
	if text == "" && org == "" {
		return nil, nil
	}
	login := func(u berth.User) string { return u.Login }
	if berth.Can(v, berth.Standing{}, berth.ActionSite) {
		list, err := s.ListUsers(ctx, v, before(text), MaxSuggestions)
		return beginning(list, text, login), err
	}
	members, err := s.ListMembers(ctx, v, org, before(text), MaxSuggestions)
	if err != nil && !errors.Is(err, berth.ErrOwnerUnknown) && !errors.Is(err, berth.ErrOwnerInvalid) {
		return nil, err
	}
	names := beginning(members, text, func(m berth.Member) string { return m.Login })
	if text == "" || len(names) > 0 && strings.EqualFold(names[0], text) {
		return names, nil
	}
	u, err := s.GetUser(ctx, v, text)
	if err != nil || !strings.EqualFold(u.Login, text) { // a name that he had before says nothing here
		return names, err
	}
	return append([]string{u.Login}, names[:min(len(names), MaxSuggestions-1)]...), nil
}

// before returns a text that stands just before all names that begin with another, so
// that a list goes on with those. Names are made of few characters, all after the
// space and before the tilde.
func before(text string) string {
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
