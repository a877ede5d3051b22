package view

import (
	"strings"
	"time"

	"github.com/a-h/templ"
)

// SettingsTop is what stands around the settings of a package, or of all packages of an
// owner.
type SettingsTop struct {
	Head    PackageHead // of the package
	Of      OwnerTop    // whose packages they are about
	Owner   string      // the same, "" for the settings of one package
	Current string      // general, access, tags, retention or names
}

// base is whose settings they are.
func (t SettingsTop) base() string {
	if t.Owner != "" {
		return t.Owner
	}
	return t.Head.Name
}

// at is the address of one of the pages.
func (t SettingsTop) at(rest string) templ.SafeURL {
	return local("/%s/-/settings", t.base()) + templ.SafeURL(rest)
}

// owner is in whose namespace they count.
func (t SettingsTop) owner() string {
	owner, _ := parts(t.base())
	return owner
}

func (t SettingsTop) nav() []Tab {
	tab := func(key, name, rest string, icon Icon) Tab {
		return Tab{Name: name, Href: t.at(rest), Icon: icon, Count: -1, Current: t.Current == key}
	}
	return []Tab{
		tab("general", "General", "", IconGear), tab("access", "Access", "/access", IconPeople), tab("tags", "Protected tags", "/tags", IconShieldLock),
		tab("retention", "Retention", "/retention", IconHourglass), tab("names", "Names", "/names", IconHistory),
	}
}

// GeneralSettings is the first page of a package's settings.
type GeneralSettings struct {
	Top        SettingsTop
	Wrong      FormWrong
	Visibility string // that is chosen
	Inherits   bool
	Repository string // owner/name of the linked one, "" when there is none that the viewer may know
	NoPublic   bool   // the organization forbids public packages
	Link       string // that was typed
	Confirm    string
}

// visibilityChoice is one of who may pull.
type visibilityChoice struct {
	value, name, who string
	icon             Icon
	anonymous        bool
}

func visibilityChoices() []visibilityChoice {
	return []visibilityChoice{
		{"private", "Private", "Only who has a role on the package.", IconLock, false},
		{"internal", "Internal", "Everybody who is signed in here.", IconOrganization, false},
		{"public", "Public", "Everybody, without signing in.", IconGlobe, true},
	}
}

func anonymously(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// RoleRow is a role that was given on a package.
type RoleRow struct{ Kind, Name, Role string }

// AccessSettings is the page of who has a role on a package.
type AccessSettings struct {
	Top        SettingsTop
	Wrong      FormWrong // by the kind of who was to get a role
	Rows       []RoleRow
	Next       templ.SafeURL
	Org        bool // it belongs to an organization
	Inherits   bool
	Repository string
	Typed      RoleRow // what was typed
}

// holderKind is what can have a role.
type holderKind struct {
	kind, name, one string
	icon            Icon
}

func holderKinds(org bool) []holderKind {
	list := []holderKind{{"user", "Users", "user", IconPerson}}
	if org {
		list = append(list, holderKind{"team", "Teams", "team", IconPeople})
	}
	return append(list, holderKind{"repository", "Repositories", "repository", IconRepo})
}

// holderNames are the kinds of who can have a role.
func holderNames(org bool) (names []string) {
	for _, k := range holderKinds(org) {
		names = append(names, k.kind)
	}
	return names
}

// holderIcon is the icon of who has a role.
func holderIcon(kind string) Icon {
	for _, k := range holderKinds(true) {
		if k.kind == kind {
			return k.icon
		}
	}
	return IconQuestion
}

// holderPage is the page of who has a role.
func holderPage(owner string, r RoleRow) templ.SafeURL {
	switch r.Kind {
	case "team":
		return local("/%s/-/teams/%s", owner, r.Name)
	case "repository":
		of, name := parts(r.Name)
		return local("/%s/-/repositories/%s", of, name)
	default:
		return local("/%s", r.Name)
	}
}

// packageRole is a role on a package and what it lets one do.
type packageRole struct{ value, name, what string }

func packageRoles() []packageRole {
	return []packageRole{
		{"read", "Read", "pulls"},
		{"write", "Write", "pulls and pushes"},
		{"admin", "Admin", "pulls, pushes, deletes, and changes these settings"},
	}
}

// roleSentence says what roles let one do.
func roleSentence() string {
	list := packageRoles()
	text := make([]string, len(list))
	for i, r := range list {
		text[i] = r.name + " " + r.what
	}
	return strings.Join(text, "; ") + ". They count at once."
}

// TagRuleRow is a rule on tags.
type TagRuleRow struct {
	ID                         string
	OfOwner                    bool
	Pattern                    string
	Users, Teams, Repositories []string
	CreatedAt                  time.Time
}

// immutable reports whether nobody may move what it protects.
func (r TagRuleRow) immutable() bool { return len(r.Users)+len(r.Teams)+len(r.Repositories) == 0 }

// movers are who may move what a rule protects.
func (r TagRuleRow) movers() []RoleRow {
	var list []RoleRow
	for _, of := range []struct {
		kind  string
		names []string
	}{{"user", r.Users}, {"team", r.Teams}, {"repository", r.Repositories}} {
		for _, name := range of.names {
			list = append(list, RoleRow{Kind: of.kind, Name: name})
		}
	}
	return list
}

// TagRuleForm is a rule that is to be made, as it was typed.
type TagRuleForm struct{ Pattern, Users, Teams, Repositories string }

// TagSettings is the page of rules on tags.
type TagSettings struct {
	Top   SettingsTop
	Wrong FormWrong
	Rows  []TagRuleRow
	Form  TagRuleForm
}

// RetentionForm is a rule on old versions, as it was typed.
type RetentionForm struct {
	Active         bool
	KeepNewest     string
	KeepDays       string
	KeepPulledDays string
	KeepUntagged   bool
	KeepTags       string
	RemoveTags     string
	Package        string // on which the owner's is tried
}

// PlannedRow is a version that a rule would remove.
type PlannedRow struct {
	Digest       string
	Tags         []string
	PushedAt     time.Time
	LastPulledAt time.Time
}

// KeptRow is how many versions stay for a reason.
type KeptRow struct {
	Why   string
	Count int
}

// RetentionPreview is what a rule would remove now.
type RetentionPreview struct {
	Name     string // of the package
	Versions int
	Remove   int // all that would go at once
	Rows     []PlannedRow
	Later    int // that later runs remove
	Kept     []KeptRow
	Freed    int64 // -1 where it is too much to count
}

// RetentionSettings is the page of the rule on old versions.
type RetentionSettings struct {
	Top       SettingsTop
	Failure   string
	Form      RetentionForm
	Stored    bool // there is a rule that counts
	Own       bool // and it is not the owner's of the package
	UpdatedAt time.Time
	Preview   *RetentionPreview
}

// stays words why versions stay.
func stays(why string) string {
	switch why {
	case "tagged":
		return "have a tag that is not to be removed"
	case "untagged":
		return "have no tag, which the rule keeps"
	case "protected":
		return "have a protected tag"
	case "young":
		return "are less than a day old"
	case "recent":
		return "are recent enough"
	case "pulled":
		return "were pulled lately"
	case "pattern":
		return "have a tag to be kept"
	case "popular":
		return "are public and pulled very often, or have very many tags"
	case "newest":
		return "are among the newest"
	case "part":
		return "belong to something that stays"
	case "attached":
		return "are referred to by something that stays"
	case "last":
		return "are the last"
	default:
		return why
	}
}

// OldName is a name that a package had before.
type OldName struct {
	Name string
	At   time.Time
}

// NameSettings is the page of the names of a package.
type NameSettings struct {
	Top         SettingsTop
	Wrong       FormWrong
	Rows        []OldName
	Next        templ.SafeURL
	Owner, Path string // that were typed
}
