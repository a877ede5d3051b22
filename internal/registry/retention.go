package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// The bounds of rules on what is kept.
const (
	MaxKeepNewest   = 100_000
	MaxKeepDays     = 36_500
	MaxKeepPatterns = 50
)

// Retention is a rule on which versions are removed after a while. It selects the
// versions without a tag, unless KeepUntagged is set, and those all of whose tags match
// RemoveTags. Of these it keeps what any of the others says, and removes the rest. See
// docs/retention.md.
type Retention struct {
	OfOwner        bool // it is that of all packages of the owner; only read
	Active         bool // it is carried out; else it can be tried only
	KeepNewest     int  // of those selected, 0 for none
	KeepDays       int  // since it was pushed, last tagged or restored
	KeepPulledDays int  // since it was last pulled
	KeepUntagged   bool
	KeepTags       []berth.TagPattern // a version stays where one of its tags matches
	RemoveTags     []berth.TagPattern
	UpdatedAt      time.Time // only read
}

// check bounds a rule and makes it one to be stored. Errors: berth.ErrRequestInvalid.
func (r Retention) check(place meta.RulePlace, now time.Time) (meta.Retention, error) {
	for _, n := range []struct {
		what      string
		have, max int
	}{{"keep_newest", r.KeepNewest, MaxKeepNewest}, {"keep_days", r.KeepDays, MaxKeepDays}, {"keep_pulled_days", r.KeepPulledDays, MaxKeepDays}} {
		if n.have < 0 || n.have > n.max {
			return meta.Retention{}, berth.ErrRequestInvalid.With("%s is %d, expected from 0 to %d", n.what, n.have, n.max)
		}
	}
	if max(len(r.KeepTags), len(r.RemoveTags)) > MaxKeepPatterns {
		return meta.Retention{}, berth.ErrRequestInvalid.With("a rule has at most %d patterns to keep and as many to remove", MaxKeepPatterns)
	}
	for _, p := range slices.Concat(r.KeepTags, r.RemoveTags) {
		if _, err := berth.ParseTagPattern(string(p)); err != nil {
			return meta.Retention{}, err
		}
	}
	return meta.Retention{
		Place: place, Active: r.Active, KeepNewest: r.KeepNewest, KeepDays: r.KeepDays, KeepPulledDays: r.KeepPulledDays,
		KeepUntagged: r.KeepUntagged, KeepTags: r.KeepTags, RemoveTags: r.RemoveTags, UpdatedAt: now,
	}, nil
}

func retentionOf(row meta.Retention) Retention {
	return Retention{
		OfOwner: row.Place.OwnerID != 0, Active: row.Active, KeepNewest: row.KeepNewest, KeepDays: row.KeepDays, KeepPulledDays: row.KeepPulledDays,
		KeepUntagged: row.KeepUntagged, KeepTags: row.KeepTags, RemoveTags: row.RemoveTags, UpdatedAt: row.UpdatedAt,
	}
}

// GetRetention returns the rule that counts for a package, its own or else its owner's;
// without a path the owner's. Who administers them may ask.
// Errors: those of [Service.enter]; berth.ErrPackageUnknown, berth.ErrOwnerUnknown;
// berth.ErrRuleUnknown when there is none.
func (s *Service) GetRetention(ctx context.Context, v berth.Viewer, at berth.Name) (Retention, error) {
	var rule Retention
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		standing, err := s.keeper(ctx, tx, v, at)
		if err != nil {
			return err
		}
		row, err := retentionAt(ctx, tx, at, standing)
		rule = retentionOf(row)
		return err
	})
	return rule, err
}

// retentionAt returns the rule that counts. Errors: berth.ErrRuleUnknown.
func retentionAt(ctx context.Context, tx *meta.Tx, at berth.Name, standing berth.Standing) (row meta.Retention, err error) {
	if at.Path == "" {
		row, err = tx.GetRetention(ctx, meta.RulePlace{OwnerID: standing.OwnerID})
	} else {
		row, err = tx.GetRetentionOn(ctx, standing.PackageID)
	}
	return row, unknownRule(err, at, "rule on what is kept")
}

// SetRetention makes or replaces the rule of a package, or without a path the one of
// all packages of the owner which have none of their own. It deletes, so that it needs
// what deleting needs, besides administering them.
// Errors: those of [Service.GetRetention]; berth.ErrRequestInvalid.
func (s *Service) SetRetention(ctx context.Context, v berth.Viewer, at berth.Name, rule Retention) (Retention, error) {
	now := s.opts.Now()
	if _, err := rule.check(meta.RulePlace{}, now); err != nil {
		return Retention{}, err
	}
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		standing, err := s.keeperLocked(ctx, tx, v, at)
		if err != nil {
			return err
		}
		if !berth.Can(v, standing, berth.ActionDelete) {
			return berth.Denial(v, standing, placeName(at), berth.ActionDelete)
		}
		row, err := rule.check(placeOf(at, standing), now)
		if err != nil {
			return err
		}
		if err := tx.PutRetention(ctx, row); err != nil {
			return err
		}
		rule = retentionOf(row)
		return tx.AddEvent(ctx, v, ruleEvent(standing, at, now, "retention.set", rule.String()))
	})
	return rule, err
}

// DeleteRetention removes the rule of a package, for which its owner's counts then, or
// without a path that of the owner. Errors: those of [Service.SetRetention].
func (s *Service) DeleteRetention(ctx context.Context, v berth.Viewer, at berth.Name) error {
	now := s.opts.Now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		standing, err := s.keeperLocked(ctx, tx, v, at)
		if err != nil {
			return err
		}
		if !berth.Can(v, standing, berth.ActionDelete) { // the owner's may remove more
			return berth.Denial(v, standing, placeName(at), berth.ActionDelete)
		}
		if err := unknownRule(tx.DropRetention(ctx, placeOf(at, standing)), at, "rule of its own on what is kept"); err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, ruleEvent(standing, at, now, "retention.delete", ""))
	})
}

// String words a rule for the audit log.
func (r Retention) String() string {
	text := "inactive"
	if r.Active {
		text = "active"
	}
	return fmt.Sprintf("%s, keeps the newest %d, %d days, %d days since a pull, untagged %t, tags %s; removes tags %s",
		text, r.KeepNewest, r.KeepDays, r.KeepPulledDays, r.KeepUntagged, r.KeepTags, r.RemoveTags)
}

// PreviewRetention returns what a rule would remove from a package now, were it active:
// the one given, or the one that counts for the package where that is nil. Who
// administers the package may ask.
// Errors: those of [Service.GetRetention]; berth.ErrRequestInvalid.
func (s *Service) PreviewRetention(ctx context.Context, v berth.Viewer, n berth.Name, rule *Retention) (RetentionPlan, error) {
	now := s.opts.Now()
	var plan RetentionPlan
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		standing, err := s.published(ctx, tx, v, n, berth.ActionAdmin)
		if err != nil {
			return err
		}
		var row meta.Retention
		if rule == nil {
			row, err = retentionAt(ctx, tx, n, standing)
		} else {
			row, err = rule.check(meta.RulePlace{PackageID: standing.PackageID}, now)
		}
		if err != nil {
			return err
		}
		k := s.keepingOf(row, standing, now)
		if plan, err = k.plan(ctx, tx); err != nil {
			return err
		}
		plan.Rule = retentionOf(row)
		plan.Freed, err = freedByPlan(ctx, tx, standing.PackageID, plan)
		return err
	})
	return plan, err
}

// freedByPlan returns how many bytes nobody else holds, -1 where it is too much to count.
func freedByPlan(ctx context.Context, tx *meta.Tx, pkg int64, plan RetentionPlan) (int64, error) {
	room := maxUnit
	var all []meta.Part
	seen := map[int64]bool{}
	for _, item := range plan.Remove {
		parts, err := unit(ctx, tx, pkg, meta.Part{ID: item.ID, Digest: item.Digest, Size: item.size, Version: true}, &room)
		if errors.Is(err, berth.ErrRequestTooLarge) {
			return -1, nil
		}
		if err != nil {
			return 0, err
		}
		for _, p := range parts {
			if !seen[p.ID] {
				seen[p.ID] = true
				all = append(all, p)
			}
		}
	}
	return freedBy(ctx, tx, all)
}
