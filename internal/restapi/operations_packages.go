package restapi

import (
	"net/http"
	"slices"

	"github.com/berth-registry/berth"
)

// packageOperations describes the routes of [API.packageRoutes], which are there
// under both words for owners.
func packageOperations() []operation {
	return slices.Concat(
		packageOperationsUnder("/users/{owner}", "OfUser"), versionOperationsUnder("/users/{owner}", "OfUser"),
		packageOperationsUnder("/orgs/{owner}", "OfOrg"), versionOperationsUnder("/orgs/{owner}", "OfOrg"),
		usageOperationsUnder("/users/{owner}", "OfUser"), usageOperationsUnder("/orgs/{owner}", "OfOrg"),
		ownPackageOperations(),
	)
}

func packageOperationsUnder(owners, of string) []operation {
	const read, write = berth.ScopeReadPackages, berth.ScopeWritePackages
	under := owners + "/packages"
	one := under + "/container/{package}"
	roles := one + "/roles"
	return []operation{
		{
			route: "GET " + under, id: "listPackages" + of, summary: "List the packages that you may pull", scopes: read,
			query: packagesQuery(), list: jsonPackage{},
		},
		{route: "GET " + one, id: "getPackage" + of, summary: "Show a package, with your role on it", scopes: read, answer: jsonPackage{}},
		{route: "PATCH " + one, id: "updatePackage" + of, summary: "Change the visibility of a package, or whether it inherits from its repository", scopes: write, body: packageBody{}, answer: jsonPackage{}},
		{route: "DELETE " + one, id: "deletePackage" + of, summary: "Move a package with all its versions to the trash", scopes: berth.ScopeDeletePackages},
		{route: "POST " + one + "/restore", id: "restorePackage" + of, summary: "Bring a deleted package back", scopes: write, query: restoreQuery()},
		{route: "PUT " + one + "/repository", id: "linkPackage" + of, summary: "Link a package to a repository", scopes: write, body: linkBody{}},
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

func packagesQuery() []parameter {
	return []parameter{
		{"package_type", "string", "container, or docker, which is the same; there are none of other types"},
		{"visibility", "string", "public, internal or private: only those that are"},
	}
}

func restoreQuery() []parameter {
	return []parameter{{"id", "integer", "which, where several of that name were deleted; else the last"}, {"token", "string", "is ignored; GitHub has it"}}
}

func versionsQuery() []parameter {
	return []parameter{{"state", "string", "active, or deleted for those in the trash"}}
}

func restoreVersionQuery() []parameter {
	return []parameter{{"skip_taken_tags", "boolean", "restore without the tags that name something else now"}}
}

// versionOperationsUnder describes the routes of [API.versionRoutes].
func versionOperationsUnder(owners, of string) []operation {
	const read, write, remove = berth.ScopeReadPackages, berth.ScopeWritePackages, berth.ScopeDeletePackages
	one := owners + "/packages/container/{package}"
	version, tag := one+"/versions/{version}", one+"/tags/{tag}"
	return []operation{
		{route: "GET " + owners + "/docker/conflicts", id: "listConflicts" + of, summary: "List images of the older Docker registry that could not be moved; there are none", scopes: read, answer: []jsonPackage{}},
		{route: "GET " + one + "/versions", id: "listVersions" + of, summary: "List the versions of a package, newest first", scopes: read, more: write, query: versionsQuery(), list: jsonVersion{}},
		{route: "GET " + version, id: "getVersion" + of, summary: "Show a version with its manifest and details", scopes: read, answer: jsonVersion{}},
		{route: "DELETE " + version, id: "deleteVersion" + of, summary: "Move a version to the trash", scopes: remove},
		{route: "POST " + version + "/restore", id: "restoreVersion" + of, summary: "Bring a deleted version back", scopes: write, query: restoreVersionQuery()},
		{route: "POST " + version + "/copy", id: "copyVersion" + of, summary: "Copy a version to a package, with new tags", scopes: write, body: copyBody{}, status: http.StatusCreated, answer: jsonVersion{}},
		{route: "POST " + one + "/versions/delete", id: "deleteVersions" + of, summary: "Move several versions to the trash, all or none", scopes: remove, body: versionIDs{}},
		{route: "GET " + one + "/tags", id: "listTags" + of, summary: "List the tags of a package", scopes: read, list: jsonTag{}},
		{route: "GET " + tag, id: "getTag" + of, summary: "Show a tag", scopes: read, answer: jsonTag{}},
		{route: "PUT " + tag, id: "putTag" + of, summary: "Make a tag name a version", scopes: write, body: tagBody{}, answer: jsonTag{}},
		{route: "DELETE " + tag, id: "deleteTag" + of, summary: "Delete a tag; its version stays", scopes: remove},
		{route: "GET " + owners + "/trash", id: "listTrash" + of, summary: "List the deleted packages that you may restore", scopes: write, list: jsonTrashed{}},
	}
}

// ownPackageOperations describes the routes of [API.ownPackageRoutes].
func ownPackageOperations() []operation {
	const read, write, remove = berth.ScopeReadPackages, berth.ScopeWritePackages, berth.ScopeDeletePackages
	const one = "/user/packages/container/{package}"
	const version = one + "/versions/{version}"
	return []operation{
		{route: "GET /user/docker/conflicts", id: "listOwnConflicts", summary: "List your images of the older Docker registry that could not be moved; there are none", scopes: read, answer: []jsonPackage{}},
		{route: "GET /user/packages", id: "listOwnPackages", summary: "List your packages", scopes: read, query: packagesQuery(), list: jsonPackage{}},
		{route: "GET " + one, id: "getOwnPackage", summary: "Show a package of yours", scopes: read, answer: jsonPackage{}},
		{route: "DELETE " + one, id: "deleteOwnPackage", summary: "Move a package of yours with all its versions to the trash", scopes: remove},
		{route: "POST " + one + "/restore", id: "restoreOwnPackage", summary: "Bring a deleted package of yours back", scopes: write, query: restoreQuery()},
		{route: "GET " + one + "/versions", id: "listOwnVersions", summary: "List the versions of a package of yours, newest first", scopes: read, more: write, query: versionsQuery(), list: jsonVersion{}},
		{route: "GET " + version, id: "getOwnVersion", summary: "Show a version with its manifest and details", scopes: read, answer: jsonVersion{}},
		{route: "DELETE " + version, id: "deleteOwnVersion", summary: "Move a version to the trash", scopes: remove},
		{route: "POST " + version + "/restore", id: "restoreOwnVersion", summary: "Bring a deleted version back", scopes: write, query: restoreVersionQuery()},
	}
}

// usageOperationsUnder describes the routes of [API.usageRoutes].
func usageOperationsUnder(owners, of string) []operation {
	const read = berth.ScopeReadPackages
	one := owners + "/packages/container/{package}"
	return []operation{
		{route: "GET " + owners + "/usage", id: "getUsage" + of, summary: "Show what all packages of an owner take", scopes: berth.ScopeWritePackages, answer: jsonOwnerUsage{}},
		{route: "GET " + one + "/usage", id: "getPackageUsage" + of, summary: "Show what a package takes", scopes: read, answer: jsonUsage{}},
		{
			route: "GET " + one + "/downloads", id: "listDownloads" + of, summary: "Tell how often a package was pulled, day by day", scopes: read,
			query: []parameter{{"days", "integer", "how many, today is the last"}}, answer: []jsonDay{},
		},
	}
}
