package registry

import (
	"context"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// Usage is what the packages of an owner, or one of them, take. Logical and Unique are
// bytes; logical counts a blob in every package that holds it, unique once.
type Usage = meta.Usage

// OwnerUsage returns what the packages of an owner take, for those who administer all
// of them. Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied.
func (s *Service) OwnerUsage(ctx context.Context, v berth.Viewer, owner string) (Usage, error) {
	var u Usage
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		standing, err := administered(ctx, tx, v, owner)
		if err != nil {
			return err
		}
		u, err = tx.Usage(ctx, standing.OwnerID, 0)
		return err
	})
	return u, err
}

// administered finds an owner all of whose packages the viewer administers.
func administered(ctx context.Context, tx *meta.Tx, v berth.Viewer, owner string) (berth.Standing, error) {
	standing, err := tx.Standing(ctx, berth.Name{Owner: owner}, v.UserID)
	switch {
	case err != nil:
		return standing, err
	case v.Anonymous():
		return standing, berth.ErrUnauthenticated.With("log in to see the usage of %s", owner)
	case standing.OwnerID != 0 && berth.Can(v, standing, berth.ActionAdmin):
		return standing, nil
	case standing.OwnerID != 0 && (standing.Membership != berth.MembershipNone || v.Admin):
		return standing, noOwner(v, standing, owner)
	}
	return standing, berth.ErrOwnerUnknown.With("%s does not exist, or %s may not see it", owner, v.Login)
}

// PackageUsage returns what a package takes, for those who may pull it.
// Errors: those of [Service.enter]; berth.ErrPackageUnknown.
func (s *Service) PackageUsage(ctx context.Context, v berth.Viewer, n berth.Name) (Usage, error) {
	var u Usage
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		standing, err := s.published(ctx, tx, v, n, berth.ActionPull)
		if err == nil {
			u, err = tx.Usage(ctx, standing.OwnerID, standing.PackageID)
		}
		return err
	})
	return u, err
}

// DayDownloads is how often a package was pulled on a day (UTC).
type DayDownloads struct {
	Day   time.Time
	Count int64
}

// MaxDays is for how many days back downloads are told.
const MaxDays = 366

// Downloads returns how often a package was pulled on each of the last days, today
// last. Errors: those of [Service.enter]; berth.ErrPackageUnknown.
func (s *Service) Downloads(ctx context.Context, v berth.Viewer, n berth.Name, days int) ([]DayDownloads, error) {
	calendar := s.calendar(days)
	var list []DayDownloads
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		standing, err := s.published(ctx, tx, v, n, berth.ActionPull)
		if err == nil {
			list, err = calendar.read(ctx, tx, standing.PackageID)
		}
		return err
	})
	return list, err
}

// calendar is the last days, today last.
type calendar struct {
	first int64 // as meta counts them
	days  int
}

// calendar returns so many days, at most [MaxDays].
func (s *Service) calendar(days int) calendar {
	days = max(1, min(days, MaxDays))
	return calendar{meta.Day(s.opts.Now()) - int64(days) + 1, days}
}

// read returns how often a package was pulled on each of the days.
func (c calendar) read(ctx context.Context, tx *meta.Tx, pkg int64) ([]DayDownloads, error) {
	rows, err := tx.ListDownloads(ctx, pkg, c.first)
	list := make([]DayDownloads, c.days)
	for i := range list {
		list[i].Day = time.Unix((c.first+int64(i))*24*60*60, 0).UTC()
	}
	for _, row := range rows {
		if i := row.Day - c.first; i < int64(c.days) {
			list[i].Count = row.Count
		}
	}
	return list, err
}
