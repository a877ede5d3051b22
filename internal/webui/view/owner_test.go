package view

import (
	"testing"
	"time"

	"github.com/a-h/templ"
)

// acme is an organization as one of its owners sees it, and as a member does.
func acme(current string) OwnerTop {
	return OwnerTop{Login: "Acme", Kind: "org", Current: current, Sees: true, Changes: true, Manages: true}
}

func acmeSeen(current string) OwnerTop {
	return OwnerTop{Login: "Acme", Kind: "org", Current: current, Sees: true}
}

func TestOwner(t *testing.T) {
	t.Parallel()
	stranger := OwnerTop{Login: "ada", Kind: "user", Current: "packages"}
	web := PackageRow{Name: "acme/web", Visibility: "public", Kind: "image", Repository: "Acme/web", Versions: 3, Downloads: 7, UpdatedAt: noon()}
	for name, c := range map[string]templ.Component{
		"owner":          OwnerPackages(OwnerPackagesPage{Owner: acme("packages"), Filter: PackageFilter{Search: "w", Sort: "updated", Kind: "image"}, Rows: []PackageRow{web}, Pages: Pages{3, true}, Pushes: true, Host: "berth.example"}),
		"owner_none_fit": OwnerPackages(OwnerPackagesPage{Owner: acmeSeen("packages"), Filter: PackageFilter{Visibility: "public"}}),
		"owner_behind":   OwnerPackages(OwnerPackagesPage{Owner: acmeSeen("packages"), Pages: Pages{2, false}}),
		"owner_new":      OwnerPackages(OwnerPackagesPage{Owner: acme("packages"), Pages: Pages{1, false}, Pushes: true, Host: "berth.example"}),
		"owner_stranger": OwnerPackages(OwnerPackagesPage{Owner: stranger, Pages: Pages{1, false}}),
		"search": Search(SearchPage{
			Text: `"w"`, Packages: []PackageRow{web}, Pages: Pages{2, false},
			Owners: []FoundOwner{{"web-team", true}, {"webber", false}}, Repositories: []FoundRepository{{"Acme", "web site"}},
		}),
		"search_none": Search(SearchPage{}),
		"suggestions": Suggestions([]string{"ada", `"><b>`}),
		"owner_trash": OwnerTrash(OwnerTrashPage{
			Owner: acme("trash"), Wrong: "There is an acme/web now.", Next: 4,
			Rows: []TrashRow{{ID: 4, Name: "acme/web", Visibility: "private", Versions: 2, By: "mia", At: noon().Add(-time.Hour), Until: noon().AddDate(0, 0, 30)}},
		}),
		"owner_trash_none": OwnerTrash(OwnerTrashPage{Owner: acme("trash")}),
		"names": Names(NamesPage{
			Owner: acme("settings"), Wrong: "That is no name.", Next: "old",
			Rows: []NameRow{{Name: "acme/old", Package: "acme/web", CreatedAt: noon().Add(-time.Hour)}, {Name: "acme/older", CreatedAt: noon().AddDate(0, -1, 0)}},
		}),
		"names_none": Names(NamesPage{Owner: acme("settings")}),
		"owner_log": OwnerLog(OwnerLogPage{Owner: acme("settings"), Actor: "ada", Action: "team.", Next: 3, Wrong: "Expected a name.", Rows: []AuditRow{
			{At: noon(), Actor: "ada", Action: "team.create", Target: "acme/devs", Detail: "<b>", Address: "10.0.0.1", Token: 7},
			{At: noon(), Actor: "mia", Action: "team.delete", Target: "acme/ops"},
		}}),
		"owner_log_none": OwnerLog(OwnerLogPage{Owner: acme("settings")}),
		"owner_log_part": OwnerLog(OwnerLogPage{Owner: OwnerTop{Login: "ada", Kind: "user", Self: true, Current: "settings", Sees: true, Changes: true, Manages: true}, Next: 3}),
		"org_settings": OrgSettings(OrgSettingsPage{
			Owner: acme("settings"), CreatedAt: noon().AddDate(-1, 0, 0), Form: OrgSettingsForm{BaseRole: "write", MembersCreate: true, AllowPublic: true, Visibility: "internal"},
			NewName: "acme2", Wrong: FormWrong{"delete", "Type the name."}, Packages: 2, Versions: 5, Logical: 3 << 30, Unique: 2 << 30, Limit: 10 << 30,
		}),
		"org_settings_plain": OrgSettings(OrgSettingsPage{Owner: acme("settings"), NewName: "Acme", Form: OrgSettingsForm{BaseRole: "none"}, Limit: -1}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, Frame{Login: "ada", Path: "/Acme?q=w&page=3"}, c)
		})
	}
}

func TestPeople(t *testing.T) {
	t.Parallel()
	members := []MemberRow{{Name: "ada", Owner: true, Self: true}, {Name: "mia"}, {Name: "acme-ci", Service: true}}
	token := ServiceTokenRow{ID: 3, Name: "<ci>", Scopes: "read:packages, write:packages", Reaches: "acme/web", CreatedAt: noon().Add(-time.Hour), ExpiresAt: noon().AddDate(0, 0, 90)}
	revoked, ended := token, token
	revoked.RevokedAt, revoked.UsedAt = noon(), noon()
	ended.ExpiresAt, ended.Reaches = noon().Add(-time.Minute), ""
	for name, c := range map[string]templ.Component{
		"people":        People(PeoplePage{Owner: acme("people"), Rows: members, Next: "mia", Form: MemberForm{"eve", "owner"}, Wrong: "There is no eve."}),
		"people_member": People(PeoplePage{Owner: acmeSeen("people"), Rows: members[1:]}),
		"invitations": Invitations(InvitationsPage{
			Owner: acme("people"), Next: 2, Form: InvitationForm{"Eve", "owner", "7"}, Link: "https://berth.example/join/bri_x", Wrong: "days is 0.",
			Rows: []InvitationRow{{ID: 3, Note: "<Eve>", Owner: true, By: "ada", CreatedAt: noon(), ExpiresAt: noon().AddDate(0, 0, 7)}, {ID: 2, By: "ada", CreatedAt: noon(), ExpiresAt: noon().Add(-time.Hour)}},
		}),
		"invitations_none": Invitations(InvitationsPage{Owner: acme("people"), Form: InvitationForm{"", "member", "7"}}),
		"teams":            Teams(TeamsPage{Owner: acme("teams"), Rows: []TeamRow{{"devs", noon()}, {"ops & co", noon()}}, Next: "ops", Name: "devs", Wrong: "That name is taken."}),
		"teams_none":       Teams(TeamsPage{Owner: acme("teams")}),
		"teams_member":     Teams(TeamsPage{Owner: acmeSeen("teams")}),
		"team":             Team(TeamPage{Owner: acme("teams"), Name: "devs", CreatedAt: noon(), Rows: members, Next: "mia", Who: "eve", Wrong: FormWrong{"members", "There is no eve."}}),
		"team_none":        Team(TeamPage{Owner: acmeSeen("teams"), Name: "devs", CreatedAt: noon()}),
		"service_accounts": ServiceAccounts(ServiceAccountsPage{
			Owner: acme("people"), Rows: []ServiceAccountRow{{"acme-ci", "Acme/web", noon()}, {"robot", "", noon()}}, Next: "robot",
			Form: ServiceAccountForm{"bot", "Acme/gone"}, Wrong: "There is no such repository.",
		}),
		"service_accounts_none": ServiceAccounts(ServiceAccountsPage{Owner: acmeSeen("people")}),
		"service_account": ServiceAccount(ServiceAccountPage{
			Owner: acme("people"), Name: "acme-ci", CreatedAt: noon(), Host: "berth.example", Tokens: []ServiceTokenRow{token, ended, revoked}, Next: 3,
			Form: ServiceTokenForm{"ci", []string{"write:packages"}, "0", "acme/web"}, Secret: "brt_x", Wrong: FormWrong{"token", "Give it a name."},
		}),
		"service_account_new": ServiceAccount(ServiceAccountPage{Owner: acme("people"), Name: "acme-ci", CreatedAt: noon(), Host: "berth.example", Form: ServiceTokenForm{Days: "90"}}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, Frame{Login: "ada", Path: "/Acme/-/people"}, c)
		})
	}
}
