package restapi

import "github.com/berth-registry/berth"

// onePage is for short lists. Clients ask for all lists alike.
func onePage() []parameter {
	return []parameter{{"per_page", "integer", "does nothing: all is on one page"}}
}

// disposalScopes are for moving packages and for purging them.
const disposalScopes = berth.ScopeWritePackages | berth.ScopeDeletePackages

// disposalQuery is what [disposal] reads.
func disposalQuery() []parameter {
	return []parameter{
		{"packages", "string", "what becomes of the packages: refuse (the same as nothing), move or purge"},
		{"to", "string", "who gets the packages that are moved"},
	}
}

func userOperations() []operation {
	const site = berth.ScopeAdmin
	user := either{privateUser{}, publicUser{}}
	subject := []parameter{{"subject", "string", "who it is at the provider"}}
	return []operation{
		{route: "GET /user", id: "getSelf", summary: "Show your account", scopes: berth.ScopeReadUser, answer: privateUser{}},
		{route: "PATCH /user", id: "updateSelf", summary: "Change your account", scopes: berth.ScopeUser, body: userBody{}, answer: privateUser{}},
		{route: "GET /users", id: "listUsers", summary: "List all users and service accounts", scopes: site, list: user},
		{route: "GET /users/{owner}", id: "getUser", summary: "Show a user, or an organization of yours", scopes: berth.ScopeReadUser, answer: either{privateUser{}, publicUser{}, org{}}},
		{route: "PUT /users/{owner}/suspended", id: "blockUser", summary: "Block a user", scopes: site},
		{route: "DELETE /users/{owner}/suspended", id: "unblockUser", summary: "Let a user in again", scopes: site},
		{route: "PUT /users/{owner}/site_admin", id: "makeAdmin", summary: "Make a user an administrator", scopes: site},
		{route: "DELETE /users/{owner}/site_admin", id: "unmakeAdmin", summary: "Make an administrator a user like others", scopes: site},
		{route: "POST /admin/users", id: "createUser", summary: "Make a user", scopes: site, body: newUserBody{}, status: 201, answer: user},
		{route: "PUT /admin/users/{owner}/password", id: "setPassword", summary: "Set the password of a user", scopes: site, body: passwordBody{}},
		{route: "DELETE /admin/users/{owner}", id: "deleteUser", summary: "Delete a user", scopes: site, more: disposalScopes, query: disposalQuery()},

		{route: "GET /user/identities", id: "listOwnIdentities", summary: "List who you are at identity providers", scopes: berth.ScopeReadUser, query: onePage(), answer: []identity{}},
		{route: "DELETE /user/identities/{provider}", id: "unlinkOwnIdentity", summary: "Unlink your account from an identity", scopes: berth.ScopeUser, query: subject},
		{route: "GET /users/{owner}/identities", id: "listIdentities", summary: "List who a user is at identity providers", scopes: berth.ScopeReadUser, query: onePage(), answer: []identity{}},
		{route: "PUT /users/{owner}/identities/{provider}", id: "linkIdentity", summary: "Link an account to an identity", scopes: site, body: identityBody{}},
		{route: "DELETE /users/{owner}/identities/{provider}", id: "unlinkIdentity", summary: "Unlink an account from an identity", scopes: berth.ScopeUser, query: subject},
	}
}
