package registry_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/registry"
)

// protect makes a rule, at a package or an owner.
func (k *shelf) protect(at berth.Name, pattern string, m registry.Movers) registry.TagRule {
	k.Helper()
	rule, err := k.s.Registry.CreateTagRule(k.Context(), k.v, at, pattern, m)
	k.must(err)
	return rule
}

// attack is one way to reach a tag, and to move or delete it by that.
type attack struct {
	name string
	do   func(ctx context.Context, k *shelf) error
}

// attacks are all ways to reach the tag v1 of "old", which "new" is to have instead.
func attacks() []attack {
	copyTo := func(ctx context.Context, k *shelf, from berth.Name, what string) error {
		_, err := k.s.Registry.Copy(ctx, k.v, from, registry.Which{Reference: berth.Reference{Digest: k.made[what].Digest}}, k.n, "v1")
		return err
	}
	digest := func(k *shelf, what string) berth.Reference { return berth.Reference{Digest: k.made[what].Digest} }
	return []attack{
		{"push by tag", func(ctx context.Context, k *shelf) error { return pushBody(ctx, k.s, k, "new", "v1") }},
		{"push by tag in another case", func(ctx context.Context, k *shelf) error { return pushBody(ctx, k.s, k, "new", "V1") }},
		{"push by digest with tags", func(ctx context.Context, k *shelf) error {
			return pushTags(ctx, k, "new", "fresh", "v1")
		}},
		{"retag", func(ctx context.Context, k *shelf) error { return copyTo(ctx, k, k.n, "new") }},
		{"copy from another package", func(ctx context.Context, k *shelf) error { return copyTo(ctx, k, name(k.T, "ada/other"), "else") }},
		{"delete the tag", func(ctx context.Context, k *shelf) error { return k.s.Registry.DeleteTag(ctx, k.v, k.n, "V1") }},
		{"delete the tag by the protocol", func(ctx context.Context, k *shelf) error {
			return k.s.Registry.DeleteManifest(ctx, k.v, k.n, berth.Reference{Tag: "v1"})
		}},
		{"delete the digest", func(ctx context.Context, k *shelf) error {
			return k.s.Registry.DeleteManifest(ctx, k.v, k.n, digest(k, "old"))
		}},
		{"delete the version", func(ctx context.Context, k *shelf) error {
			return k.s.Registry.DeleteVersions(ctx, k.v, k.n, k.id("old"))
		}},
		{"delete it with others", func(ctx context.Context, k *shelf) error {
			return k.s.Registry.DeleteVersions(ctx, k.v, k.n, k.id("new"), k.id("old"))
		}},
		{"delete the package", func(ctx context.Context, k *shelf) error { return k.s.Registry.DeletePackage(ctx, k.v, k.n) }},
		{"give the package to another owner", func(ctx context.Context, k *shelf) error {
			return k.s.Registry.MovePackage(ctx, k.v, k.n, name(k.T, "ada/moved"))
		}},
		{"delete the owner with all", func(ctx context.Context, k *shelf) error {
			return k.s.Account.DeleteOrg(ctx, k.v, k.n.Owner, account.Disposal{Packages: account.PackagesPurge})
		}},
	}
}

func pushTags(ctx context.Context, k *shelf, what string, tags ...berth.Tag) error {
	_, err := k.s.Registry.PutManifest(ctx, k.v, k.n, registry.Push{
		Reference: berth.Reference{Digest: k.made[what].Digest}, Tags: tags, ContentType: k.made[what].MediaType, Body: strings.NewReader(string(k.body[what])),
	})
	return err
}

// protectedShelf is acme/app with old as v1 and new as v2, and something else
// elsewhere.
func protectedShelf(t *testing.T, options ...berthtest.Options) *shelf {
	t.Helper()
	k := newShelf(t, options...).at("acme/app")
	k.image("old", "v1")
	k.image("new", "v2")
	k.at("ada/other").image("else", "v3")
	return k
}

// Nothing that reaches a tag gets past a rule, of the package or its owner, and a
// refusal changes nothing; ada, who is refused, owns it all.
func TestProtectedFromAll(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"acme/app", "acme/"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			metatest.Each(t, func(t *testing.T, address string) {
				k := protectedShelf(t, berthtest.Options{Address: address})
				owner, path, _ := strings.Cut(at, "/")
				k.protect(berth.Name{Owner: owner, Path: path}, "V?", registry.Movers{})
				before := k.s.State()
				for _, a := range attacks() {
					err := a.do(t.Context(), k)
					k.refused(a.name, err, berth.ErrTagProtected)
					if err != nil && !strings.Contains(strings.ToLower(err.Error()), "acme/app:v1 matches the rule v?") {
						t.Errorf("%s says %q", a.name, err)
					}
				}
				if diff := cmp.Diff(before, k.s.State()); diff != "" {
					t.Errorf("what was refused changed something:\n%s", diff)
				}
				k.must(pushBody(t.Context(), k.s, k, "old", "v1")) // the same again
				k.must(pushBody(t.Context(), k.s, k, "new", "v7")) // a tag that is new
				k.want("after what is allowed", "old v1", "new v2 v7")
			})
		})
	}
}

// Whoever is listed may do all of that, as himself, by a team or as the CI of a
// repository; everybody else may not.
func TestProtectedFromOthers(t *testing.T) {
	t.Parallel()
	for i, a := range attacks() {
		if a.name == "delete the owner with all" { // which counts no holders
			continue
		}
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			k := protectedShelf(t)
			k.image("third", "w3") // so that the others are not the last
			_, err := k.s.Account.CreateTeam(k.Context(), k.v, "acme", "Devs")
			k.must(err)
			movers := []registry.Movers{{Users: []string{"ada"}}, {Teams: []string{"devs"}}}[i%2]
			k.protect(k.n, "v*", movers)
			if i%2 == 1 {
				k.refused("before she is in the team", a.do(t.Context(), k), berth.ErrTagProtected)
				k.must(k.s.Account.AddTeamMember(k.Context(), k.v, "acme", "devs", "ada"))
			}
			k.must(a.do(t.Context(), k))
			k.s.WantSound()
		})
	}
}

// The CI of a listed repository may; administrators of the package and of the instance
// are bound as everybody is, and what a rule lists is told to those who may know it.
func TestProtectedWords(t *testing.T) {
	t.Parallel()
	k := protectedShelf(t)
	k.repository("acme", "src", berth.VisibilityPrivate)
	_, err := k.s.Account.CreateServiceAccount(t.Context(), k.v, "acme", "acme-ci", "acme/src")
	k.must(err)
	for _, who := range []string{"mia", "bob", "acme-ci"} {
		k.must(k.s.Registry.GrantRole(t.Context(), k.v, k.n, registry.Holder{User: who}, berth.RoleWrite))
	}
	rule := k.protect(k.n, "v1*", registry.Movers{Users: []string{"root"}, Repositories: []string{"acme/src"}})
	as := func(who string) error {
		moved := *k
		moved.v = k.s.Viewer(who)
		return pushBody(t.Context(), k.s, &moved, "new", "v1")
	}
	for who, want := range map[string]string{
		"ada": "only user root, repository acme/src may",
		"mia": "only user root, 1 more may",
		"bob": "only the 2 whom it lists may",
	} {
		err := as(who)
		k.refused(who, err, berth.ErrTagProtected)
		if err != nil && !strings.HasSuffix(err.Error(), "so "+want+" move or delete it; use another tag, or have the rule removed: berth package unprotect acme/app 1") {
			t.Errorf("%s is told %q", who, err)
		}
	}
	k.must(as("acme-ci"), pushBody(t.Context(), k.s, k, "new", "v1"))
	k.must(k.s.Registry.DeleteTagRule(t.Context(), k.v, k.n, rule.ID))
	k.protect(berth.Name{Owner: "acme"}, "v1", registry.Movers{Users: []string{"ada"}})
	k.refused("root", k.s.Registry.DeleteTag(t.Context(), k.s.Viewer("root"), k.n, "v1"), berth.ErrTagProtected)
	k.refused("the operator", k.s.Registry.DeletePackage(t.Context(), berth.Operator(), k.n), berth.ErrTagProtected)
	k.protect(k.n, "*", registry.Movers{Users: []string{"mia"}}) // the strictest wins
	k.refused("whom only one rule lists", k.s.Registry.DeleteTag(t.Context(), k.v, k.n, "v1"), berth.ErrTagProtected)
	k.refused("whom only the other lists", as("mia"), nil)
	if err := k.s.Registry.DeleteTag(t.Context(), k.v, k.n, "v1"); err == nil || !strings.Contains(err.Error(), "the rule * of acme/app, so only user mia may") {
		t.Error(err)
	}
}

// A holder who goes leaves the rule to nobody; a package that goes to another owner
// leaves the teams behind.
func TestProtectedWithoutHolders(t *testing.T) {
	t.Parallel()
	k := protectedShelf(t)
	_, err := k.s.Account.CreateTeam(t.Context(), k.v, "acme", "devs")
	k.must(err, k.s.Account.AddTeamMember(t.Context(), k.v, "acme", "devs", "ada"))
	k.protect(k.n, "v*", registry.Movers{Teams: []string{"devs", "DEVS"}})
	k.must(k.s.Registry.MovePackage(t.Context(), k.v, k.n, name(t, "acme/site"))) // takes its rules along
	moved := k.at("acme/site")
	rules, err := k.s.Registry.ListTagRules(t.Context(), k.v, moved.n)
	k.must(err)
	if len(rules) != 1 || len(rules[0].Movers.Teams) != 1 {
		t.Fatalf("%+v", rules)
	}
	k.must(k.s.Registry.MovePackage(t.Context(), k.v, moved.n, name(t, "ada/site")))
	away := k.at("ada/site")
	k.refused("with the team of the old owner", away.s.Registry.DeleteTag(t.Context(), k.v, away.n, "v1"), berth.ErrTagProtected)

	k = k.at("acme/fresh")
	k.image("again", "v1")
	k.protect(k.n, "v*", registry.Movers{Teams: []string{"devs"}})
	k.image("again2", "v1")
	k.must(k.s.Account.DeleteTeam(t.Context(), k.v, "acme", "devs"))
	k.refused("after the team is gone", k.s.Registry.DeleteTag(t.Context(), k.v, k.n, "v1"), berth.ErrTagProtected)
}

// Restoring brings protected tags back where nothing has taken them, and moves none.
func TestProtectedRestore(t *testing.T) {
	t.Parallel()
	k := protectedShelf(t)
	k.must(k.delete("old"))
	k.image("newer", "v1")
	rule := k.protect(k.n, "*", registry.Movers{})
	k.refused("over a tag that is there", k.restore("old", false), berth.ErrExists)
	k.must(k.restore("old", true))
	k.want("after a restore without tags", "old", "new v2", "newer v1")
	k.must(k.s.Registry.DeleteTagRule(t.Context(), k.v, k.n, rule.ID), k.delete("newer"))
	k.protect(k.n, "*", registry.Movers{})
	k.must(k.restore("newer", false))
	k.want("after a restore with tags", "old", "new v2", "newer v1")
}

// Signatures of older tools are tags too, which move with each signature: * is not
// about them, unless a pattern says so.
func TestProtectedSignatures(t *testing.T) {
	t.Parallel()
	k := protectedShelf(t)
	tag := k.fallback("old", ".sig")
	k.image("sig", tag)
	k.protect(k.n, "*", registry.Movers{})
	k.image("sig2", tag)
	k.protect(k.n, "sha256-*", registry.Movers{})
	k.image("sig3", "")
	k.refused("a pattern that names it", pushBody(t.Context(), k.s, k, "sig3", tag), berth.ErrTagProtected)
	list, err := k.s.Registry.TagDetails(t.Context(), k.v, k.n, "", 9)
	k.must(err)
	if len(list) != 2 || !list[0].Protected || !list[1].Protected {
		t.Errorf("%+v", list)
	}
}

// Where tags differ by case, so do patterns.
func TestProtectedCase(t *testing.T) {
	t.Parallel()
	k := protectedShelf(t, berthtest.Options{Registry: func(o *registry.Options) { o.CaseSensitiveTags = true }})
	k.protect(k.n, "V*", registry.Movers{})
	k.image("upper", "V1")
	k.refused("the same case", pushBody(t.Context(), k.s, k, "new", "V1"), berth.ErrTagProtected)
	k.must(pushBody(t.Context(), k.s, k, "new", "v1"))
	k.untag("v1")
	k.refused("the package", k.s.Registry.DeletePackage(t.Context(), k.v, k.n), berth.ErrTagProtected)
	k.must(k.at("ada/other").s.Registry.DeletePackage(t.Context(), k.v, name(t, "ada/other")))
	k2 := k.at("acme/lower")
	k2.image("lower", "v1")
	k2.protect(k2.n, "V*", registry.Movers{})
	k2.must(k2.s.Registry.DeletePackage(t.Context(), k2.v, k2.n)) // though LIKE finds it in SQLite
}

// Lists say what is protected.
func TestProtectedShown(t *testing.T) {
	t.Parallel()
	k := protectedShelf(t)
	k.protect(k.n, "v1", registry.Movers{Users: []string{"mia"}})
	shown := func() []bool {
		list, _, err := k.s.Registry.ListVersions(t.Context(), k.v, k.n, registry.VersionQuery{Limit: 9})
		k.must(err)
		tag, err := k.s.Registry.GetTag(t.Context(), k.v, k.n, "V1")
		k.must(err)
		tags, err := k.s.Registry.TagDetails(t.Context(), k.v, k.n, "", 9)
		k.must(err)
		return []bool{list[0].Protected, list[1].Protected, k.page("old").Protected, k.page("new").Protected, tag.Protected, tags[0].Protected, tags[1].Protected}
	}
	if diff := cmp.Diff([]bool{false, true, true, false, true, true, false}, shown()); diff != "" {
		t.Error(diff)
	}
}

// What a rule may not be, and what the log says of those that are.
func TestTagRules(t *testing.T) {
	t.Parallel()
	k := protectedShelf(t)
	create := func(who, pattern string, m registry.Movers) error {
		_, err := k.s.Registry.CreateTagRule(t.Context(), k.s.Viewer(who), k.n, pattern, m)
		return err
	}
	many := make([]string, registry.MaxMovers+1)
	for i := range many {
		many[i] = fmt.Sprint("user", i)
	}
	k.refused("no pattern", create("ada", "", registry.Movers{}), berth.ErrRequestInvalid)
	k.refused("a bad pattern", create("ada", "v[1-9]", registry.Movers{}), berth.ErrRequestInvalid)
	k.refused("a long pattern", create("ada", strings.Repeat("x", 129), registry.Movers{}), berth.ErrRequestInvalid)
	k.refused("too many movers", create("ada", "*", registry.Movers{Users: many}), berth.ErrRequestInvalid)
	k.refused("an unknown user", create("ada", "*", registry.Movers{Users: []string{"nobody"}}), berth.ErrOwnerUnknown)
	k.refused("an unknown team", create("ada", "*", registry.Movers{Teams: []string{"none"}}), berth.ErrTeamUnknown)
	k.refused("an unknown repository", create("ada", "*", registry.Movers{Repositories: []string{"acme/none"}}), berth.ErrRepositoryUnknown)
	k.refused("a stranger", create("bob", "*", registry.Movers{}), berth.ErrPackageUnknown)
	_, err := k.s.Registry.CreateTagRule(t.Context(), k.s.Viewer("mia"), berth.Name{Owner: "acme"}, "*", registry.Movers{})
	k.refused("a member", err, berth.ErrDenied)
	_, err = k.s.Registry.CreateTagRule(t.Context(), k.s.Viewer("bob"), berth.Name{Owner: "acme"}, "*", registry.Movers{})
	k.refused("a stranger to the owner", err, berth.ErrOwnerUnknown)

	own := k.protect(k.n, "v*", registry.Movers{Users: []string{"MIA", "mia"}})
	whole := k.protect(berth.Name{Owner: "acme"}, "prod", registry.Movers{})
	list, err := k.s.Registry.ListTagRules(t.Context(), k.v, k.n)
	k.must(err)
	if diff := cmp.Diff([]registry.TagRule{whole, own}, list); diff != "" {
		t.Error(diff)
	}
	if list, err = k.s.Registry.ListTagRules(t.Context(), k.v, berth.Name{Owner: "acme"}); err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
	k.refused("a rule of the owner, at a package", k.s.Registry.DeleteTagRule(t.Context(), k.v, k.n, whole.ID), berth.ErrRuleUnknown)
	k.refused("a rule of a package, at the owner", k.s.Registry.DeleteTagRule(t.Context(), k.v, berth.Name{Owner: "acme"}, own.ID), berth.ErrRuleUnknown)
	k.refused("by a stranger", k.s.Registry.DeleteTagRule(t.Context(), k.s.Viewer("bob"), k.n, own.ID), berth.ErrPackageUnknown)
	k.must(k.s.Registry.DeleteTagRule(t.Context(), k.v, k.n, own.ID), k.s.Registry.DeleteTagRule(t.Context(), k.v, berth.Name{Owner: "acme"}, whole.ID))
	var said []string
	for _, e := range k.s.Events() {
		if strings.Contains(e, "tagrule") {
			said = append(said, e)
		}
	}
	if len(said) != 4 || !strings.Contains(strings.Join(said, "\n"), "v*, moved by user mia") {
		t.Errorf("%q", said)
	}
	for i := range registry.MaxTagRules {
		k.protect(k.n, fmt.Sprint("x", i), registry.Movers{})
	}
	k.refused("one more", create("ada", "y", registry.Movers{}), berth.ErrRequestInvalid)
}
