package restapi

import (
	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
)

func signInOperations() []operation {
	const read, change = berth.ScopeReadUser, berth.ScopeUser
	const invite = berth.ScopeAdmin | berth.ScopeAdminOrg
	return []operation{
		{route: "POST /login", id: "login", summary: "Sign in with a password", body: loginBody{}, status: 201, answer: jsonLogin{}},
		{route: "POST /join", id: "join", summary: "Make an account, with an invitation or where registration is open", body: joinBody{}, status: 201, answer: jsonLogin{}},
		{route: "PUT /user/password", id: "changePassword", summary: "Change your password", scopes: change, body: ownPasswordBody{}},
		{route: "GET /user/sessions", id: "listSessions", summary: "List where you are signed in", scopes: read, query: onePage(), answer: []account.Session{}},
		{route: "DELETE /user/sessions/{id}", id: "endSession", summary: "End one of your sessions", scopes: change},
		{route: "GET /user/second-factor", id: "getSecondFactor", summary: "Show whether you have a second factor", scopes: read, answer: account.FactorState{}},
		{route: "POST /user/second-factor", id: "startSecondFactor", summary: "Make a second factor, which does not count yet", scopes: change, body: proof{}, status: 201, answer: account.SecondFactor{}},
		{route: "PUT /user/second-factor", id: "confirmSecondFactor", summary: "Let the second factor count", scopes: change, body: proof{}, answer: jsonRecovery{}},
		{route: "DELETE /user/second-factor", id: "removeSecondFactor", summary: "Give up your second factor", scopes: change, body: proof{}},
		{route: "POST /user/second-factor/recovery-codes", id: "createRecoveryCodes", summary: "Replace your recovery codes", scopes: change, body: proof{}, status: 201, answer: jsonRecovery{}},
		{route: "DELETE /admin/users/{owner}/second-factor", id: "resetSecondFactor", summary: "Take the second factor of a user who has lost it", scopes: berth.ScopeAdmin},
		{
			route: "GET /invitations", id: "listInvitations", summary: "List open invitations", scopes: invite,
			query: []parameter{{"org", "string", "those to an organization only"}}, list: account.Invitation{},
		},
		{route: "POST /invitations", id: "createInvitation", summary: "Invite somebody", scopes: invite, body: invitationBody{}, status: 201, answer: jsonInvitation{}},
		{route: "GET /orgs/{owner}/invitations", id: "listOrgInvitations", summary: "List open invitations to an organization", scopes: berth.ScopeAdminOrg, list: account.Invitation{}},
		{route: "POST /orgs/{owner}/invitations", id: "createOrgInvitation", summary: "Invite somebody to an organization", scopes: berth.ScopeAdminOrg, body: invitationBody{}, status: 201, answer: jsonInvitation{}},
		{route: "DELETE /invitations/{id}", id: "deleteInvitation", summary: "Take an invitation back", scopes: invite},
	}
}

func tokenOperations() []operation {
	const own = berth.ScopeUser
	const others = berth.ScopeUser | berth.ScopeAdminOrg
	return []operation{
		{route: "GET /user/tokens", id: "listOwnTokens", summary: "List your access tokens", scopes: own, list: jsonToken{}},
		{route: "POST /user/tokens", id: "createOwnToken", summary: "Make an access token", scopes: own, body: tokenRequest{}, status: 201, answer: jsonToken{}},
		{route: "DELETE /user/tokens/current", id: "revokeCurrentToken", summary: "Revoke the token of this request, or end its session"},
		{route: "DELETE /user/tokens/{id}", id: "revokeOwnToken", summary: "Revoke one of your access tokens", scopes: own},
		{route: "GET /users/{user}/tokens", id: "listTokens", summary: "List the access tokens of an account", scopes: others, list: jsonToken{}},
		{route: "POST /users/{user}/tokens", id: "createToken", summary: "Make an access token of an account", scopes: others, body: tokenRequest{}, status: 201, answer: jsonToken{}},
		{route: "DELETE /users/{user}/tokens/{id}", id: "revokeToken", summary: "Revoke an access token of an account", scopes: others},
	}
}

func auditOperations() []operation {
	between := []parameter{
		{"from", "string", "a time such as 2026-01-31T12:00:00Z: events at it and after"},
		{"until", "string", "a time: events before it"},
	}
	const owners = berth.ScopeReadUser | berth.ScopeAdminOrg
	return []operation{
		{route: "GET /audit-log", id: "listEvents", summary: "List who changed what, newest first", scopes: berth.ScopeAdmin, query: between, list: berth.Event{}},
		{route: "GET /orgs/{owner}/audit-log", id: "listEventsOfOrg", summary: "List who changed what of an organization", scopes: owners, query: between, list: berth.Event{}},
		{route: "GET /users/{owner}/audit-log", id: "listEventsOfUser", summary: "List who changed what of a user", scopes: owners, query: between, list: berth.Event{}},
	}
}
