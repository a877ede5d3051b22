package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	// MaxTagRules is how many rules on tags an owner or a package can have.
	MaxTagRules = 50
	// MaxMovers is how many a rule on tags can list.
	MaxMovers = 50
)

// Movers are those who may move and delete what a rule on tags protects, by name:
// users, teams of the owner, and repositories (owner/name), whose CI then may. Nobody
// may where there are none.
type Movers struct {
	Users        []string
	Teams        []string
	Repositories []string
}

// TagRule protects the tags that a pattern names.
type TagRule struct {
	ID        int64
	OfOwner   bool // it is about all packages of the owner
	Pattern   berth.TagPattern
	Movers    Movers
	CreatedAt time.Time
}

// ListTagRules returns the rules on the tags of a package, its owner's first; without a
// path, those on all packages of the owner. Who administers them may.
// Errors: those of [Service.enter]; berth.ErrPackageUnknown, berth.ErrOwnerUnknown.
func (s *Service) ListTagRules(ctx context.Context, v berth.Viewer, at berth.Name) ([]TagRule, error) {
	var list []TagRule
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		list = list[:0]
		standing, err := s.keeper(ctx, tx, v, at)
		if err != nil {
			return err
		}
		rows, err := tx.ListTagRules(ctx, meta.RulePlace{OwnerID: standing.OwnerID, PackageID: standing.PackageID})
		if err != nil {
			return err
		}
		slices.SortStableFunc(rows, func(a, b meta.TagRule) int { return int(min(a.Place.PackageID, 1) - min(b.Place.PackageID, 1)) })
		for _, row := range rows {
			rule, err := tagRuleOf(ctx, tx, row)
			if err != nil {
				return err
			}
			list = append(list, rule)
		}
		return nil
	})
	return list, err
}

func tagRuleOf(ctx context.Context, tx *meta.Tx, row meta.TagRule) (TagRule, error) {
	rule := TagRule{ID: row.ID, OfOwner: row.Place.OwnerID != 0, Pattern: row.Pattern, CreatedAt: row.CreatedAt}
	holders, err := tx.ListTagRuleHolders(ctx, row.ID)
	for _, h := range holders {
		switch h.Kind {
		case "user":
			rule.Movers.Users = append(rule.Movers.Users, h.Name)
		case "team":
			rule.Movers.Teams = append(rule.Movers.Teams, h.Name)
		default:
			rule.Movers.Repositories = append(rule.Movers.Repositories, h.Name)
		}
	}
	return rule, err
}

// CreateTagRule protects the tags of a package that a pattern names, or without a path
// those of all packages of the owner, from all but the movers. Who administers the
// package may, or all of the owner's; the rule then binds him too.
// Errors: those of [Service.ListTagRules]; berth.ErrRequestInvalid for a pattern that is
// none and too many rules or movers; berth.ErrOwnerUnknown, berth.ErrTeamUnknown and
// berth.ErrRepositoryUnknown for movers that are not there.
func (s *Service) CreateTagRule(ctx context.Context, v berth.Viewer, at berth.Name, pattern string, m Movers) (TagRule, error) {
	p, err := berth.ParseTagPattern(pattern)
	if err != nil {
		return TagRule{}, err
	}
	holders := m.holders()
	if len(holders) > MaxMovers {
		return TagRule{}, berth.ErrRequestInvalid.With("a rule lists at most %d users, teams and repositories, got %d", MaxMovers, len(holders))
	}
	now := s.opts.Now()
	var rule TagRule
	err = s.meta.Update(ctx, func(tx *meta.Tx) error {
		standing, err := s.keeperLocked(ctx, tx, v, at)
		if err != nil {
			return err
		}
		row := meta.TagRule{Place: placeOf(at, standing), Pattern: p, CreatedAt: now}
		there, err := tx.ListTagRules(ctx, row.Place)
		if err != nil {
			return err
		}
		if len(there) >= MaxTagRules {
			return berth.ErrRequestInvalid.With("%s has %d rules on tags already, which is the most; remove one first", placeName(at), len(there))
		}
		if row.ID, err = tx.AddTagRule(ctx, row); err != nil {
			return err
		}
		if err := s.addMovers(ctx, tx, v, at, standing, row.ID, holders); err != nil {
			return err
		}
		if rule, err = tagRuleOf(ctx, tx, row); err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, ruleEvent(standing, at, now, "tagrule.create", fmt.Sprintf("%d: %s, %s", row.ID, p, rule.Movers)))
	})
	return rule, err
}

// DeleteTagRule removes a rule of a package, or without a path one of the owner.
// Errors: those of [Service.ListTagRules]; berth.ErrRuleUnknown.
func (s *Service) DeleteTagRule(ctx context.Context, v berth.Viewer, at berth.Name, id int64) error {
	now := s.opts.Now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		standing, err := s.keeperLocked(ctx, tx, v, at)
		if err != nil {
			return err
		}
		place := placeOf(at, standing)
		rows, err := tx.ListTagRules(ctx, place)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(rows, func(r meta.TagRule) bool { return r.ID == id })
		if i < 0 {
			return berth.ErrRuleUnknown.With("%s has no rule %d on tags", placeName(at), id)
		}
		if err := tx.DropTagRule(ctx, place, id); err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, ruleEvent(standing, at, now, "tagrule.delete", fmt.Sprintf("%d: %s", id, rows[i].Pattern)))
	})
}

// holders lists the movers, each once.
func (m Movers) holders() []Holder {
	var list []Holder
	add := func(h Holder) {
		if !slices.Contains(list, h) {
			list = append(list, h)
		}
	}
	for _, name := range m.Users {
		add(Holder{User: name})
	}
	for _, name := range m.Teams {
		add(Holder{Team: name})
	}
	for _, name := range m.Repositories {
		add(Holder{Repository: name})
	}
	return list
}

// String words the movers for the audit log.
func (m Movers) String() string {
	var words []string
	for _, h := range m.holders() {
		kind := "user "
		if h.Team != "" {
			kind = "team "
		} else if h.Repository != "" {
			kind = "repository "
		}
		words = append(words, kind+h.User+h.Team+h.Repository)
	}
	if len(words) == 0 {
		return "nobody moves them"
	}
	return "moved by " + strings.Join(words, ", ")
}

func (s *Service) addMovers(ctx context.Context, tx *meta.Tx, v berth.Viewer, at berth.Name, standing berth.Standing, rule int64, holders []Holder) error {
	var added []meta.Holder
	for _, h := range holders {
		holder, _, err := s.holder(ctx, tx, v, standing.OwnerID, at, h)
		if err != nil {
			return err
		}
		if err := mayKnow(ctx, tx, v, h, holder.User); err != nil {
			return err
		}
		if slices.Contains(added, holder) { // in another spelling
			continue
		}
		added = append(added, holder)
		if err := tx.AddTagRuleHolder(ctx, rule, holder); err != nil {
			return err
		}
	}
	return nil
}

// keeper reads where the viewer stands towards a package, or without a path towards all
// packages of an owner, and refuses who does not administer them.
func (s *Service) keeper(ctx context.Context, tx *meta.Tx, v berth.Viewer, at berth.Name) (berth.Standing, error) {
	if at.Path != "" {
		return s.published(ctx, tx, v, at, berth.ActionAdmin)
	}
	standing, err := tx.Standing(ctx, at, v.UserID)
	if err == nil && !berth.Can(v, standing, berth.ActionAdmin) {
		err = noNamespace(v, standing, at.Owner)
	}
	return standing, err
}

// keeperLocked is keeper for a change: the owner of the package must not change while
// its rules do.
func (s *Service) keeperLocked(ctx context.Context, tx *meta.Tx, v berth.Viewer, at berth.Name) (berth.Standing, error) {
	standing, err := s.keeper(ctx, tx, v, at)
	if err == nil && at.Path != "" {
		err = tx.LockPlace(ctx, standing.PackageID, meta.Place{OwnerID: standing.OwnerID, Path: at.Path})
	}
	return standing, err
}

func placeOf(at berth.Name, standing berth.Standing) meta.RulePlace {
	if at.Path == "" {
		return meta.RulePlace{OwnerID: standing.OwnerID}
	}
	return meta.RulePlace{PackageID: standing.PackageID}
}

// placeName is the name of a package, or of an owner.
func placeName(at berth.Name) string { return strings.TrimSuffix(at.String(), "/") }

func ruleEvent(standing berth.Standing, at berth.Name, now time.Time, action, detail string) berth.Event {
	e := event(standing, at, now, action, detail)
	e.Target = placeName(at)
	return e
}

// unknownRule words that a place has no rule.
func unknownRule(err error, at berth.Name, what string) error {
	if errors.Is(err, berth.ErrRuleUnknown) {
		return berth.ErrRuleUnknown.With("%s has no %s", placeName(at), what)
	}
	return err
}
