package restapi

import "github.com/berth-registry/berth"

func repositoryOperations() []operation {
	const write = berth.ScopeWriteRepositories
	const read = berth.ScopeReadPackages | write
	const one = "/repos/{owner}/{repo}"
	return []operation{
		{route: "POST /user/repos", id: "createOwnRepository", summary: "Make a repository of yours", scopes: write, body: repositoryBody{}, status: 201, answer: repositoryDoc{}},
		{route: "POST /orgs/{owner}/repos", id: "createRepository", summary: "Make a repository of an organization", scopes: write, body: repositoryBody{}, status: 201, answer: repositoryDoc{}},
		{route: "GET /user/repos", id: "listOwnRepositories", summary: "List the repositories on which you have a role", scopes: read, list: repositoryDoc{}},
		{route: "GET /users/{owner}/repos", id: "listRepositoriesOfUser", summary: "List the repositories of a user that you may read", scopes: read, list: repositoryDoc{}},
		{route: "GET /orgs/{owner}/repos", id: "listRepositoriesOfOrg", summary: "List the repositories of an organization that you may read", scopes: read, list: repositoryDoc{}},
		{route: "GET " + one, id: "getRepository", summary: "Show a repository, with your role on it", scopes: read, answer: repositoryDoc{}},
		{route: "PATCH " + one, id: "updateRepository", summary: "Change a repository", scopes: write, body: repositoryBody{}, answer: repositoryDoc{}},
		{route: "DELETE " + one, id: "deleteRepository", summary: "Delete a repository; packages linked to it stay", scopes: write},
		{route: "GET " + one + "/readme", id: "getReadme", summary: "Show the README of a repository, as base64", scopes: read, answer: readmeDoc{}},
		{route: "PUT " + one + "/readme", id: "putReadme", summary: "Write the README of a repository, in Markdown; an empty one removes it", scopes: write, body: readmeBody{}, answer: readmeDoc{}},
		{route: "GET " + one + "/collaborators", id: "listCollaborators", summary: "List the users with a role on a repository", scopes: write, list: collaboratorDoc{}},
		{route: "PUT " + one + "/collaborators/{user}", id: "putCollaborator", summary: "Give a user a role on a repository", scopes: write, body: permissionBody{}},
		{route: "DELETE " + one + "/collaborators/{user}", id: "deleteCollaborator", summary: "Take the role of a user on a repository", scopes: write},
		{route: "GET " + one + "/teams", id: "listRepositoryTeams", summary: "List the teams with a role on a repository", scopes: write, list: repositoryTeamDoc{}},
		{route: "PUT /orgs/{org}/teams/{team}" + one, id: "putRepositoryTeam", summary: "Give a team a role on a repository", scopes: write, body: permissionBody{}},
		{route: "DELETE /orgs/{org}/teams/{team}" + one, id: "deleteRepositoryTeam", summary: "Take the role of a team on a repository", scopes: write},
	}
}
