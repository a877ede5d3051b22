package restapi

import "github.com/berth-registry/berth"

func orgOperations() []operation {
	const read, change = berth.ScopeReadUser, berth.ScopeAdminOrg
	return []operation{
		{route: "POST /admin/organizations", id: "createOrg", summary: "Make an organization", scopes: berth.ScopeAdmin, body: newOrgBody{}, status: 201, answer: org{}},
		{route: "GET /user/orgs", id: "listOwnOrgs", summary: "List your organizations", scopes: read, list: org{}},
		{route: "GET /organizations", id: "listOrgs", summary: "List all organizations", scopes: berth.ScopeAdmin, list: org{}},
		{route: "GET /orgs/{org}", id: "getOrg", summary: "Show an organization", scopes: read, answer: org{}},
		{route: "PATCH /orgs/{org}", id: "updateOrg", summary: "Change the settings of an organization", scopes: change, body: orgBody{}, answer: org{}},
		{route: "DELETE /orgs/{org}", id: "deleteOrg", summary: "Delete an organization", scopes: change, more: disposalScopes, query: disposalQuery()},
		{route: "GET /orgs/{org}/members", id: "listMembers", summary: "List the members of an organization", scopes: read, list: member{}},
		{route: "GET /orgs/{org}/memberships/{user}", id: "getMembership", summary: "Show what a user is to an organization", scopes: read, answer: membership{}},
		{route: "PUT /orgs/{org}/memberships/{user}", id: "putMembership", summary: "Make a user a member or an owner of an organization", scopes: change, body: roleBody{}, answer: membership{}},
		{route: "DELETE /orgs/{org}/memberships/{user}", id: "deleteMembership", summary: "Take a user out of an organization, or leave it", scopes: change | berth.ScopeUser},
		{route: "GET /orgs/{org}/service-accounts", id: "listServiceAccounts", summary: "List the service accounts of an organization", scopes: read, list: serviceAccount{}},
		{route: "POST /orgs/{org}/service-accounts", id: "createServiceAccount", summary: "Make a service account", scopes: change, body: serviceAccountBody{}, status: 201, answer: serviceAccount{}},
		{route: "DELETE /orgs/{org}/service-accounts/{user}", id: "deleteServiceAccount", summary: "Delete a service account", scopes: change, more: disposalScopes, query: disposalQuery()},
	}
}

func teamOperations() []operation {
	const read, change = berth.ScopeReadUser, berth.ScopeAdminOrg
	return []operation{
		{route: "GET /orgs/{org}/teams", id: "listTeams", summary: "List the teams of an organization", scopes: read, list: team{}},
		{route: "POST /orgs/{org}/teams", id: "createTeam", summary: "Make a team", scopes: change, body: teamBody{}, status: 201, answer: team{}},
		{route: "GET /orgs/{org}/teams/{team}", id: "getTeam", summary: "Show a team", scopes: read, answer: team{}},
		{route: "DELETE /orgs/{org}/teams/{team}", id: "deleteTeam", summary: "Delete a team", scopes: change},
		{route: "GET /orgs/{org}/teams/{team}/members", id: "listTeamMembers", summary: "List the members of a team", scopes: read, list: simpleOwner{}},
		{route: "PUT /orgs/{org}/teams/{team}/memberships/{user}", id: "addTeamMember", summary: "Put a member of the organization into a team", scopes: change, answer: teamMembership{}},
		{route: "DELETE /orgs/{org}/teams/{team}/memberships/{user}", id: "removeTeamMember", summary: "Take a user out of a team", scopes: change},
	}
}
