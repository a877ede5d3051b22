package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/jobs"
)

const (
	overviewSheet = "OWNERS owners, USERS users, PACKAGES packages, VERSIONS versions, BLOBS storage.blobs, LOGICAL storage.logical_size, UNIQUE storage.unique_size, " +
		"IDLE storage.idle_size, COUNTED storage.counted_at, RECLAIMED reclaimed_size, DELETING doomed_keys, UPLOADS open_uploads, PUSHES waiting_pushes, " +
		"EVENTS waiting_events, DELIVERIES waiting_deliveries, LOST-BLOBS lost_blobs, TRASH trash"
	quotaSheet = "OWNER owner, USED used_size, LIMIT limit_size, OWN own"
)

func (a *app) siteCommand() *cobra.Command {
	types := a.command("type [TYPE STATE]", "Show what may be done with types of packages, or set it: on, read-only or off", 0, func(ctx context.Context, c *client, args []string) error {
		if len(args) == 2 {
			if _, err := c.do(ctx, http.MethodPut, route("/admin/package-types/%s", args[0]), map[string]string{"state": args[1]}); err != nil {
				return err
			}
			return a.say("%s packages are %s", args[0], args[1])
		}
		list, err := c.list(ctx, "/admin/package-types", 0)
		if err != nil {
			return err
		}
		return a.table(list, "TYPE name, STATE state")
	})
	types.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return cobra.ExactArgs(2)(cmd, args)
	}
	quota := a.command("quota [SIZE|none]", "Show how much owners without a quota of their own may hold, or set it", 0, func(ctx context.Context, c *client, args []string) error {
		return a.quota(ctx, c, "/admin/quota", args, "LIMIT limit_size")
	})
	quota.Args = cobra.MaximumNArgs(1)
	return a.group("site", "Administer the registry as a whole",
		a.command("overview", "Show what the registry holds and what waits", 0, func(ctx context.Context, c *client, _ []string) error {
			raw, err := c.do(ctx, http.MethodGet, "/admin/overview", nil)
			if err != nil {
				return err
			}
			return a.show(raw, overviewSheet)
		}),
		types, quota)
}

func (a *app) ownerCommand() *cobra.Command {
	quota := a.command("quota NAME [SIZE|none|default]", "Show what a user or an organization holds and may hold, or set it", 1, func(ctx context.Context, c *client, args []string) error {
		return a.quota(ctx, c, route("/admin/owners/%s/quota", args[0]), args[1:], quotaSheet)
	})
	quota.Args = cobra.RangeArgs(1, 2)
	return a.group("owner", "Manage users and organizations alike", quota)
}

// quota shows a quota, or sets it first where a limit is given.
func (a *app) quota(ctx context.Context, c *client, path string, limit []string, sheet string) error {
	method, body := http.MethodGet, any(nil)
	if len(limit) == 1 {
		method, body = http.MethodPut, map[string]string{"limit": limit[0]}
	}
	raw, err := c.do(ctx, method, path, body)
	if err != nil {
		return err
	}
	if a.output == outputText {
		if raw, err = readable(raw, "limit_size", "used_size"); err != nil {
			return err
		}
	}
	return a.show(raw, sheet)
}

// readable writes fields that are numbers of bytes as people read them.
func readable(raw json.RawMessage, fields ...string) (json.RawMessage, error) {
	o, err := parseObject(raw)
	if err != nil {
		return nil, err
	}
	for _, field := range fields {
		n, ok := o[field].(json.Number)
		if !ok {
			if value, there := o[field]; there && value == nil && strings.HasPrefix(field, "limit") {
				o[field] = "none"
			}
			continue
		}
		size, err := n.Int64()
		if err != nil {
			return nil, err
		}
		o[field] = berth.FormatSize(size)
	}
	return json.Marshal(o)
}

// jobList shows the jobs of a server to the faces.
type jobList struct{ *jobs.Runner }

// Jobs implements [account.Jobs].
func (l jobList) Jobs() []account.Job {
	var list []account.Job
	for _, j := range l.Runner.Jobs() {
		list = append(list, account.Job(j))
	}
	return list
}
