package berthtest_test

// siteRows are about the registry as a whole.
func siteRows() []row {
	return []row{
		api("GET /admin/overview", "/admin/overview", "", site, 200),
		api("GET /admin/package-types", "/admin/package-types", "", site, 200),
		api("PUT /admin/package-types/{type}", "/admin/package-types/container", `{"state":"read-only"}`, site, 204),
		api("PUT /admin/package-types/{type}", "/admin/package-types/container", `{"state":"off"}`, site, 204),
		api("GET /admin/quota", "/admin/quota", "", site, 200),
		api("PUT /admin/quota", "/admin/quota", `{"limit":"50GiB"}`, site, 200),
		api("GET /admin/owners/{owner}/quota", "/admin/owners/<acme>/quota", "", site, 200),
		api("PUT /admin/owners/{owner}/quota", "/admin/owners/<acme>/quota", `{"limit":"none"}`, site, 200),
	}
}
