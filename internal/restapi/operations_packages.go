package restapi

import (
	"slices"

	"github.com/berth-registry/berth"
)

// packageOperations describes the routes of [API.packageRoutes], which are there
// under both words for owners.
func packageOperations() []operation {
	return slices.Concat(packageOperationsUnder("/users", "OfUser"), packageOperationsUnder("/orgs", "OfOrg"))
}

func packageOperationsUnder(owners, of string) []operation {
	const read, write = berth.ScopeReadPackages, berth.ScopeWritePackages
	under := owners + "/{owner}/packages"
	one := under + "/container/{package}"
	roles := one + "/roles"
	return []operation{
		{
			route: "GET " + under, id: "listPackages" + of, summary: "List the packages that you may pull", scopes: read,
			query: []parameter{{"package_type", "string", "container, or docker, which is the same; there are none of other types"}}, list: jsonPackage{},
		},
		{route: "GET " + one, id: "getPackage" + of, summary: "Show a package, with your role on it", scopes: read, answer: jsonPackage{}},
		{route: "PATCH " + one, id: "updatePackage" + of, summary: "Change the visibility of a package, or whether it inherits from its repository", scopes: write, body: packageBody{}, answer: jsonPackage{}},
		{route: "DELETE " + one, id: "deletePackage" + of, summary: "Delete a package with all its versions", scopes: berth.ScopeDeletePackages},
		{route: "PUT " + one + "/repository", id: "linkPackage" + of, summary: "Link a package to a repository", scopes: write, body: jsonRepository{}},
		{route: "DELETE " + one + "/repository", id: "unlinkPackage" + of, summary: "End the link of a package to its repository", scopes: write},
		{route: "GET " + roles, id: "listRoles" + of, summary: "List the roles that were given on a package", scopes: write, list: jsonRole{}},
		{route: "PUT " + roles + "/users/{user}", id: "putUserRole" + of, summary: "Give a user a role on a package", scopes: write, body: roleBody{}},
		{route: "DELETE " + roles + "/users/{user}", id: "deleteUserRole" + of, summary: "Take the role of a user on a package", scopes: write},
		{route: "PUT " + roles + "/teams/{team}", id: "putTeamRole" + of, summary: "Give a team of the owner a role on a package", scopes: write, body: roleBody{}},
		{route: "DELETE " + roles + "/teams/{team}", id: "deleteTeamRole" + of, summary: "Take the role of a team on a package", scopes: write},
		{route: "PUT " + roles + "/repositories/{repo_owner}/{repo}", id: "putRepositoryRole" + of, summary: "Give the CI of a repository a role on a package", scopes: write, body: roleBody{}},
		{route: "DELETE " + roles + "/repositories/{repo_owner}/{repo}", id: "deleteRepositoryRole" + of, summary: "Take the role of a repository's CI on a package", scopes: write},
	}
}
