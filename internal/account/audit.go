package account

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// MaxPage is the largest page of any list, one more so that a face can tell
// whether there is another.
const MaxPage = 10_101

// AuditQuery says which events are wanted, newest first.
type AuditQuery struct {
	Owner  string    // "" for those of the whole instance
	From   time.Time // zero: from the first
	Until  time.Time // exclusive; zero: to the newest
	Before int64     // older than the event of this id; 0: from the newest
	Limit  int
}

// ListEvents returns a part of the audit log: of an organization to its owners, of
// a user to himself, and everything to administrators.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied.
func (s *Service) ListEvents(ctx context.Context, v berth.Viewer, q AuditQuery) ([]berth.Event, error) {
	if q.Until.IsZero() {
		q.Until = time.UnixMicro(math.MaxInt64)
	}
	if q.From.IsZero() {
		q.From = time.UnixMicro(0)
	}
	q.Limit = max(1, min(q.Limit, MaxPage))
	var list []berth.Event
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		owner, err := s.auditOwner(ctx, tx, v, q.Owner)
		if err != nil {
			return err
		}
		list, err = tx.ListEvents(ctx, owner, q.From, q.Until, q.Before, q.Limit)
		return err
	})
	return list, err
}

// auditOwner returns the id of an owner whose log the viewer may read, -1 for all.
func (s *Service) auditOwner(ctx context.Context, tx *meta.Tx, v berth.Viewer, name string) (int64, error) {
	if name == "" {
		err := site(v)
		if denied, ok := errors.AsType[*berth.Error](err); ok && !v.Anonymous() {
			return 0, denied.With("or ask for those of one owner: berth audit --owner %s", v.Login)
		}
		return -1, err
	}
	o, _, err := namespace(ctx, tx, v, name)
	if err != nil {
		return 0, err
	}
	switch {
	case o.ID == 0 && berth.Can(v, berth.Standing{}, berth.ActionSite):
		return deletedOwner(ctx, tx, name) // whose log stays
	case o.Kind != meta.KindOrg:
		return o.ID, self(v, o.ID, name, berth.ActionReadAccount)
	}
	o, err = s.org(ctx, tx, v, name, berth.ActionAdminOrg)
	if errors.Is(err, berth.ErrOwnerUnknown) {
		err = self(v, -1, name, berth.ActionReadAccount) // as for an owner that is not there
	}
	return o.ID, err
}

// deletedOwner returns the id of the last owner of a name that is in the log only.
func deletedOwner(ctx context.Context, tx *meta.Tx, name string) (int64, error) {
	id, err := tx.FindLoggedOwner(ctx, name, strings.ToLower(name))
	if err == nil && id == 0 {
		err = berth.ErrOwnerUnknown.With("there is no user or organization %s, and none was deleted", name)
	}
	return id, err
}
