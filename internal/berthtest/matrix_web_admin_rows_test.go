package berthtest_test

import (
	"net/url"
	"strings"
)

// webAdminRows are about the pages for administrators of the registry. Whether there is
// a user or an owner, nobody else is told.
func webAdminRows() []row {
	const at = "/-/admin"
	form := func(pairs ...string) url.Values {
		v := url.Values{}
		for i := 0; i+1 < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	ofVic := func(what string, ok int, pairs ...string) row {
		return webPost(at+"/users/{user}/"+what, at+"/users/vic/"+what, form(pairs...), site, ok)
	}
	var list []row
	for path := range strings.FieldsSeq("/ /users /new-user /invitations /orgs /packages /quotas /audit /jobs /doctor") {
		path = at + strings.TrimSuffix(path, "/")
		list = append(list, webGet(path, path, site, 200))
	}
	return append(list,
		webGet(at+"/users/{user}", at+"/users/vic", site, 200),
		webPost(at+"/new-user", at+"/new-user", form("name", "newcomer", "password", "long enough"), site, 303),
		ofVic("blocked", 303, "blocked", "true"),
		ofVic("admin", 303, "admin", "true"),
		ofVic("second-factor", 400),
		ofVic("password", 303, "password", "long enough"),
		ofVic("name", 303, "name", "victoria"),
		ofVic("quota", 303, "limit", "5GiB"),
		ofVic("delete", 400, "confirm", "bob"),
		ofVic("delete", 409, "confirm", "vic"), // he has packages
		ofVic("delete", 303, "confirm", "vic", "packages", "purge"),
		webPost(at+"/invitations", at+"/invitations", form("note", "x"), site, 303),
		webPost(at+"/invitations/{id}/drop", at+"/invitations/{invitation}/drop", nil, site, 303),
		webPost(at+"/orgs", at+"/orgs", form("name", "newest", "owner", "vic"), site, 303),
		webPost(at+"/packages/{type}", at+"/packages/container", form("state", "read-only"), site, 303),
		webPost(at+"/quotas", at+"/quotas", form("limit", "5GiB"), site, 303),
		webPost(at+"/quotas/{owner}", at+"/quotas/acme", form("limit", "none"), site, 303),
		webPost(at+"/jobs", at+"/jobs", form("name", "none"), site, 404),
	)
}
