package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"
)

const auditTable = "TIME created_at, ACTOR actor, ADDRESS actor_ip, ACTION action, TARGET target, DETAIL detail"

func (a *app) auditCommand() *cobra.Command {
	var (
		owner, since, until string
		limit               int
	)
	cmd := a.command("audit", "Show who changed what, newest first", 0, func(ctx context.Context, c *client, _ []string) error {
		path := "/audit-log"
		if owner != "" {
			path = route("/users/%s/audit-log", owner)
		}
		q := url.Values{}
		for name, value := range map[string]string{"from": since, "until": until} {
			if value == "" {
				continue
			}
			t, err := parseMoment(value, time.Now())
			if err != nil {
				return err
			}
			q.Set(name, t.UTC().Format(time.RFC3339))
		}
		if len(q) > 0 {
			path += "?" + q.Encode()
		}
		list, err := c.list(ctx, path, max(limit, 0))
		if err != nil {
			return err
		}
		return a.table(list, auditTable)
	})
	f := cmd.Flags()
	f.StringVar(&owner, "owner", "", "of a user or an organization (default of the whole registry)")
	f.StringVar(&since, "since", "", "from then on: 24h or 7d ago, or 2026-01-31, or 2026-01-31T12:00:00Z")
	f.StringVar(&until, "until", "", "before then")
	f.IntVar(&limit, "limit", 100, "at most so many, 0 for all")
	return a.withOutput(cmd)
}

// parseMoment reads a time, a day (its beginning, here), or how long ago.
func parseMoment(s string, now time.Time) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, s, now.Location()); err == nil {
		return t, nil
	}
	ago, err := parseLife(s, "100 years")
	if err != nil {
		return now, fmt.Errorf("expected 24h, 7d, 2026-01-31 or 2026-01-31T12:00:00Z, got %q", s)
	}
	return now.Add(-ago), nil
}
