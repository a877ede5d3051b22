package berthtest_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/registry"
)

// deleting needs the scope to delete besides something else.
func deleting(n need) need { return all(n, scope("delete:packages")) }

// keepingRows are about rules on tags and on old versions.
func keepingRows() (list []row) {
	const tag, rule = `{"pattern":"rc-*","users":["mia"]}`, `{"active":true,"keep_newest":3,"remove_tags":["pr-*"]}`
	for _, under := range []string{"/users", "/orgs"} {
		for i, name := range keptPlaces() {
			owner, path, one := strings.Cut(name, "/")
			pattern, at, who := under+"/{owner}", under+"/<"+owner+">", wholeOf(owner)
			if one {
				pattern, at, who = pattern+"/packages/container/{package}", under+"/"+owner+"/packages/container/<"+path+">", manage(name)
			}
			mine, others := "/tag-rules/"+strconv.Itoa(i+1), "/tag-rules/"+strconv.Itoa((i+1)%len(keptPlaces())+1)
			list = append(list,
				api("GET "+pattern+"/tag-rules", at+"/tag-rules", "", who, 200),
				api("POST "+pattern+"/tag-rules", at+"/tag-rules", tag, who, 201),
				api("DELETE "+pattern+"/tag-rules/{rule_id}", at+mine, "", who, 204),
				api("DELETE "+pattern+"/tag-rules/{rule_id}", at+others, "", who, 404),
				api("GET "+pattern+"/retention", at+"/retention", "", who, 200),
				api("PUT "+pattern+"/retention", at+"/retention", rule, deleting(who), 200),
				api("DELETE "+pattern+"/retention", at+"/retention", "", deleting(who), 204),
			)
			if one {
				try := api("POST "+pattern+"/retention/preview", at+"/retention/preview", rule, who, 200)
				try.reads = true
				list = append(list, api("GET "+pattern+"/retention/preview", at+"/retention/preview", "", who, 200), try)
			}
		}
	}
	return list
}

// keptPlaces have a rule of each kind, in this order.
func keptPlaces() []string { return []string{"acme", "orchid", "vic", "acme/plum", "orchid/thistle"} }

// makeRules makes rules that keep nobody from anything.
func (w *world) makeRules(t *testing.T) {
	t.Helper()
	for _, name := range keptPlaces() {
		var at berth.Name
		at.Owner, at.Path, _ = strings.Cut(name, "/")
		if _, err := w.Registry.CreateTagRule(t.Context(), berth.Operator(), at, "never-*", registry.Movers{}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Registry.SetRetention(t.Context(), berth.Operator(), at, registry.Retention{KeepDays: 1}); err != nil {
			t.Fatal(err)
		}
	}
}
