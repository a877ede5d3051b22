package account

import (
	"context"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// EndOtherSessions ends all of the viewer's sessions but the one that he uses.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied.
func (s *Service) EndOtherSessions(ctx context.Context, v berth.Viewer) error {
	if err := self(v, v.UserID, v.Login, berth.ActionAdminAccount); err != nil {
		return err
	}
	now := s.now()
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		// As whoever opens one does: it must not be overlooked.
		if err := tx.LockUser(ctx, v.UserID); err != nil {
			return err
		}
		if err := tx.DropSessions(ctx, v.UserID, v.SessionID); err != nil {
			return err
		}
		return addOwnEvent(ctx, tx, v, now, "session.end_others")
	})
	s.changed()
	return err
}
