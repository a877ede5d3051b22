package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// ListDeliveries returns up to limit deliveries of a webhook without headers and
// contents, newest first, older than one (0: from the newest). Errors: those of
// [Service.ListHooks], berth.ErrHookUnknown.
func (s *Service) ListDeliveries(ctx context.Context, v berth.Viewer, p HookPlace, hook, before int64, limit int) ([]berth.HookDelivery, error) {
	var list []berth.HookDelivery
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		if _, _, err := s.hook(ctx, tx, v, p, hook); err != nil {
			return err
		}
		var err error
		list, err = tx.ListDeliveries(ctx, hook, before, max(1, min(limit, MaxPage)))
		return err
	})
	return list, err
}

// GetDelivery returns a delivery of a webhook, with the webhook. Errors: those of
// [Service.ListHooks], berth.ErrHookUnknown, berth.ErrDeliveryUnknown.
func (s *Service) GetDelivery(ctx context.Context, v berth.Viewer, p HookPlace, hook, id int64) (berth.HookDelivery, Hook, error) {
	var d berth.HookDelivery
	var h Hook
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		_, row, err := s.hook(ctx, tx, v, p, hook)
		if err != nil {
			return err
		}
		h = hookOf(row)
		d, err = delivery(ctx, tx, hook, id)
		return err
	})
	return d, h, err
}

// delivery finds a delivery of a webhook. Errors: berth.ErrDeliveryUnknown.
func delivery(ctx context.Context, tx *meta.Tx, hook, id int64) (berth.HookDelivery, error) {
	d, err := tx.GetDelivery(ctx, hook, id)
	if errors.Is(err, berth.ErrDeliveryUnknown) {
		err = berth.ErrDeliveryUnknown.With("webhook %d has none of that number; they are kept for 30 days", hook)
	}
	return d, err
}

// Redeliver has the same sent once more, as a delivery of its own, with whatever
// address and secret the webhook has now. If the old one was to be tried again, it is
// not. Errors: those of [Service.ListHooks], berth.ErrHookUnknown,
// berth.ErrDeliveryUnknown.
func (s *Service) Redeliver(ctx context.Context, v berth.Viewer, p HookPlace, hook, id int64) error {
	now, guid := s.now(), berth.NewDeliveryGUID()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		at, _, err := s.hook(ctx, tx, v, p, hook)
		if err != nil {
			return err
		}
		d, err := delivery(ctx, tx, hook, id)
		if err != nil {
			return err
		}
		if err := tx.CallOffDelivery(ctx, id); err != nil {
			return err
		}
		if err := tx.ResumeHook(ctx, hook); err != nil {
			return err
		}
		again := berth.HookDelivery{
			GUID: guid, HookID: hook, Event: d.Event, Action: d.Action, Redelivery: true, UserID: v.UserID, User: v.Login,
			CreatedAt: now, NotBefore: now, Payload: d.Payload,
		}
		if _, err := tx.AddDelivery(ctx, again); err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, at.event(now, "hook.redeliver", fmt.Sprintf("webhook %d, delivery %s", hook, d.GUID)))
	})
}
