package account

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// Job is what is known of a piece of periodic work on this server. Times are zero, and
// a duration 0, where it has not run to its end yet.
type Job struct {
	Name      string
	Every     time.Duration
	Running   bool
	StartedAt time.Time     // of the run under way, or the last one
	Took      time.Duration // the last run
	Done      int           // in the last run
	Error     string        // of the last run, "" when it went well
	NextAt    time.Time     // zero while it runs
}

// Jobs is the periodic work of this server.
type Jobs interface {
	Jobs() []Job
	// Trigger has a job run now, and reports whether there is one of that name.
	Trigger(name string) bool
}

// ListJobs returns the periodic work of this server; each replica has its own. Only an
// administrator may. Errors: berth.ErrUnauthenticated, berth.ErrDenied.
func (s *Service) ListJobs(v berth.Viewer, jobs Jobs) ([]Job, error) {
	if err := site(v); err != nil {
		return nil, err
	}
	return jobs.Jobs(), nil
}

// RunJob has a job run now, on this server. Only an administrator may.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied, berth.ErrJobUnknown.
func (s *Service) RunJob(ctx context.Context, v berth.Viewer, jobs Jobs, name string) error {
	list, err := s.ListJobs(v, jobs)
	if err != nil {
		return err
	}
	for _, j := range list {
		if j.Name != name {
			continue
		}
		if err := s.AdministerSite(ctx, v, berth.Event{Action: "job.run", Target: name}); err != nil {
			return err
		}
		jobs.Trigger(name)
		return nil
	}
	return berth.ErrJobUnknown.With("there is no job %.60q", name)
}

// AdministerSite allows an administrator something that is done outside of the
// database, and writes to the audit log that it was. The time is filled in.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied.
func (s *Service) AdministerSite(ctx context.Context, v berth.Viewer, e berth.Event) error {
	if err := site(v); err != nil {
		return err
	}
	e.At = s.now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error { return tx.AddEvent(ctx, v, e) })
}

// SiteUser is a user as administrators see him.
type SiteUser struct {
	berth.User

	UsedAt time.Time // when a session or a token of his was last used, zero: never
}

// FindUsers returns the users and service accounts whose names begin with a prefix (""
// is all), by name after the given one. Only an administrator may.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied, berth.ErrPageInvalid.
func (s *Service) FindUsers(ctx context.Context, v berth.Viewer, prefix, after string, limit int) ([]SiteUser, error) {
	if err := site(v); err != nil {
		return nil, err
	}
	prefix = strings.ToLower(prefix)
	if prefix != "" && !namePart(prefix) {
		return []SiteUser{}, nil // no name has that in it
	}
	return list(ctx, s, after, limit, func(tx *meta.Tx, after string, limit int) ([]SiteUser, error) {
		rows, err := tx.FindAccounts(ctx, prefix, after, limit)
		found := make([]SiteUser, len(rows))
		for i, row := range rows {
			found[i] = SiteUser{row.User, row.UsedAt}
		}
		return found, err
	})
}

// namePart reports whether names of owners may begin with something: no other text is
// looked for in the database.
func namePart(s string) bool {
	return len(s) <= berth.MaxOwnerLength && strings.Trim(s, nameLetters) == ""
}

// EventQuery says which events are wanted, newest first.
type EventQuery struct {
	AuditQuery

	Actor  string // by his name, now or then; "operator" is who ran commands on the data; "" is all
	Action string // what the action begins with, such as "package." or "user.create"; "" is all
}

// EventPage is a page of the audit log.
type EventPage struct {
	Events []berth.Event
	// Before goes on with the next page, 0 when this is the last one. A page may be short
	// and yet not the last: where few events are wanted of very many, one page looks
	// through a part of the log only.
	Before int64
}

const (
	// eventWindow is how many ids of the log one statement looks through, and maxWindows
	// how many windows one page.
	eventWindow = 50_000
	maxWindows  = 8
)

// FindEvents returns a part of the audit log to those who may read it, as
// [Service.ListEvents]. Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown,
// berth.ErrDenied, berth.ErrRequestInvalid.
func (s *Service) FindEvents(ctx context.Context, v berth.Viewer, q EventQuery) (EventPage, error) {
	f := meta.EventFilter{From: q.From, Until: q.Until, Limit: max(1, min(q.Limit, MaxPage)) + 1}
	if f.Until.IsZero() {
		f.Until = time.UnixMicro(math.MaxInt64)
	}
	if f.From.IsZero() {
		f.From = time.UnixMicro(0)
	}
	if f.Action = strings.ToLower(q.Action); f.Action != "" && (len(f.Action) > 40 || strings.Trim(f.Action, "abcdefghijklmnopqrstuvwxyz_.") != "") {
		return EventPage{}, berth.ErrRequestInvalid.With("expected the beginning of an action such as package. or user.create, got %.40q", q.Action)
	}
	if f.Actor = strings.ToLower(q.Actor); f.Actor != "" && !namePart(f.Actor) {
		return EventPage{}, berth.ErrRequestInvalid.With("expected the name of a user, got %.60q", q.Actor)
	}
	var page EventPage
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		owner, err := s.auditOwner(ctx, tx, v, q.Owner)
		if err != nil {
			return err
		}
		f.Owner = owner
		page, err = findEvents(ctx, tx, f, q.Before)
		return err
	})
	return page, err
}

// findEvents goes through the log window by window, until the page is full.
func findEvents(ctx context.Context, tx *meta.Tx, f meta.EventFilter, before int64) (EventPage, error) {
	var page EventPage
	last, err := tx.LastEvent(ctx)
	if err != nil {
		return page, err
	}
	if before <= 0 || before > last {
		before = last + 1
	}
	want := f.Limit
	for range maxWindows {
		f.First, f.Before, f.Limit = before-eventWindow, before, want-len(page.Events)
		found, err := tx.FindEvents(ctx, f)
		if err != nil {
			return page, err
		}
		page.Events = append(page.Events, found...)
		if len(page.Events) == want {
			page.Events = page.Events[:want-1]
			page.Before = page.Events[want-2].ID
			return page, nil
		}
		if before = f.First; before <= 1 {
			return page, nil
		}
	}
	page.Before = before
	return page, nil
}
