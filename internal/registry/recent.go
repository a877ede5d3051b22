package registry

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// maxRecentOrgs bounds the organizations whose packages are looked at for one person.
const maxRecentOrgs = 25

// ListRecent returns packages of the viewer and of the organizations that he is in (the
// first 25 of them), as far as he may read them: first those into which something
// was pushed last. A viewer who is nobody has none.
func (s *Service) ListRecent(ctx context.Context, v berth.Viewer, limit int) ([]Package, error) {
	limit = max(1, min(limit, MaxPage))
	return s.findListed(ctx, v, func(tx *meta.Tx) ([]meta.ListedPackage, error) {
		if v.Anonymous() {
			return nil, nil
		}
		orgs, err := tx.ListOrgsOf(ctx, v.UserID, "", maxRecentOrgs)
		if err != nil {
			return nil, err
		}
		owners := []int64{v.UserID}
		for _, o := range orgs {
			owners = append(owners, o.ID)
		}
		var list []meta.ListedPackage
		for _, owner := range owners {
			rows, err := tx.FilterPackages(ctx, meta.PackageFilter{Reader: reader(v), Owner: owner, Like: "%", Sort: string(SortUpdated), Limit: limit})
			if err != nil {
				return nil, err
			}
			list = append(list, rows...)
		}
		slices.SortFunc(list, func(a, b meta.ListedPackage) int {
			return cmp.Or(b.UpdatedAt.Compare(a.UpdatedAt), strings.Compare(a.Name.String(), b.Name.String()))
		})
		return list[:min(limit, len(list))], nil
	})
}
