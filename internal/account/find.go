package account

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// hidden reports whether an error says that there is nothing which the viewer may see.
func hidden(err error) bool {
	return errors.Is(err, berth.ErrRepositoryUnknown) || errors.Is(err, berth.ErrUnauthenticated) || errors.Is(err, berth.ErrOwnerUnknown)
}

// expiredFor is how long a token that ran out is told of.
const expiredFor = 7 * 24 * time.Hour

// maxExpiring bounds the tokens that are told of at once.
const maxExpiring = 20

// ExpiringTokens returns the viewer's own tokens that run out within a time, or did in
// the last seven days, and are not revoked; the first first, at most 20.
// Errors: as [Service.ListTokens].
func (s *Service) ExpiringTokens(ctx context.Context, v berth.Viewer, within time.Duration) ([]Token, error) {
	now := s.now()
	return s.readTokens(ctx, v, v.Login, func(tx *meta.Tx, id int64) ([]meta.Token, error) {
		return tx.ListExpiring(ctx, id, now.Add(-expiredFor), now.Add(max(0, min(within, maxTokenLife))), maxExpiring)
	})
}

// Found is an owner whose name begins as was asked.
type Found struct {
	Name string
	Kind string // user, org or service
}

// Search returns the owners whose name begins so and of whom the viewer may know: users,
// and his organizations with their service accounts; to administrators all. Nobody is
// shown to who is not signed in. Repositories are found with them: their names begin so
// in "owner/name", and the viewer may read them.
// Errors: berth.ErrRequestInvalid for what is no text.
func (s *Service) Search(ctx context.Context, v berth.Viewer, prefix string, limit int) (owners []Found, repositories []Repository, err error) {
	prefix, err = berth.ParseSearch(prefix)
	if prefix == "" {
		return nil, nil, err
	}
	prefix = strings.ToLower(prefix)
	limit = max(1, min(limit, MaxPage))
	owner, name, _ := strings.Cut(prefix, "/")
	err = s.meta.View(ctx, func(tx *meta.Tx) error {
		owners, repositories = nil, nil
		probe := berth.Standing{OwnerID: v.UserID, Membership: berth.MembershipOwner}
		if !strings.Contains(prefix, "/") && !v.Anonymous() && berth.Can(v, probe, berth.ActionReadAccount) {
			rows, err := tx.FindOwners(ctx, prefix, v.UserID, v.Admin, limit)
			if err != nil {
				return err
			}
			for _, row := range rows {
				kind := row.Kind
				if row.Service {
					kind = "service"
				}
				owners = append(owners, Found{row.Name, kind})
			}
		}
		if strings.Trim(owner+name, nameLetters) != "" {
			return nil // no repository is called so, and half a letter is no text
		}
		q := readerQuery(v)
		q.After, q.Limit = berth.Name{Owner: owner, Path: nameBefore(name)}, limit
		rows, err := tx.ListRepositories(ctx, q)
		for _, row := range rows {
			r := repositoryOf(row.Repository, row.Standing, v)
			if strings.HasPrefix(r.Cursor(), prefix) {
				repositories = append(repositories, r)
			}
		}
		return err
	})
	return owners, repositories, err
}
