package restapi

import (
	"net/http"
	"slices"

	"github.com/berth-registry/berth"
)

// nameOperations describes the routes of [API.nameRoutes].
func nameOperations() []operation {
	const change = berth.ScopeAdminOrg
	list := []operation{
		{route: "POST /user/rename", id: "renameSelf", summary: "Give yourself another name", scopes: berth.ScopeUser, body: loginNameBody{}, answer: privateUser{}},
		{route: "POST /orgs/{org}/rename", id: "renameOrg", summary: "Give an organization another name", scopes: change | berth.ScopeAdmin, body: loginNameBody{}, answer: org{}},
		{
			route: "POST /orgs/{org}/service-accounts/{user}/rename", id: "renameServiceAccount", summary: "Give a service account another name",
			scopes: change, body: loginNameBody{}, answer: serviceAccount{},
		},
		{
			route: "PATCH /admin/users/{owner}", id: "renameUser", summary: "Give a user another name, as an administrator",
			scopes: berth.ScopeAdmin, body: loginNameBody{}, status: http.StatusAccepted, answer: renaming{},
		},
		{
			route: "PATCH /admin/organizations/{org}", id: "renameAnyOrg", summary: "Give an organization another name, as GitHub does",
			scopes: change | berth.ScopeAdmin, body: loginNameBody{}, status: http.StatusAccepted, answer: renaming{},
		},
	}
	return slices.Concat(list, nameOperationsUnder("/users/{owner}", "OfUser"), nameOperationsUnder("/orgs/{owner}", "OfOrg"))
}

func nameOperationsUnder(owners, of string) []operation {
	const write = berth.ScopeWritePackages
	one, kept := owners+"/packages/container/{package}", owners+"/package-aliases"
	return []operation{
		{route: "POST " + one + "/rename", id: "renamePackage" + of, summary: "Give a package another name", scopes: write, body: packageNameBody{}, answer: jsonPackage{}},
		{route: "POST " + one + "/transfer", id: "transferPackage" + of, summary: "Give a package to another owner", scopes: write, more: berth.ScopeDeletePackages, body: transferBody{}, answer: jsonPackage{}},
		{route: "GET " + one + "/aliases", id: "listAliases" + of, summary: "List the names that a package had", scopes: write, list: jsonAlias{}},
		{route: "GET " + kept, id: "listKeptNames" + of, summary: "List the names of an owner that packages had", scopes: write, list: jsonAlias{}},
		{route: "DELETE " + kept + "/{package}", id: "deleteAlias" + of, summary: "Free a name that a package had", scopes: write},
	}
}
