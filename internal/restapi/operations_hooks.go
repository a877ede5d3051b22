package restapi

import (
	"net/http"
	"slices"

	"github.com/berth-registry/berth"
)

// hookOperations describes the routes of [API.hookRoutes].
func hookOperations() []operation {
	return slices.Concat(
		hookOperationsAt("/orgs/{org}/hooks", "OfOrg", berth.ScopeAdminOrg),
		hookOperationsAt("/repos/{owner}/{repo}/hooks", "OfRepository", berth.ScopeWriteRepositories),
		hookOperationsAt("/user/hooks", "OfUser", berth.ScopeUser),
	)
}

func hookOperationsAt(at, of string, scope berth.Scopes) []operation {
	one := at + "/{hook_id}"
	deliveries := one + "/deliveries"
	return []operation{
		{route: "GET " + at, id: "listHooks" + of, summary: "List webhooks", scopes: scope, list: hookDoc{}},
		{route: "POST " + at, id: "createHook" + of, summary: "Make a webhook", scopes: scope, body: hookBody{}, status: http.StatusCreated, answer: hookDoc{}},
		{route: "GET " + one, id: "getHook" + of, summary: "Show a webhook", scopes: scope, answer: hookDoc{}},
		{route: "PATCH " + one, id: "updateHook" + of, summary: "Change a webhook", scopes: scope, body: hookBody{}, answer: hookDoc{}},
		{route: "DELETE " + one, id: "deleteHook" + of, summary: "Delete a webhook with its log", scopes: scope},
		{route: "POST " + one + "/pings", id: "pingHook" + of, summary: "Send a webhook a ping", scopes: scope},
		{route: "GET " + deliveries, id: "listDeliveries" + of, summary: "List what a webhook was sent, newest first", scopes: scope, query: []parameter{{"cursor", "string", "as after, for clients of GitHub"}}, list: deliveryDoc{}},
		{route: "GET " + deliveries + "/{delivery_id}", id: "getDelivery" + of, summary: "Show what a webhook was sent and what it answered", scopes: scope, answer: fullDelivery{}},
		{route: "POST " + deliveries + "/{delivery_id}/attempts", id: "redeliver" + of, summary: "Send it once more", scopes: scope, status: http.StatusAccepted, answer: noFields{}},
	}
}

// noFields is an empty object, which GitHub's clients want to read.
type noFields struct{}
