package registry

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	// minAge is how old a version is before any rule removes it: what is being pushed,
	// platforms first, has no tag for a while.
	minAge = 24 * time.Hour
	// MaxPlanned is how many versions of a package one run removes, and a preview lists.
	MaxPlanned = 500
	// maxScanned bounds the versions of a package that are looked at, the oldest first.
	maxScanned = 100_000
)

// Why a version stays.
const (
	StaysTagged    = "tagged"    // not all of its tags are to be removed
	StaysUntagged  = "untagged"  // those without a tag are kept
	StaysProtected = "protected" // one of its tags is
	StaysYoung     = "young"     // less than a day old
	StaysRecent    = "recent"    // not older than is kept
	StaysPulled    = "pulled"    // lately
	StaysPattern   = "pattern"   // one of its tags is to be kept
	StaysPopular   = "popular"   // public, and pulled very often
	StaysNewest    = "newest"    // among so many
	StaysPart      = "part"      // of an index that stays, or for something that does
	StaysAttached  = "attached"  // something refers to it that has a tag which stays
	StaysLast      = "last"      // with a tag, or of all
)

// RetentionPlan is what a rule removes from a package.
type RetentionPlan struct {
	Rule     Retention
	Versions int            // that were looked at
	Remove   []PlannedItem  // the oldest first, at most MaxPlanned
	More     int            // that later runs remove
	Kept     map[string]int // how many stay, by why: Stays…
	Freed    int64          // bytes that nobody else holds, -1 where it is too much to count; only in a preview
}

// PlannedItem is a version that a rule removes.
type PlannedItem struct {
	ID           int64
	Digest       berth.Digest
	Tags         []berth.Tag
	CreatedAt    time.Time
	UpdatedAt    time.Time
	LastPulledAt time.Time // zero: never

	size int64 // of the manifest
}

// since is when something was last done to a version.
func since(v meta.Version) time.Time {
	if v.UpdatedAt.After(v.CreatedAt) {
		return v.UpdatedAt
	}
	return v.CreatedAt
}

// keeping is a rule on what is kept of one package at a time.
type keeping struct {
	service *Service
	rule    meta.Retention
	pkg     int64
	public  bool
	now     time.Time
	keep    []berth.TagPattern // folded
	remove  []berth.TagPattern
}

func (s *Service) keepingOf(rule meta.Retention, standing berth.Standing, now time.Time) *keeping {
	k := &keeping{service: s, rule: rule, pkg: standing.PackageID, public: standing.Visibility == berth.VisibilityPublic, now: now}
	for _, p := range rule.KeepTags {
		k.keep = append(k.keep, berth.TagPattern(s.fold(berth.Tag(p))))
	}
	for _, p := range rule.RemoveTags {
		k.remove = append(k.remove, berth.TagPattern(s.fold(berth.Tag(p))))
	}
	return k
}

// matches reports whether any of the patterns names a tag.
func (k *keeping) matches(list []berth.TagPattern, t berth.Tag) bool {
	folded := k.service.fold(t)
	return slices.ContainsFunc(list, func(p berth.TagPattern) bool { return p.Match(folded) })
}

// stays says why a version stays, as far as that is to be seen from itself, or "".
func (k *keeping) stays(v meta.Version, h shield) string {
	kept := func(t berth.Tag) bool { return k.matches(k.keep, t) }
	stays := func(t berth.Tag) bool { return !k.matches(k.remove, t) }
	switch {
	case len(v.Tags) == 0 && k.rule.KeepUntagged:
		return StaysUntagged
	case len(v.Tags) >= meta.MaxTagsOfVersion: // there may be more
		return StaysTagged
	case slices.ContainsFunc(v.Tags, stays):
		return StaysTagged
	case h.protects(v.Tags...):
		return StaysProtected
	case slices.ContainsFunc(v.Tags, kept):
		return StaysPattern
	case since(v).Add(minAge).After(k.now):
		return StaysYoung
	case k.within(since(v), k.rule.KeepDays):
		return StaysRecent
	case k.within(v.LastPulledAt, k.rule.KeepPulledDays):
		return StaysPulled
	case k.public && v.Downloads > maxDownloads:
		return StaysPopular
	}
	return ""
}

// within reports whether a time is not so many days past.
func (k *keeping) within(t time.Time, days int) bool {
	return !t.IsZero() && t.AddDate(0, 0, days).After(k.now)
}

// plan finds what the rule removes.
func (k *keeping) plan(ctx context.Context, tx *meta.Tx) (RetentionPlan, error) {
	plan := RetentionPlan{Kept: map[string]int{}, Remove: []PlannedItem{}}
	h, err := k.service.shieldOf(ctx, tx, k.pkg, berth.Viewer{})
	if err != nil {
		return plan, err
	}
	selected, tagged, err := k.scan(ctx, tx, h, &plan)
	if err != nil {
		return plan, err
	}
	candidates, tagged := k.spareNewest(selected, tagged, &plan)
	candidates = spareLast(candidates, tagged, &plan)
	if len(candidates) > MaxPlanned {
		plan.More = len(candidates) - MaxPlanned
		candidates = candidates[:MaxPlanned]
	}
	if candidates, err = k.spareAttached(ctx, tx, h, candidates, &plan); err != nil {
		return plan, err
	}
	candidates, err = k.spareParts(ctx, tx, candidates, &plan)
	for _, v := range candidates {
		plan.Remove = append(plan.Remove, PlannedItem{
			ID: v.ID, Digest: v.Digest, Tags: v.Tags, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt, LastPulledAt: v.LastPulledAt, size: v.Size,
		})
	}
	return plan, err
}

func hasTags(v meta.Version) bool { return len(v.Tags) > 0 }

// selected is a version that the rule selects, and why it stays nevertheless, "" when it
// does not.
type selected struct {
	meta.Version

	why string
}

// scan looks at the versions of the package. It returns those that the rule selects,
// and whether any other has a tag.
func (k *keeping) scan(ctx context.Context, tx *meta.Tx, h shield, plan *RetentionPlan) (list []selected, tagged bool, err error) {
	for after := int64(0); plan.Versions < maxScanned; {
		rows, err := tx.ListOldVersions(ctx, k.pkg, after, MaxPage)
		if err != nil {
			return nil, false, err
		}
		for _, row := range rows {
			after = row.ID
			if why := k.stays(row, h); why == StaysTagged || why == StaysUntagged {
				plan.Kept[why]++
				tagged = tagged || hasTags(row)
			} else {
				list = append(list, selected{row, why})
			}
		}
		plan.Versions += len(rows)
		if len(rows) < MaxPage {
			break
		}
	}
	return list, tagged, nil
}

// spareNewest keeps the newest of those selected, whatever else may keep them, and
// returns what nothing keeps, the oldest first.
func (k *keeping) spareNewest(list []selected, tagged bool, plan *RetentionPlan) ([]meta.Version, bool) {
	slices.SortFunc(list, func(a, b selected) int {
		return cmp.Or(since(a.Version).Compare(since(b.Version)), cmp.Compare(a.ID, b.ID))
	})
	var left []meta.Version
	for i, v := range list {
		if v.why == "" && i >= len(list)-k.rule.KeepNewest {
			v.why = StaysNewest
		}
		if v.why == "" {
			left = append(left, v.Version)
			continue
		}
		plan.Kept[v.why]++
		tagged = tagged || hasTags(v.Version)
	}
	return left, tagged
}

// spareLast leaves a package a version with a tag where it has one, and else any.
func spareLast(list []meta.Version, tagged bool, plan *RetentionPlan) []meta.Version {
	if tagged || len(list) == 0 {
		return list
	}
	last := len(list) - 1
	for i := range slices.Backward(list) {
		if hasTags(list[i]) {
			last = i
			break
		}
	}
	if !hasTags(list[last]) && len(list) < plan.Versions {
		return list // another one stays
	}
	plan.Kept[StaysLast]++
	return slices.Delete(list, last, last+1)
}

// spareAttached leaves out what would take a tag along that stays.
func (k *keeping) spareAttached(ctx context.Context, tx *meta.Tx, h shield, list []meta.Version, plan *RetentionPlan) ([]meta.Version, error) {
	room := maxUnit
	var left []meta.Version
	for _, v := range list {
		attached, err := k.attached(ctx, tx, h, v, &room)
		if err != nil {
			return nil, err
		}
		if attached {
			plan.Kept[StaysAttached]++
		} else {
			left = append(left, v)
		}
	}
	return left, nil
}

// attached reports whether something that goes with a version has a tag which stays:
// an SBOM may have a name of its own. What has too many parts to tell is taken to.
func (k *keeping) attached(ctx context.Context, tx *meta.Tx, h shield, v meta.Version, room *int) (bool, error) {
	parts, err := unit(ctx, tx, k.pkg, meta.Part{ID: v.ID, Digest: v.Digest, Version: true}, room)
	if errors.Is(err, berth.ErrRequestTooLarge) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	for _, p := range parts[1:] {
		tags, err := tx.ListTagsOf(ctx, k.pkg, p.Digest)
		if err != nil {
			return false, err
		}
		for _, t := range tags {
			if h.protects(t.Name) || t.Name.Subject() == "" && (k.matches(k.keep, t.Name) || !k.matches(k.remove, t.Name)) {
				return true, nil
			}
		}
	}
	return false, nil
}

// spareParts leaves out what lies in an index that stays, or refers to what stays.
func (k *keeping) spareParts(ctx context.Context, tx *meta.Tx, list []meta.Version, plan *RetentionPlan) ([]meta.Version, error) {
	going := map[int64]bool{}
	holders := map[int64][]meta.Part{}
	for _, v := range list {
		above, err := tx.ListHolders(ctx, k.pkg, v.Digest)
		if err != nil {
			return nil, err
		}
		going[v.ID], holders[v.ID] = true, above
	}
	stays := func(v meta.Version) bool {
		return slices.ContainsFunc(holders[v.ID], func(p meta.Part) bool { return p.TrashID == 0 && !going[p.ID] })
	}
	for { // what stays may hold another one
		left := list[:0:0]
		for _, v := range list {
			if !stays(v) {
				left = append(left, v)
			}
		}
		if len(left) == len(list) {
			return list, nil
		}
		for _, v := range list {
			going[v.ID] = false
		}
		for _, v := range left {
			going[v.ID] = true
		}
		plan.Kept[StaysPart] += len(list) - len(left)
		list = left
	}
}
