package registry

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// PackageQuery says which packages of an owner are wanted.
type PackageQuery struct {
	Owner      string           // folded
	Visibility berth.Visibility // that counts, "" for any
	After      string           // the path of the last one of the page before, "" from the start
	Skip       int              // so many more, at most MaxSkip
	Limit      int

	Search string      // what the path has to have in it, "" for any
	Kind   string      // of the version pushed last, "" for any
	Sort   PackageSort // with another than by name, pages go by Skip and not by After
}

// ListPackages returns the packages of an owner that the viewer may read, by path unless
// the query has another order. An unknown owner has none.
// Errors: berth.ErrRequestInvalid for a search that is no text or an unknown order.
func (s *Service) ListPackages(ctx context.Context, v berth.Viewer, q PackageQuery) ([]Package, error) {
	if q.Search != "" || q.Kind != "" || q.Sort != SortName {
		return s.findPackages(ctx, v, q)
	}
	var list []Package
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		list = nil
		rows, err := listOwner(ctx, tx, v, q)
		for _, row := range rows {
			list = append(list, listed(v, row))
		}
		return err
	})
	return list, err
}

// listOwner returns the packages of an owner that the viewer may read.
func listOwner(ctx context.Context, tx *meta.Tx, v berth.Viewer, q PackageQuery) ([]meta.ListedPackage, error) {
	standing, allowPublic, err := tx.OwnerStanding(ctx, q.Owner, v.UserID)
	if err != nil || standing.OwnerID == 0 {
		return nil, err
	}
	if none, err := unlisted(ctx, tx, v); err != nil || none {
		return nil, err
	}
	may := v
	if v.Expired || !v.Scopes.Has(berth.ScopeReadPackages) {
		may = berth.Viewer{} // such a token shows what anybody sees
	}
	want := ownerList(may, standing, allowPublic, q.Visibility)
	want.User = v.UserID
	want.After, want.Skip, want.Limit = q.After, max(0, min(q.Skip, MaxSkip)), max(1, min(q.Limit, MaxPage))
	return tx.ListOwnerPackages(ctx, want)
}

// ownerList asks the permission rule, for each visibility, whether the viewer may read
// all packages of an owner that have it, and else looks for what he was given.
func ownerList(v berth.Viewer, standing berth.Standing, allowPublic bool, only berth.Visibility) meta.OwnerList {
	l := meta.OwnerList{Owner: standing.OwnerID}
	standing.Published = true
	whole := v
	whole.Limited = false
	for _, stored := range []berth.Visibility{berth.VisibilityPublic, berth.VisibilityInternal, berth.VisibilityPrivate} {
		standing.Visibility = stored
		if stored == berth.VisibilityPublic && !allowPublic {
			standing.Visibility = berth.VisibilityPrivate
		}
		switch {
		case only != "" && standing.Visibility != only:
		case berth.Can(v, standing, berth.ActionPull):
			l.All = append(l.All, stored)
		case v.Anonymous():
		case berth.Can(whole, standing, berth.ActionPull):
			l.Named = append(l.Named, stored)
		default:
			l.Given = append(l.Given, stored)
		}
	}
	// A token that reaches the owner as a whole takes nothing from what was given.
	standing.Membership = berth.MembershipOwner
	if !v.Anonymous() && !berth.Can(v, standing, berth.ActionPull) {
		l.Token = v.TokenID
	}
	return l
}

// listed returns a package of a list as the viewer sees it.
func listed(v berth.Viewer, row meta.ListedPackage) Package {
	if !berth.Can(v, row.Source, berth.ActionReadRepository) {
		return packageOf(row.Package, "")
	}
	return packageOf(row.Package, row.Repository)
}

// checkAfter refuses what is no text as the name with which a list goes on. What is text
// need not be a name: a list goes on after any.
func checkAfter(after string) error {
	if !utf8.ValidString(after) || strings.ContainsRune(after, 0) {
		return berth.ErrPageInvalid.With("after is not what a list gave")
	}
	return nil
}
