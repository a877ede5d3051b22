package berthtest_test

// identityRows are about who accounts are at outside providers. No provider is
// configured, so that administrators, too, find none to link to.
func identityRows() []row {
	return []row{
		api("GET /user/identities", "/user/identities", "", own("read:user"), 200),
		api("DELETE /user/identities/{provider}", "/user/identities/corp?subject=s", "", own("user"), 404),
		api("GET /users/{owner}/identities", "/users/<vic>/identities", "", accountOf("vic", "read:user"), 200),
		api("PUT /users/{owner}/identities/{provider}", "/users/<vic>/identities/corp", `{"subject":"s"}`, site, 404),
		api("DELETE /users/{owner}/identities/{provider}", "/users/<vic>/identities/corp?subject=s", "", accountOf("vic", "user"), 404),
	}
}
