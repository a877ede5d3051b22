package berthtest_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
)

// hookRows are about webhooks.
func hookRows() (list []row) {
	for _, at := range []struct {
		pattern, path, id string
		rule              need
	}{
		{"/orgs/{org}/hooks", "/orgs/<acme>/hooks", "acme", owners("acme")},
		{"/orgs/{org}/hooks", "/orgs/<orchid>/hooks", "orchid", owners("orchid")},
		{"/repos/{owner}/{repo}/hooks", "/repos/acme/<reed>/hooks", "reed", repoAdmin("acme/reed")},
		{"/repos/{owner}/{repo}/hooks", "/repos/orchid/<rush>/hooks", "rush", repoAdmin("orchid/rush")},
		{"/user/hooks", "/user/hooks", "self", own("user")},
	} {
		one, pattern := at.path+"/{hook:"+at.id+"}", at.pattern+"/{hook_id}"
		delivery := "/deliveries/{delivery:" + at.id + "}"
		list = append(list,
			api("GET "+at.pattern, at.path, "", at.rule, 200),
			api("POST "+at.pattern, at.path, `{"config":{"url":"https://ci.example.com/"}}`, at.rule, 201),
			api("GET "+pattern, one, "", at.rule, 200),
			api("PATCH "+pattern, one, `{"active":false}`, at.rule, 200),
			api("DELETE "+pattern, one, "", at.rule, 204),
			api("POST "+pattern+"/pings", one+"/pings", "", at.rule, 204),
			api("GET "+pattern+"/deliveries", one+"/deliveries", "", at.rule, 200),
			api("GET "+pattern+"/deliveries/{delivery_id}", one+delivery, "", at.rule, 200),
			api("POST "+pattern+"/deliveries/{delivery_id}/attempts", one+delivery+"/attempts", "", at.rule, 202),
		)
	}
	// What hangs elsewhere is not there.
	for path, rule := range map[string]need{"/orgs/<acme>/hooks": owners("acme"), "/user/hooks": own("user"), "/repos/acme/<reed>/hooks": repoAdmin("acme/reed")} {
		pattern := strings.NewReplacer("<acme>", "{org}", "acme/<reed>", "{owner}/{repo}").Replace(path) + "/{hook_id}"
		one := path + "/{hook:rush}"
		list = append(list,
			api("GET "+pattern, one, "", rule, 404),
			api("PATCH "+pattern, one, `{"active":false}`, rule, 404),
			api("DELETE "+pattern, one, "", rule, 404),
			api("GET "+pattern+"/deliveries", one+"/deliveries", "", rule, 404),
			api("POST "+pattern+"/pings", one+"/pings", "", rule, 404),
			api("POST "+pattern+"/deliveries/{delivery_id}/attempts", one+"/deliveries/{delivery:rush}/attempts", "", rule, 404),
		)
	}
	// So is a delivery of another webhook.
	return append(list,
		api("GET /user/hooks/{hook_id}/deliveries/{delivery_id}", "/user/hooks/{hook:self}/deliveries/{delivery:rush}", "", own("user"), 404),
		api("POST /user/hooks/{hook_id}/deliveries/{delivery_id}/attempts", "/user/hooks/{hook:self}/deliveries/{delivery:rush}/attempts", "", own("user"), 404),
	)
}

// hookAt is a webhook with the delivery of its ping.
type hookAt struct{ hook, delivery int64 }

// makeHooks makes a webhook of every user and in all places.
func (w *world) makeHooks(t *testing.T, users []string) {
	t.Helper()
	ctx, url := t.Context(), "https://ci.example.com/"
	w.hooks = map[string]hookAt{}
	add := func(name string, v berth.Viewer, p account.HookPlace) {
		t.Helper()
		h, err := w.Account.CreateHook(ctx, v, p, account.HookChange{URL: &url})
		if err != nil {
			t.Fatal(err)
		}
		list, err := w.Account.ListDeliveries(ctx, v, p, h.ID, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		w.hooks[name] = hookAt{h.ID, list[0].ID}
	}
	me := berth.Operator()
	add("acme", me, account.HookPlace{Org: "acme"})
	add("orchid", me, account.HookPlace{Org: "orchid"})
	add("reed", me, account.HookPlace{Owner: "acme", Repository: "reed"})
	add("rush", me, account.HookPlace{Owner: "orchid", Repository: "rush"})
	for _, name := range users {
		add(name, w.Viewer(name), account.HookPlace{})
	}
}

// fillHooks puts the ids of webhooks and deliveries into a path. Those of the actor
// are called self.
func (w *world) fillHooks(path, self string) string {
	if !strings.Contains(path, "{hook:") {
		return path
	}
	for _, name := range []string{"acme", "orchid", "reed", "rush", self} {
		as, at := name, w.hooks[name]
		if name == self {
			as = "self"
		}
		path = strings.NewReplacer("{hook:"+as+"}", strconv.FormatInt(at.hook, 10), "{delivery:"+as+"}", strconv.FormatInt(at.delivery, 10)).Replace(path)
	}
	return path
}
