package view

import (
	"testing"
	"time"
)

func TestKeepingSettings(t *testing.T) {
	t.Parallel()
	at := noon().Add(-40 * 24 * time.Hour)
	top := SettingsTop{Head: PackageHead{Name: "acme/web", Visibility: "private", Versions: 12, Tab: "settings", Admin: true}}
	top.Current = "tags"
	golden(t, "tagrules", Frame{}, TagRules(TagSettings{Top: top, Rows: []TagRuleRow{
		{ID: "1", OfOwner: true, Pattern: "v*", CreatedAt: at},
		{ID: "2", Pattern: "<b>", Users: []string{"ada"}, Teams: []string{"devs"}, Repositories: []string{"acme/web"}, CreatedAt: at},
	}}))
	top.Current = "retention"
	golden(t, "retention", Frame{}, RetentionRule(RetentionSettings{
		Top: top, Stored: true, Own: true, UpdatedAt: at, Form: RetentionForm{Active: true, KeepNewest: "2", RemoveTags: "pr-*\n</textarea>"},
		Preview: &RetentionPreview{
			Name: "acme/web", Versions: 12, Remove: 3, Later: 4, Freed: -1, Kept: []KeptRow{{"newest", 2}, {"tagged", 7}},
			Rows: []PlannedRow{
				{Digest: "sha256:0123456789abcdef", Tags: []string{"1", "2", "3", "4", "5", "6", "7"}, PushedAt: at},
				{Digest: "sha256:fedcba9876543210", PushedAt: at, LastPulledAt: at},
			},
		},
	}))
}
