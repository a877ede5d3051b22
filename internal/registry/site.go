package registry

import (
	"context"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// GrowthDays is for how many days back [SiteOverview] tells of growth, today included.
const GrowthDays = 90

// Figures are what the whole instance held on a day. Sizes are in bytes.
type Figures struct {
	Day      time.Time // its beginning, in UTC
	At       time.Time // when it was counted, the last time on that day
	Owners   int64
	Users    int64 // and service accounts
	Packages int64
	Versions int64
	Blobs    int64
	Logical  int64 // a blob counted in every package that holds it, and manifests
	Unique   int64 // a blob counted once
	// IdleBlobs and Idle are what no package holds, which a collector may delete.
	IdleBlobs int64
	Idle      int64
	Reclaimed int64 // deleted from the blob store on that day
}

// SiteOverview is what an administrator should know of the instance.
type SiteOverview struct {
	Owners   int64 // users, service accounts and organizations
	Users    int64
	Packages int64
	Versions int64

	// Last are the figures that were counted last, within the hour. Its At is zero where
	// nothing was counted yet.
	Last Figures
	// Growth has one entry for each day on which something was counted, the last one at
	// the end, at most GrowthDays of them.
	Growth    []Figures
	Reclaimed int64 // in the days of Growth

	DoomedKeys        int64 // in the blob store, waiting to be deleted
	OpenUploads       int64
	WaitingPushes     int64 // to be followed up
	WaitingEvents     int64 // of which webhooks are to be told
	WaitingDeliveries int64 // to webhooks
	LostBlobs         int64 // whose bytes were not there when somebody looked
	Trash             int64 // deletions that can be undone
}

// SiteOverview returns what an administrator should know of the instance. It is quick:
// sums over all blobs are those of the last hour. Only an administrator may ask.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied.
func (s *Service) SiteOverview(ctx context.Context, v berth.Viewer) (SiteOverview, error) {
	var o SiteOverview
	if err := berth.CheckSite(v); err != nil {
		return o, err
	}
	first := meta.Day(s.opts.Now()) - GrowthDays + 1
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		now, err := tx.CountHolding(ctx)
		if err != nil {
			return err
		}
		last, err := tx.LastFigures(ctx)
		if err != nil {
			return err
		}
		days, err := tx.ListFigures(ctx, first)
		if err != nil {
			return err
		}
		w, err := tx.Waiting(ctx)
		o = SiteOverview{
			Owners: now.Owners, Users: now.Users, Packages: now.Packages, Versions: now.Versions, Last: figuresOf(last),
			DoomedKeys: w.Keys, OpenUploads: w.Uploads, WaitingPushes: w.Pushes, WaitingEvents: w.Events,
			WaitingDeliveries: w.Deliveries, LostBlobs: w.LostBlobs, Trash: w.Trash,
		}
		for _, day := range days {
			o.Growth = append(o.Growth, figuresOf(day))
			o.Reclaimed += day.Reclaimed
		}
		return err
	})
	return o, err
}

func figuresOf(row meta.Figures) Figures {
	if row.Day == 0 {
		return Figures{}
	}
	return Figures{
		Day: time.Unix(row.Day*24*60*60, 0).UTC(), At: row.At, Owners: row.Owners, Users: row.Users,
		Packages: row.Packages, Versions: row.Versions, Blobs: row.Blobs, Logical: row.Logical, Unique: row.Held,
		IdleBlobs: row.IdleBlobs, Idle: row.Idle, Reclaimed: row.Reclaimed,
	}
}

// RecordFigures counts what the instance holds and writes it down for today. It reads
// every row of blobs, aside from those who push. It returns 0: there is nothing to tell.
func (s *Service) RecordFigures(ctx context.Context) (int, error) {
	now := s.opts.Now()
	var f meta.Figures
	err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		f, err = tx.CountFigures(ctx)
		return err
	})
	if err != nil {
		return 0, err
	}
	f.Day, f.At = meta.Day(now), now
	return 0, s.meta.Update(ctx, func(tx *meta.Tx) error { return tx.PutFigures(ctx, f) })
}
