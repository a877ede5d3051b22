package berthtest_test

// documentRows are about the description of the API, which is no secret.
func documentRows() []row {
	return []row{api("GET /openapi.json", "/openapi.json", "", anybody, 200)}
}
