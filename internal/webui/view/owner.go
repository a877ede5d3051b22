package view

import (
	"net/url"
	"strings"
)

// OwnerTop is what stands over every page of an owner.
type OwnerTop struct {
	Login   string
	Kind    string // user, org or service
	Self    bool   // it is the viewer
	Current string // the tab that the page belongs to
	// What the viewer may do there: see and change people and teams, and administer all
	// packages.
	Sees, Changes, Manages bool
}

// Org reports whether the owner is an organization.
func (o OwnerTop) Org() bool { return o.Kind == "org" }

func (o OwnerTop) kindName() string {
	switch o.Kind {
	case "org":
		return "Organization"
	case "service":
		return "Service account"
	default:
		return "User"
	}
}

// Settings reports whether the viewer has settings to change there.
func (o OwnerTop) settings() bool { return o.Changes && (o.Org() || o.Self) }

// tabs are the pages of an owner.
func (o OwnerTop) tabs() []Tab {
	tab := func(key, name, format string, icon Icon) Tab {
		return Tab{Name: name, Href: local(format, o.Login), Icon: icon, Count: -1, Current: o.Current == key}
	}
	list := []Tab{tab("packages", "Packages", "/%s", IconPackage), tab("repositories", "Repositories", "/%s/-/repositories", IconRepo)}
	if o.Org() && o.Sees {
		list = append(list, tab("teams", "Teams", "/%s/-/teams", IconPeople), tab("people", "People", "/%s/-/people", IconPerson))
	}
	if o.Manages {
		list = append(list, tab("trash", "Trash", "/%s/-/trash", IconTrash))
	}
	if o.settings() {
		settings := tab("settings", "Settings", "/%s/-/settings", IconGear)
		if o.Self {
			settings.Href = "/settings"
		}
		list = append(list, settings)
	}
	return list
}

// settingsNav are the pages beside each other under Settings. One's own stand among
// the settings of one's account.
func (o OwnerTop) settingsNav(current string) []Tab {
	if o.Self {
		return settingsTabs(o.Login, current)
	}
	list := ownedTabs(o.Login, current)
	if o.Org() {
		general := Tab{Name: "General", Href: local("/%s/-/settings", o.Login), Icon: IconGear, Count: -1, Current: current == "general"}
		return append([]Tab{general}, list...)
	}
	return list
}

// ownedTabs are the pages about all that somebody owns.
func ownedTabs(login, current string) []Tab {
	tab := func(key, name string, icon Icon) Tab {
		return Tab{Name: name, Href: local("/%s/-/settings/%s", login, key), Icon: icon, Count: -1, Current: current == key}
	}
	return []Tab{
		tab("tags", "Protected tags", IconShieldLock), tab("retention", "Retention", IconHourglass),
		tab("webhooks", "Webhooks", IconWebhook), tab("names", "Old names", IconHistory), tab("audit", "Audit log", IconLog),
	}
}

// peopleNav are the pages beside each other under People.
func (o OwnerTop) peopleNav(current string) []Tab {
	tab := func(key, name, format string, icon Icon) Tab {
		return Tab{Name: name, Href: local(format, o.Login), Icon: icon, Count: -1, Current: current == key}
	}
	list := []Tab{tab("members", "Members", "/%s/-/people", IconPeople), tab("accounts", "Service accounts", "/%s/-/people/service-accounts", IconCpu)}
	if o.Changes {
		list = append(list, tab("invitations", "Invitations", "/%s/-/people/invitations", IconMail))
	}
	return list
}

// PackageFilter is what a list of packages was asked for.
type PackageFilter struct {
	Search, Sort, Visibility, Kind string
}

func (f PackageFilter) any() bool { return f.Search != "" || f.Visibility != "" || f.Kind != "" }

// Choice is one of several values of a field.
type Choice struct{ Value, Name string }

func packageSorts() []Choice {
	return []Choice{{"", "Name"}, {"updated", "Last pushed"}, {"downloads", "Most pulled"}}
}

func visibilities(none string) []Choice {
	return []Choice{{"", none}, {"public", "Public"}, {"internal", "Internal"}, {"private", "Private"}}
}

func packageKinds() []Choice {
	list := []Choice{{"", "All kinds"}}
	for _, kind := range []string{"image", "helm", "wasm", "artifact"} {
		list = append(list, Choice{kind, KindName(kind)})
	}
	return list
}

func roleChoices() []Choice {
	return []Choice{{"read", "Read"}, {"write", "Write"}, {"admin", "Admin"}}
}

func baseRoleChoices() []Choice {
	return append([]Choice{{"none", "None"}}, roleChoices()...)
}

// OwnerPackagesPage is the list of an owner's packages.
type OwnerPackagesPage struct {
	Owner  OwnerTop
	Filter PackageFilter
	Rows   []PackageRow
	Pages  Pages
	Pushes bool // the viewer may push new packages
	Host   string
}

// lower is a name as references of images have it.
func lower(name string) string { return strings.ToLower(name) }

// suggestFrom is where a field asks for names that begin with what was typed.
func suggestFrom(kind, owner string) string {
	return "/-/suggest?" + url.Values{"kind": {kind}, "owner": {owner}}.Encode()
}

func memberChoices() []Choice { return []Choice{{"member", "Member"}, {"owner", "Owner"}} }

func tokenScopes() []Choice {
	return []Choice{
		{"read:packages", "Pull packages"},
		{"write:packages", "Push packages"},
		{"delete:packages", "Delete packages"},
		{"write:repositories", "Change repositories"},
		{"read:user", "Read who there is"},
	}
}

func tokenDays() []Choice {
	return []Choice{{"7", "7 days"}, {"30", "30 days"}, {"90", "90 days"}, {"365", "A year"}, {"0", "Ever"}}
}

// logActions are beginnings of what stands in audit logs.
func logActions() []string {
	return []string{"package.", "repo.", "team.", "org.", "token.", "invitation.", "hook.", "service_account."}
}
