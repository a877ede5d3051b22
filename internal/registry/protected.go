package registry

import (
	"context"

	"github.com/berth-registry/berth/internal/meta"
)

// protectedIn finds those of the wanted versions of which a rule protects a tag. Rules are
// patterns that the database does not know, so that the tagged versions are read until
// there are enough; where there is no rule, none is.
func (s *Service) protectedIn(tx *meta.Tx) func(context.Context, meta.VersionList) ([]meta.Version, error) {
	return func(ctx context.Context, want meta.VersionList) (found []meta.Version, err error) {
		rules, err := tx.ListRulesOn(ctx, want.Package, 0)
		if err != nil || len(rules) == 0 {
			return nil, err
		}
		h, skip, limit := shield{s, rules}, want.Skip, want.Limit
		want.Skip, want.Limit = 0, MaxPage
		for looked := 0; looked < MaxSkip; looked += MaxPage {
			rows, err := tx.FindVersions(ctx, want)
			if err != nil {
				return nil, err
			}
			for _, row := range rows {
				switch {
				case !h.protects(row.Tags...):
				case skip > 0:
					skip--
				default:
					found = append(found, row)
				}
				if len(found) == limit {
					return found, nil
				}
				want.Before = row.ID
			}
			if len(rows) < MaxPage {
				break
			}
		}
		return found, nil
	}
}
