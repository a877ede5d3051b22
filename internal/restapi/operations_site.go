package restapi

import "github.com/berth-registry/berth"

// siteOperations describes the routes of [API.siteRoutes].
func siteOperations() []operation {
	const site = berth.ScopeAdmin
	return []operation{
		{route: "GET /admin/overview", id: "getOverview", summary: "Show what the instance holds, how it grows and what waits", scopes: site, answer: jsonOverview{}},
		{route: "GET /admin/package-types", id: "listPackageTypes", summary: "List the types of packages", scopes: site, query: onePage(), answer: []jsonPackageType{}},
		{route: "PUT /admin/package-types/{type}", id: "setPackageType", summary: "Switch a type of packages on, to read-only or off", scopes: site, body: packageTypeBody{}},
		{route: "GET /admin/quota", id: "getDefaultQuota", summary: "Show how much owners without a quota of their own may hold", scopes: site, answer: jsonLimit{}},
		{route: "PUT /admin/quota", id: "setDefaultQuota", summary: "Set how much owners without a quota of their own may hold", scopes: site, body: quotaBody{}, answer: jsonLimit{}},
		{route: "GET /admin/owners/{owner}/quota", id: "getQuota", summary: "Show what an owner holds and may hold", scopes: site, answer: jsonQuota{}},
		{route: "PUT /admin/owners/{owner}/quota", id: "setQuota", summary: "Set what an owner may hold", scopes: site, body: quotaBody{}, answer: jsonQuota{}},
	}
}
