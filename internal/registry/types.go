package registry

import (
	"context"
	"errors"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// settingType is the setting with the state of a type of packages. There is none while
// it is on.
func settingType(name string) string { return "packages." + name }

// PackageType is what may be done with packages of a type on the whole instance.
type PackageType struct {
	Name  string
	State berth.TypeState
}

// PackageTypes returns the types of packages, which is no secret.
func (s *Service) PackageTypes(ctx context.Context) ([]PackageType, error) {
	var state berth.TypeState
	err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		state, err = typeState(ctx, tx, berth.TypeContainer)
		return err
	})
	if err != nil {
		return nil, err
	}
	return []PackageType{{berth.TypeContainer, state}}, nil
}

func typeState(ctx context.Context, tx *meta.Tx, name string) (berth.TypeState, error) {
	value, err := tx.GetSetting(ctx, settingType(name))
	if value == "" {
		return berth.TypeOn, err
	}
	return berth.TypeState(value), err
}

// SetPackageType changes what may be done with packages of a type, on all replicas at
// once. Only an administrator may. Errors: berth.ErrUnauthenticated, berth.ErrDenied,
// berth.ErrRequestInvalid for an unknown type or state.
func (s *Service) SetPackageType(ctx context.Context, v berth.Viewer, name string, state berth.TypeState) error {
	if err := berth.CheckSite(v); err != nil {
		return err
	}
	if name != berth.TypeContainer {
		return berth.ErrRequestInvalid.With("there is no package type %.40q; the only one is %s", name, berth.TypeContainer)
	}
	if _, err := berth.ParseTypeState(string(state)); err != nil {
		return err
	}
	now := s.opts.Now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		before, err := typeState(ctx, tx, name)
		if err != nil || before == state {
			return err
		}
		if state == berth.TypeOn {
			err = tx.DropSetting(ctx, settingType(name))
		} else {
			err = tx.PutSetting(ctx, settingType(name), string(state))
		}
		if err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, berth.Event{At: now, Action: "type.set", Target: name, Detail: string(before) + " -> " + string(state)})
	})
}

// closed refuses what the state of the package type forbids: all but pulls and settings
// where packages are read-only, and everything for others than administrators where they
// are switched off.
func closed(ctx context.Context, tx *meta.Tx, v berth.Viewer, standing berth.Standing, a berth.Action) error {
	if standing.OwnerID == 0 { // nothing was read, and it must not be told from an owner
		var err error
		if standing.State, err = typeState(ctx, tx, berth.TypeContainer); err != nil {
			return err
		}
	}
	switch {
	case standing.State == berth.TypeOff && !v.Admin:
		return berth.ErrTypeOff.With("this registry serves no %s packages now; a site administrator can switch them on: berth site type %s on", berth.TypeContainer, berth.TypeContainer)
	case standing.State == berth.TypeReadOnly, standing.State == berth.TypeOff:
		if a == berth.ActionPush || a == berth.ActionDelete {
			return readOnly()
		}
	}
	return nil
}

// readOnly is what is said of changes while packages are read-only or off.
func readOnly() error {
	return berth.ErrTypeReadOnly.With("%s packages can only be pulled on this registry now; a site administrator can change that: berth site type %s on", berth.TypeContainer, berth.TypeContainer)
}

// writable refuses to bring something back while packages are read-only.
func writable(standing berth.Standing) error {
	if standing.State == berth.TypeReadOnly || standing.State == berth.TypeOff {
		return readOnly()
	}
	return nil
}

// unlisted reports whether lists show the viewer nothing, because packages are switched
// off.
func unlisted(ctx context.Context, tx *meta.Tx, v berth.Viewer) (bool, error) {
	if v.Admin {
		return false, nil
	}
	state, err := typeState(ctx, tx, berth.TypeContainer)
	return state == berth.TypeOff, err
}

// typeClosed reports whether a refusal is about the type of the package, not about who
// asks.
func typeClosed(err error) bool {
	return errors.Is(err, berth.ErrTypeReadOnly) || errors.Is(err, berth.ErrTypeOff)
}
