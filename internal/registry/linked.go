package registry

import (
	"context"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// ListLinked returns the packages linked to a repository that the viewer may read, by
// path after the one given ("": from the start), at most limit of them. A repository
// that he may not read has none. Errors: berth.ErrPageInvalid.
func (s *Service) ListLinked(ctx context.Context, v berth.Viewer, owner, repository, after string, limit int) ([]Package, error) {
	if err := checkAfter(after); err != nil {
		return nil, err
	}
	var list []Package
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		list = nil
		standing, id, err := tx.RepositoryStanding(ctx, strings.ToLower(owner), strings.ToLower(repository), v.UserID)
		if err != nil || id == 0 || !berth.Can(v, standing, berth.ActionReadRepository) {
			return err
		}
		if none, err := unlisted(ctx, tx, v); err != nil || none {
			return err
		}
		rows, err := tx.ListLinked(ctx, reader(v), id, after, max(1, min(limit, MaxPage)))
		for _, row := range rows {
			list = append(list, packageOf(row, row.Repository))
		}
		return err
	})
	return list, err
}
