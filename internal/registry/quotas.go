package registry

import (
	"context"
	"strconv"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	// NoLimit is the quota of an owner who may hold any number of bytes.
	NoLimit = -1
	// DefaultLimit leaves an owner with the instance's default.
	DefaultLimit = -2
	// maxQuota is more than any disk holds.
	maxQuota = 1 << 60
)

// Quota is what an owner holds and may hold, in bytes: each blob once, and manifests,
// with what is in the trash.
type Quota struct {
	OwnerID int64
	Owner   string // as displayed
	Kind    string // user or org
	Used    int64
	Limit   int64 // that counts, NoLimit for none
	Own     bool  // the limit is the owner's own, not the instance's default
}

// Exceeded reports whether there is no room for one byte more.
func (q Quota) Exceeded() bool { return q.Limit != NoLimit && q.Used >= q.Limit }

func quotaOf(row meta.Quota) Quota {
	q := Quota{OwnerID: row.OwnerID, Owner: row.Owner, Kind: row.Kind, Used: row.Used, Limit: defaultLimit(row.Default), Own: row.Own.Valid}
	if q.Own {
		q.Limit = row.Own.Int64
	}
	return q
}

// defaultLimit reads the setting, which is missing where there is no limit.
func defaultLimit(setting string) int64 {
	if n, err := strconv.ParseInt(setting, 10, 64); err == nil && n >= 0 {
		return n
	}
	return NoLimit
}

// OwnerQuota returns the quota of an owner, for those who administer all of his
// packages. Errors: those of [Service.OwnerUsage].
func (s *Service) OwnerQuota(ctx context.Context, v berth.Viewer, owner string) (Quota, error) {
	var q Quota
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		standing, err := administered(ctx, tx, v, owner)
		if err != nil {
			return err
		}
		row, err := tx.GetQuota(ctx, standing.OwnerID)
		q = quotaOf(row)
		return err
	})
	return q, err
}

// GetQuota is [Service.OwnerQuota] for administrators of the instance, by any spelling of
// the name. Errors: berth.ErrUnauthenticated, berth.ErrDenied, berth.ErrOwnerInvalid,
// berth.ErrOwnerUnknown.
func (s *Service) GetQuota(ctx context.Context, v berth.Viewer, owner string) (Quota, error) {
	if err := berth.CheckSite(v); err != nil {
		return Quota{}, err
	}
	folded, err := berth.ParseOwner(owner)
	if err != nil {
		return Quota{}, err
	}
	var q Quota
	err = s.meta.View(ctx, func(tx *meta.Tx) error {
		o, err := tx.GetOwner(ctx, folded)
		if err != nil {
			return noSuchOwner(owner, err)
		}
		row, err := tx.GetQuota(ctx, o.ID)
		q = quotaOf(row)
		return err
	})
	return q, err
}

func noSuchOwner(name string, cause error) error {
	return berth.ErrOwnerUnknown.With("there is no user or organization %s", name).Because(cause)
}

// ListQuotas returns the quotas of all owners, or of those of a kind (user, org), by
// folded name after the given one, at most limit of them. Only an administrator may.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied, berth.ErrPageInvalid.
func (s *Service) ListQuotas(ctx context.Context, v berth.Viewer, kind, after string, limit int) ([]Quota, error) {
	if err := berth.CheckSite(v); err != nil {
		return nil, err
	}
	if err := checkAfter(after); err != nil {
		return nil, err
	}
	var list []Quota
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		rows, err := tx.ListQuotas(ctx, kind, strings.ToLower(after), max(1, min(limit, MaxPage)))
		list = make([]Quota, len(rows))
		for i, row := range rows {
			list[i] = quotaOf(row)
		}
		return err
	})
	return list, err
}

// DefaultQuota returns how many bytes an owner may hold who has no quota of his own,
// NoLimit for any number. Only an administrator may ask.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied.
func (s *Service) DefaultQuota(ctx context.Context, v berth.Viewer) (int64, error) {
	limit := int64(NoLimit)
	if err := berth.CheckSite(v); err != nil {
		return limit, err
	}
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		value, err := tx.GetSetting(ctx, meta.SettingQuota)
		limit = defaultLimit(value)
		return err
	})
	return limit, err
}

// SetDefaultQuota changes how many bytes an owner may hold who has no quota of his own;
// NoLimit is any number. Nothing that is there goes. Only an administrator may.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied, berth.ErrRequestInvalid.
func (s *Service) SetDefaultQuota(ctx context.Context, v berth.Viewer, limit int64) error {
	if limit == DefaultLimit {
		limit = NoLimit
	}
	if err := checkQuota(v, limit); err != nil {
		return err
	}
	now := s.opts.Now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		value, err := tx.GetSetting(ctx, meta.SettingQuota)
		before := defaultLimit(value)
		if err != nil || before == limit {
			return err
		}
		if limit == NoLimit {
			err = tx.DropSetting(ctx, meta.SettingQuota)
		} else {
			err = tx.PutSetting(ctx, meta.SettingQuota, strconv.FormatInt(limit, 10))
		}
		if err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, berth.Event{At: now, Action: "quota.set", Target: "default", Detail: limitText(before) + " -> " + limitText(limit)})
	})
}

// SetQuota changes how many bytes an owner may hold; NoLimit is any number, and with
// DefaultLimit the instance's default counts. Nothing that is there goes. Only an
// administrator may. Errors: berth.ErrUnauthenticated, berth.ErrDenied,
// berth.ErrRequestInvalid, berth.ErrOwnerInvalid, berth.ErrOwnerUnknown.
func (s *Service) SetQuota(ctx context.Context, v berth.Viewer, owner string, limit int64) error {
	if err := checkQuota(v, limit); err != nil {
		return err
	}
	folded, err := berth.ParseOwner(owner)
	if err != nil {
		return err
	}
	now := s.opts.Now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		o, err := tx.GetOwner(ctx, folded)
		if err != nil {
			return noSuchOwner(owner, err)
		}
		row, err := tx.GetQuota(ctx, o.ID)
		if err != nil {
			return err
		}
		before := ownText(quotaOf(row))
		if limit == DefaultLimit {
			err = tx.DropQuota(ctx, o.ID)
		} else {
			err = tx.PutQuota(ctx, o.ID, limit)
		}
		if err != nil {
			return err
		}
		if row, err = tx.GetQuota(ctx, o.ID); err != nil {
			return err
		}
		after := ownText(quotaOf(row))
		if before == after {
			return nil
		}
		return tx.AddEvent(ctx, v, berth.Event{At: now, OwnerID: o.ID, Owner: o.Name, Action: "quota.set", Target: o.Name, Detail: before + " -> " + after})
	})
}

func checkQuota(v berth.Viewer, limit int64) error {
	if err := berth.CheckSite(v); err != nil {
		return err
	}
	if limit < DefaultLimit || limit > maxQuota {
		return berth.ErrRequestInvalid.With("expected a quota from 0 to %d bytes, got %d", int64(maxQuota), limit)
	}
	return nil
}

// limitText is a limit as the log and refusals have it.
func limitText(limit int64) string {
	if limit == NoLimit {
		return "no limit"
	}
	return berth.FormatSize(limit)
}

func ownText(q Quota) string {
	if q.Own {
		return limitText(q.Limit)
	}
	return "default"
}

// room is what an owner held before something was added. Who adds at the same time is
// not seen: together they may pass the limit, by what is under way, and then nobody adds
// any more.
type room struct {
	tx     *meta.Tx
	before Quota
}

// roomFor begins to watch what the owner of a package holds.
func roomFor(ctx context.Context, tx *meta.Tx, pkg int64) (room, error) {
	row, err := tx.GetQuotaOf(ctx, pkg)
	return room{tx, quotaOf(row)}, err
}

// roomOf begins to watch what an owner holds.
func roomOf(ctx context.Context, tx *meta.Tx, owner int64) (room, error) {
	row, err := tx.GetQuota(ctx, owner)
	return room{tx, quotaOf(row)}, err
}

// check refuses what was added since then, where that is more than the owner may hold.
// Pushing again what he holds already adds nothing. Errors: berth.ErrQuotaExceeded.
func (r room) check(ctx context.Context) error {
	if r.before.Limit == NoLimit {
		return nil
	}
	row, err := r.tx.GetQuota(ctx, r.before.OwnerID)
	if err != nil {
		return err
	}
	after := quotaOf(row)
	if after.Used <= r.before.Used || after.Limit == NoLimit || after.Used <= after.Limit {
		return nil
	}
	return berth.ErrQuotaExceeded.With("%s holds %s of %s and this adds %s; delete something, or ask a site administrator to raise it: berth owner quota %s SIZE",
		after.Owner, berth.FormatSize(r.before.Used), berth.FormatSize(after.Limit), berth.FormatSize(after.Used-r.before.Used), after.Owner)
}

// foldBatch is how many changes to what owners hold are added up at a time.
const foldBatch = 1000

// FoldUsage adds up what changed in what owners hold, so that it is quick to ask, and
// returns how many changes there were.
func (s *Service) FoldUsage(ctx context.Context) (int, error) {
	total := 0
	for {
		n := 0
		err := s.meta.Update(ctx, func(tx *meta.Tx) (err error) {
			n, err = tx.FoldUsage(ctx, foldBatch)
			return err
		})
		total += n
		if err != nil || n < foldBatch {
			return total, err
		}
	}
}
