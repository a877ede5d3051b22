package view

import (
	"testing"
	"time"

	"github.com/a-h/templ"
)

func TestRepository(t *testing.T) {
	t.Parallel()
	top := func(current string) RepositoryTop {
		return RepositoryTop{Owner: "Acme", Org: true, Name: "web.site", Visibility: "internal", Admin: true, Current: current}
	}
	read := RepositoryTop{Owner: "ada", Name: "dot", Visibility: "public", Current: "overview"}
	web := PackageRow{Name: "acme/web", Visibility: "public", Kind: "helm", Versions: 1, UpdatedAt: noon()}
	for name, c := range map[string]templ.Component{
		"repositories": Repositories(RepositoriesPage{
			Owner: acme("repositories"), Makes: true, Next: "web",
			Rows: []RepositoryRow{{"web", "private", "The <b>web</b>", "https://forge.example/acme/web"}, {"bad", "public", "", "javascript:alert(1)"}},
		}),
		"repositories_none":     Repositories(RepositoriesPage{Owner: acme("repositories"), Makes: true}),
		"repositories_stranger": Repositories(RepositoriesPage{Owner: acmeSeen("repositories")}),
		"new_repository":        NewRepository(NewRepositoryPage{Owner: acme("repositories"), Name: "web", Description: "<b>", WebURL: "https://forge.example", Visibility: "private", Wrong: "That name is taken."}),
		"repository": Repository(RepositoryPage{
			Top: top("overview"), Description: "The <b>web</b>", WebURL: "https://forge.example/acme/web", CreatedAt: noon(), Role: "admin",
			Readme: Label("", "", "the README"), Packages: []PackageRow{web}, More: true,
		}),
		"repository_read":     Repository(RepositoryPage{Top: read, Role: "read", CreatedAt: noon()}),
		"repository_new":      Repository(RepositoryPage{Top: top("overview"), Role: "admin", CreatedAt: noon()}),
		"linked":              Linked(LinkedPage{Top: top("packages"), Rows: []PackageRow{web}, Next: "web", Host: "berth.example"}),
		"linked_none":         Linked(LinkedPage{Top: top("packages"), Host: "berth.example"}),
		"repository_settings": RepositorySettings(RepositorySettingsPage{Top: top("settings"), Form: RepositorySettingsForm{"web.site", "<b>", "https://forge.example", "internal", "# <README>"}, Wrong: FormWrong{"delete", "Type the name."}}),
		"collaborators": Collaborators(CollaboratorsPage{
			Top: top("collaborators"), Users: []CollaboratorRow{{"mia", "user", "write"}, {"acme-ci", "service", "read"}}, Teams: []CollaboratorRow{{"devs", "team", "admin"}},
			NextUser: "mia", NextTeam: "devs", Form: CollaboratorForm{"team", "ops", "write"}, Wrong: FormWrong{"team", "There is no ops."},
		}),
		"collaborators_none": Collaborators(CollaboratorsPage{Top: RepositoryTop{Owner: "ada", Name: "dot", Visibility: "private", Admin: true, Current: "collaborators"}, Form: CollaboratorForm{Role: "read"}}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, Frame{Login: "ada", Path: "/Acme/-/repositories/web.site"}, c)
		})
	}
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	org := acme("settings")
	at := WebhooksTop{Owner: &org, At: "/Acme/-/settings/webhooks", Name: "Acme"}
	there := WebhooksTop{Repository: &RepositoryTop{Owner: "Acme", Org: true, Name: "web", Visibility: "private", Admin: true, Current: "webhooks"}, At: "/Acme/-/repositories/web/webhooks", Name: "Acme/web"}
	good := WebhookRow{ID: 1, URL: "https://ci.example/hook?a=1&b=2", Events: "package", Active: true, Tried: true, Code: 204}
	bad := WebhookRow{ID: 2, URL: "https://ci.example/bad", Events: "package, registry_package", Active: true, Tried: true, Code: 500}
	lost := WebhookRow{ID: 3, URL: "https://nowhere.example", Active: true, Tried: true, Error: "no such <host>"}
	off := WebhookRow{ID: 4, URL: "https://off.example", Events: "package"}
	form := WebhookForm{URL: "https://ci.example/hook", ContentType: "json", Events: []string{"package"}, Active: true}
	sent := DeliveryRow{ID: 9, GUID: "0f0e", Event: "package", Action: "published", CreatedAt: noon().Add(-time.Hour), TriedAt: noon().Add(-time.Hour), Attempts: 1, Code: 204, Took: 35 * time.Millisecond}
	again := DeliveryRow{ID: 8, GUID: "0f0d", Event: "ping", Again: true, CreatedAt: noon(), TriedAt: noon(), NextAt: noon().Add(time.Minute), Attempts: 2, Error: "no answer"}
	waiting := DeliveryRow{ID: 7, GUID: "0f0c", Event: "package", Action: "deleted", CreatedAt: noon(), NextAt: noon()}
	for name, c := range map[string]templ.Component{
		"webhooks":            Webhooks(WebhooksPage{Top: at, Rows: []WebhookRow{good, bad, lost, off}, Form: WebhookForm{URL: "ftp://x", ContentType: "form", Insecure: true}, Wrong: "That is no address."}),
		"webhooks_none":       Webhooks(WebhooksPage{Top: there, Form: form}),
		"webhooks_full":       Webhooks(WebhooksPage{Top: there, Rows: []WebhookRow{good}, Full: true, Form: form}),
		"webhook":             Webhook(WebhookPage{Top: at, Row: good, HasSecret: true, Form: form, Deliveries: []DeliveryRow{sent, again, waiting}, Next: 7, Wrong: "That is no address."}),
		"webhook_new":         Webhook(WebhookPage{Top: there, Row: off, Form: form}),
		"delivery":            Delivery(DeliveryPage{Top: at, Hook: good, Row: sent, RequestHeaders: "X-GitHub-Event: package", Payload: `{"a": "<b>"}`, ResponseHeaders: "Server: x", ResponseBody: "<script>"}),
		"delivery_unanswered": Delivery(DeliveryPage{Top: there, Hook: lost, Row: again, RequestHeaders: "X-GitHub-Event: ping", Payload: "{}"}),
		"delivery_waiting":    Delivery(DeliveryPage{Top: there, Hook: good, Row: waiting, Payload: "{}"}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, Frame{Login: "ada", Path: "/Acme/-/settings/webhooks"}, c)
		})
	}
}

func TestPackageSettings(t *testing.T) {
	t.Parallel()
	top := func(current string) SettingsTop {
		return SettingsTop{Head: someHead("settings", true), Current: current}
	}
	for name, c := range map[string]templ.Component{
		"package_general":        PackageGeneral(GeneralSettings{Top: top("general"), Visibility: "internal", Link: "acme/<x>", Confirm: "acme/wrong", Wrong: FormWrong{"delete", "Type acme/web/api."}, NoPublic: true}),
		"package_general_linked": PackageGeneral(GeneralSettings{Top: top("general"), Visibility: "public", Inherits: true, Repository: "Acme/web"}),
		"package_general_own":    PackageGeneral(GeneralSettings{Top: top("general"), Visibility: "private", Repository: "Acme/web"}),
		"package_access": PackageAccess(AccessSettings{
			Top: top("access"), Wrong: FormWrong{"team", "There is no eve."}, Org: true, Inherits: true, Repository: "Acme/web", Typed: RoleRow{"team", "eve", "write"}, Next: "?after=3",
			Rows: []RoleRow{{"user", "mia", "read"}, {"team", "devs", "write"}, {"repository", "Acme/web", "admin"}},
		}),
		"package_access_none": PackageAccess(AccessSettings{Top: top("access")}),
		"package_names":       PackageNames(NameSettings{Top: top("names"), Wrong: FormWrong{"move", "That name is taken."}, Rows: []OldName{{"acme/old", noon()}}, Next: "?after=acme%2Fold", Owner: "acme", Path: "web/<api>"}),
		"package_names_none":  PackageNames(NameSettings{Top: top("names"), Owner: "acme", Path: "web/api"}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, Frame{Login: "ada", Path: "/acme/web/api/-/settings"}, c)
		})
	}
}
