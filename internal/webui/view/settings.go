package view

import (
	"context"
	"time"
)

// settingsTabs are the pages of one's own account, and of what one owns. Current is
// the address of the one that is shown, or its name among the latter.
func settingsTabs(login, current string) []Tab {
	tabs := []Tab{
		{Name: "Profile", Href: "/settings", Icon: IconPerson},
		{Name: "Access tokens", Href: "/settings/tokens", Icon: IconKey},
		{Name: "Signing in", Href: "/settings/security", Icon: IconShieldLock},
		{Name: "Sessions", Href: "/settings/sessions", Icon: IconDeviceDesktop},
		{Name: "Organizations", Href: "/settings/orgs", Icon: IconOrganization},
	}
	for i := range tabs {
		tabs[i].Count = -1
		tabs[i].Current = string(tabs[i].Href) == current
	}
	owned := ownedTabs(login, current)
	owned[0].Group = "Your packages"
	return append(tabs, owned...)
}

// Soonest is how long before its end a token is near it, at most, and nearPart which
// part of its life: one of a week is not near its end all the time.
const (
	Soonest  = 7 * 24 * time.Hour
	nearPart = 4
)

// Near reports whether what was made at one time and ends at another is near its end,
// or over.
func Near(made, end, now time.Time) bool {
	return !end.IsZero() && end.Sub(now) < min(Soonest, end.Sub(made)/nearPart)
}

// over reports whether a time has come, unless it is none.
func over(ctx context.Context, t time.Time) bool {
	return !t.IsZero() && !t.After(frame(ctx).Now)
}

func near(ctx context.Context, r TokenRow) bool {
	return Near(r.CreatedAt, r.ExpiresAt, frame(ctx).Now)
}

// scopeColour sets apart what cannot be undone, and what is everything.
func scopeColour(scope string) string {
	switch scope {
	case "admin":
		return "red"
	case "delete:packages", "admin:org", "user":
		return "yellow"
	default:
		return ""
	}
}

func sessionIcon(s SessionRow) Icon {
	switch {
	case s.Program:
		return IconTerminal
	case s.Handheld:
		return IconDeviceMobile
	default:
		return IconDeviceDesktop
	}
}
