package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"
)

const auditTable = "TIME time, ACTOR actor, ADDRESS actor_ip, ACTION action, TARGET target, DETAIL detail"

func (a *app) auditCommand() *cobra.Command {
	var (
		owner, since, until string
		limit               int
	)
	cmd := a.command("audit", "Show who changed what, newest first", 0, func(ctx context.Context, c *client, _ []string) error {
		if limit < 0 {
			return fmt.Errorf("--limit: expected a number, or 0 for all, got %d", limit)
		}
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
		list, err := c.list(ctx, path, limit)
		if err != nil {
			return err
		}
		if a.output == outputText {
			for i := range list {
				if list[i], err = withSeconds(list[i]); err != nil {
					return err
				}
			}
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

// withSeconds gives an event its time to the second: other tables do without.
func withSeconds(raw json.RawMessage) (json.RawMessage, error) {
	o, err := parseObject(raw)
	if err != nil {
		return nil, err
	}
	created, _ := o["created_at"].(string)
	at, err := time.Parse(time.RFC3339, created)
	if err != nil {
		return nil, fmt.Errorf("the answer has no time of an event: %w", err)
	}
	o["time"] = at.Local().Format(time.DateTime)
	return json.Marshal(o)
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
