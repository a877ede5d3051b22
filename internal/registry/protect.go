package registry

import (
	"context"
	"fmt"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// shield is the rules on the tags of a package, as one user meets them. All of them
// count: the strictest wins.
type shield struct {
	service *Service
	rules   []meta.TagRule
}

// shieldOf reads the rules on the tags of a package, its owner's too.
func (s *Service) shieldOf(ctx context.Context, tx *meta.Tx, pkg int64, v berth.Viewer) (shield, error) {
	rules, err := tx.ListRulesOn(ctx, pkg, max(0, v.UserID)) // the operator holds no rule
	return shield{s, rules}, err
}

// names reports whether a rule is about a tag. One that by its name only attaches
// something to a manifest is not meant by *: else nothing could be signed twice.
func (h shield) names(r meta.TagRule, t berth.Tag) bool {
	pattern := berth.TagPattern(h.service.fold(berth.Tag(r.Pattern)))
	plain := strings.HasPrefix(string(pattern), "sha256-") || strings.HasPrefix(string(pattern), "sha512-")
	return (plain || t.Subject() == "") && pattern.Match(h.service.fold(t))
}

// protects reports whether any rule is about one of the tags, whoever holds it.
func (h shield) protects(tags ...berth.Tag) bool {
	for _, r := range h.rules {
		for _, t := range tags {
			if h.names(r, t) {
				return true
			}
		}
	}
	return false
}

// blocking returns the first rule that keeps the user from moving or deleting a tag.
func (h shield) blocking(t berth.Tag) (meta.TagRule, bool) {
	for _, r := range h.rules {
		if !r.Held && h.names(r, t) {
			return r, true
		}
	}
	return meta.TagRule{}, false
}

// guard refuses to move or delete tags that rules protect from the viewer, whoever he
// is: administrators can remove the rule. Errors: berth.ErrTagProtected.
func (s *Service) guard(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, standing berth.Standing, tags ...berth.Tag) error {
	if len(tags) == 0 {
		return nil
	}
	h, err := s.shieldOf(ctx, tx, standing.PackageID, v)
	if err != nil {
		return err
	}
	for _, t := range tags {
		if r, ok := h.blocking(t); ok {
			return protected(ctx, tx, v, n, standing, r, t)
		}
	}
	return nil
}

// guardAll is guard for all tags that a package has.
func (s *Service) guardAll(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, standing berth.Standing) error {
	h, err := s.shieldOf(ctx, tx, standing.PackageID, v)
	if err != nil {
		return err
	}
	for _, r := range h.rules {
		if r.Held {
			continue
		}
		t, found, err := h.find(ctx, tx, standing.PackageID, r)
		if err != nil {
			return err
		}
		if found {
			return protected(ctx, tx, v, n, standing, r, t)
		}
	}
	return nil
}

// find returns a tag of a package that a rule is about.
func (h shield) find(ctx context.Context, tx *meta.Tx, pkg int64, r meta.TagRule) (berth.Tag, bool, error) {
	like := strings.NewReplacer("_", `\_`, "*", "%", "?", "_").Replace(h.service.fold(berth.Tag(r.Pattern)))
	for after := ""; ; {
		rows, err := tx.ListTagsLike(ctx, pkg, like, after, MaxPage)
		if err != nil {
			return "", false, err
		}
		for _, row := range rows {
			if h.names(r, row.Name) {
				return row.Name, true, nil
			}
			after = row.Folded
		}
		if len(rows) < MaxPage {
			return "", false, nil
		}
	}
}

// protected words the refusal.
func protected(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, standing berth.Standing, r meta.TagRule, t berth.Tag) error {
	who, err := movers(ctx, tx, v, standing, r.ID)
	if err != nil {
		return err
	}
	place := n.String()
	if r.Place.OwnerID != 0 {
		place = n.Owner
	}
	return berth.ErrTagProtected.With("%s:%s matches the rule %s of %s, so %s move or delete it; use another tag, or have the rule removed: berth package unprotect %s %d",
		n, t, r.Pattern, place, who, place, r.ID)
}

// movers words who may move what a rule protects. Names are for those who belong to
// the owner, those of repositories for administrators: others need not know them.
func movers(ctx context.Context, tx *meta.Tx, v berth.Viewer, standing berth.Standing, rule int64) (string, error) {
	holders, err := tx.ListTagRuleHolders(ctx, rule)
	if err != nil || len(holders) == 0 {
		return "nobody may", err
	}
	manages := berth.Can(v, standing, berth.ActionAdmin)
	const most = 10
	var names []string
	for _, h := range holders[:min(len(holders), most)] {
		if manages || standing.Membership != berth.MembershipNone && h.Kind != "repository" {
			names = append(names, h.Kind+" "+h.Name)
		}
	}
	if more := len(holders) - len(names); more > 0 && len(names) > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	} else if more > 0 {
		return fmt.Sprintf("only the %d whom it lists may", more), nil
	}
	return "only " + strings.Join(names, ", ") + " may", nil
}
