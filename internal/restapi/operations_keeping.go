package restapi

import (
	"net/http"
	"slices"

	"github.com/berth-registry/berth"
)

// keepingOperations describes the routes of [API.keepingRoutes].
func keepingOperations() []operation {
	var list []operation
	for owners, of := range map[string]string{"/users/{owner}": "OfUser", "/orgs/{owner}": "OfOrg"} {
		one := owners + "/packages/container/{package}"
		list = slices.Concat(
			list,
			keepingOperationsAt(owners, "Owner"+of, "all packages of an owner"),
			keepingOperationsAt(one, "Package"+of, "a package"),
			[]operation{
				{route: "GET " + one + "/retention/preview", id: "previewRetention" + of, summary: "Tell what the rule on old versions would remove now", scopes: berth.ScopeWritePackages, answer: jsonRetentionPlan{}},
				{route: "POST " + one + "/retention/preview", id: "tryRetention" + of, summary: "Tell what a rule on old versions would remove now", scopes: berth.ScopeWritePackages, body: retentionBody{}, answer: jsonRetentionPlan{}},
			},
		)
	}
	return list
}

func keepingOperationsAt(at, of, what string) []operation {
	const write, remove = berth.ScopeWritePackages, berth.ScopeDeletePackages
	rules, retention := at+"/tag-rules", at+"/retention"
	return []operation{
		{route: "GET " + rules, id: "listTagRulesOf" + of, summary: "List the rules on the tags of " + what, scopes: write, answer: []jsonTagRule{}},
		{route: "POST " + rules, id: "createTagRuleOf" + of, summary: "Protect tags of " + what, scopes: write, body: tagRuleBody{}, status: http.StatusCreated, answer: jsonTagRule{}},
		{route: "DELETE " + rules + "/{rule_id}", id: "deleteTagRuleOf" + of, summary: "Remove a rule on the tags of " + what, scopes: write},
		{route: "GET " + retention, id: "getRetentionOf" + of, summary: "Show the rule on old versions of " + what, scopes: write, answer: jsonRetention{}},
		{route: "PUT " + retention, id: "setRetentionOf" + of, summary: "Make the rule on old versions of " + what, scopes: write, more: remove, body: retentionBody{}, answer: jsonRetention{}},
		{route: "DELETE " + retention, id: "deleteRetentionOf" + of, summary: "Remove the rule on old versions of " + what, scopes: write, more: remove},
	}
}
