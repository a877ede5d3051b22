package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// MaxHooks is how many webhooks an owner may have, and each repository.
const MaxHooks = 20

// HookPlace is where webhooks hang: at the organization Org, or at the repository
// Owner/Repository. The zero value is the viewer's own account.
type HookPlace struct {
	Org        string
	Owner      string
	Repository string
}

// Hook is a webhook as those see it who may change it. Its secret is not in it.
type Hook struct {
	ID          int64
	URL         string
	ContentType string // json or form
	HasSecret   bool
	InsecureSSL bool
	Events      []string
	Active      bool
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Tried       bool   // whether anything was ever sent
	LastCode    int    // the status of the last answer, 0 for none
	LastError   string // what was wrong with the last try, "" for nothing
}

func hookOf(h meta.Hook) Hook {
	return Hook{
		ID: h.ID, URL: h.URL, ContentType: h.ContentType, HasSecret: h.Secret != nil, InsecureSSL: h.InsecureSSL, Events: h.Events,
		Active: h.Active, CreatedAt: h.CreatedAt, UpdatedAt: h.UpdatedAt,
		Tried: h.LastCode != 0 || h.LastError != "", LastCode: h.LastCode, LastError: h.LastError,
	}
}

// hookPlace is where webhooks hang, found.
type hookPlace struct {
	owner, repository int64
	ownerName, name   string // of the owner, and of what they hang at
}

// hookPlace finds where webhooks hang, for somebody who administers it.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrRepositoryUnknown,
// berth.ErrDenied, berth.ErrRequestInvalid for the operator, who has no account.
func (s *Service) hookPlace(ctx context.Context, tx *meta.Tx, v berth.Viewer, p HookPlace) (hookPlace, error) {
	switch {
	case p.Repository != "":
		row, r, err := s.repository(ctx, tx, v, p.Owner, p.Repository, berth.ActionAdminRepository)
		return hookPlace{owner: row.OwnerID, repository: row.ID, ownerName: row.Owner, name: r.FullName()}, err
	case p.Org != "":
		o, err := s.org(ctx, tx, v, p.Org, berth.ActionAdminOrg)
		return hookPlace{owner: o.ID, ownerName: o.Name, name: o.Name}, err
	case v.UserID < 0:
		return hookPlace{}, berth.ErrRequestInvalid.With("the operator of the data directory has no account; name an organization or a repository")
	}
	err := self(v, v.UserID, v.Login, berth.ActionAdminAccount)
	return hookPlace{owner: v.UserID, ownerName: v.Login, name: v.Login}, err
}

// hook finds a webhook. Errors: those of hookPlace, berth.ErrHookUnknown.
func (s *Service) hook(ctx context.Context, tx *meta.Tx, v berth.Viewer, p HookPlace, id int64) (hookPlace, meta.Hook, error) {
	at, err := s.hookPlace(ctx, tx, v, p)
	if err != nil {
		return at, meta.Hook{}, err
	}
	h, err := tx.GetHook(ctx, at.owner, at.repository, id)
	if errors.Is(err, berth.ErrHookUnknown) {
		err = berth.ErrHookUnknown.With("%s has none of that number", at.name)
	}
	return at, h, err
}

func (p hookPlace) event(now time.Time, action, detail string) berth.Event {
	return berth.Event{At: now, OwnerID: p.owner, Owner: p.ownerName, Action: action, Target: p.name, Detail: detail}
}

// ListHooks returns up to limit webhooks, by id, after one (0: from the first).
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrRepositoryUnknown,
// berth.ErrDenied, berth.ErrRequestInvalid.
func (s *Service) ListHooks(ctx context.Context, v berth.Viewer, p HookPlace, after int64, limit int) ([]Hook, error) {
	var list []Hook
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		at, err := s.hookPlace(ctx, tx, v, p)
		if err != nil {
			return err
		}
		rows, err := tx.ListHooks(ctx, at.owner, at.repository, after, max(1, min(limit, MaxPage)))
		list = make([]Hook, len(rows))
		for i, row := range rows {
			list[i] = hookOf(row)
		}
		return err
	})
	return list, err
}

// GetHook returns a webhook. Errors: those of [Service.ListHooks],
// berth.ErrHookUnknown.
func (s *Service) GetHook(ctx context.Context, v berth.Viewer, p HookPlace, id int64) (Hook, error) {
	var h Hook
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		_, row, err := s.hook(ctx, tx, v, p, id)
		h = hookOf(row)
		return err
	})
	return h, err
}

// CreateHook makes a webhook, which is sent a ping. Unless c says otherwise it is
// active, sent JSON and told of packages. Errors: those of [Service.ListHooks],
// berth.ErrConflict when there are too many.
func (s *Service) CreateHook(ctx context.Context, v berth.Viewer, p HookPlace, c HookChange) (Hook, error) {
	now, guid := s.now(), berth.NewDeliveryGUID()
	sealed := s.sealHookSecret(c.Secret)
	var made meta.Hook
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		at, err := s.hookPlace(ctx, tx, v, p)
		if err != nil {
			return err
		}
		made = meta.Hook{
			OwnerID: at.owner, RepositoryID: at.repository, ContentType: HookJSON, Events: []string{berth.HookPackage},
			Active: true, CreatedAt: now, UpdatedAt: now,
		}
		if c.URL == nil {
			_, err := berth.ParseHookURL("")
			return err
		}
		if _, err := c.apply(&made, sealed); err != nil {
			return err
		}
		n, err := tx.CountHooks(ctx, at.owner, at.repository)
		if err == nil && n >= MaxHooks {
			err = berth.ErrConflict.With("%s has %d webhooks; remove one first", at.name, n)
		}
		if err != nil {
			return err
		}
		if made.ID, err = tx.CreateHook(ctx, made); err != nil {
			return err
		}
		if err := addPing(ctx, tx, v, made.ID, guid, now); err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, at.event(now, "hook.create", fmt.Sprintf("webhook %d: %s", made.ID, hostOf(made.URL))))
	})
	return hookOf(made), err
}

// addPing has a ping sent to a webhook. What is in it is made when it is sent.
func addPing(ctx context.Context, tx *meta.Tx, v berth.Viewer, hook int64, guid string, now time.Time) error {
	_, err := tx.AddDelivery(ctx, berth.HookDelivery{
		GUID: guid, HookID: hook, Event: berth.HookPing, UserID: v.UserID, User: v.Login, CreatedAt: now, NotBefore: now,
	})
	return err
}

// UpdateHook changes a webhook. Where that switches it off, what it was not told yet
// is not told. Errors: those of [Service.ListHooks], berth.ErrHookUnknown.
func (s *Service) UpdateHook(ctx context.Context, v berth.Viewer, p HookPlace, id int64, c HookChange) (Hook, error) {
	now := s.now()
	sealed := s.sealHookSecret(c.Secret)
	var h meta.Hook
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		var at hookPlace
		var err error
		if at, h, err = s.hook(ctx, tx, v, p, id); err != nil {
			return err
		}
		changes, err := c.apply(&h, sealed)
		if err != nil || changes == "" {
			return err
		}
		h.UpdatedAt = now
		if err := tx.PutHook(ctx, h); err != nil {
			return err
		}
		if !h.Active {
			if err := tx.CallOffDeliveries(ctx, id, "the webhook was switched off"); err != nil {
				return err
			}
		}
		return tx.AddEvent(ctx, v, at.event(now, "hook.update", fmt.Sprintf("webhook %d: %s", id, changes)))
	})
	return hookOf(h), err
}

// DeleteHook forgets a webhook with its log. Errors: those of [Service.ListHooks],
// berth.ErrHookUnknown.
func (s *Service) DeleteHook(ctx context.Context, v berth.Viewer, p HookPlace, id int64) error {
	now := s.now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		at, h, err := s.hook(ctx, tx, v, p, id)
		if err != nil {
			return err
		}
		if err := tx.DropHook(ctx, id); err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, at.event(now, "hook.delete", fmt.Sprintf("webhook %d: %s", id, hostOf(h.URL))))
	})
}

// PingHook has a ping sent to a webhook, also to one that is switched off.
// Errors: those of [Service.ListHooks], berth.ErrHookUnknown.
func (s *Service) PingHook(ctx context.Context, v berth.Viewer, p HookPlace, id int64) error {
	now, guid := s.now(), berth.NewDeliveryGUID()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		if _, _, err := s.hook(ctx, tx, v, p, id); err != nil {
			return err
		}
		if err := tx.ResumeHook(ctx, id); err != nil {
			return err
		}
		return addPing(ctx, tx, v, id, guid, now)
	})
}
