package registry

import (
	"context"
	"slices"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// Grant returns what a bearer for this viewer may name of what was asked: the
// intersection of the request with the viewer's rights, which may be empty.
// Entries for the same thing become one. What is not understood is not granted,
// and never an error.
// Errors: berth.ErrDenied for a login, which asks for nothing yet, with a token
// that is not for packages at all.
func (s *Service) Grant(ctx context.Context, v berth.Viewer, asked []berth.Grant) ([]berth.Grant, error) {
	granted := []berth.Grant{}
	if len(asked) == 0 && !v.Anonymous() && v.Scopes&berth.ScopesPackages == 0 {
		return nil, berth.ErrDenied.With("the token of user %s has the scopes %s; the registry needs one of %s", v.Login, v.Scopes, berth.ScopesPackages)
	}
	if len(asked) == 0 {
		return granted, nil
	}
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		granted = granted[:0]
		for _, ask := range union(asked) {
			actions, err := s.grantable(ctx, tx, v, ask)
			if err != nil {
				return err
			}
			if len(actions) > 0 {
				granted = append(granted, berth.Grant{Type: ask.Type, Name: ask.Name, Actions: actions})
			}
		}
		return nil
	})
	return granted, err
}

func (s *Service) grantable(ctx context.Context, tx *meta.Tx, v berth.Viewer, ask berth.Grant) ([]berth.Action, error) {
	if ask.Type == "registry" && ask.Name == "catalog" {
		return []berth.Action{berth.ActionCatalog}, nil
	}
	n, err := berth.ParseName(ask.Name)
	if ask.Type != "repository" || err != nil {
		return nil, nil //nolint:nilerr // what is not understood is not granted
	}
	standing, err := tx.Standing(ctx, n, v.UserID)
	if err != nil {
		return nil, err
	}
	pulled := standing
	if standing.PackageID == 0 || !berth.Can(v, standing, berth.ActionPull) {
		if pulled, _, err = readable(ctx, tx, v, n); err != nil {
			return nil, err
		}
	}
	var actions []berth.Action
	for _, a := range []berth.Action{berth.ActionPull, berth.ActionPush, berth.ActionDelete} {
		wanted := slices.Contains(ask.Actions, a) || slices.Contains(ask.Actions, "*")
		at := standing
		if a == berth.ActionPull {
			at = pulled
		}
		if wanted && berth.Can(v, at, a) {
			actions = append(actions, a)
		}
	}
	return actions, nil
}

func union(asked []berth.Grant) []berth.Grant {
	var out []berth.Grant
	for _, ask := range asked {
		i := slices.IndexFunc(out, func(g berth.Grant) bool { return g.Type == ask.Type && g.Name == ask.Name })
		if i < 0 {
			out = append(out, berth.Grant{Type: ask.Type, Name: ask.Name, Actions: slices.Clone(ask.Actions)})
			continue
		}
		out[i].Actions = append(out[i].Actions, ask.Actions...)
	}
	return out
}
