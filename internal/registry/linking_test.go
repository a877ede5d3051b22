package registry_test

import (
	"fmt"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/registry"
)

const sourceLabel = `{"org.opencontainers.image.source":"https://git.example.com/%s"}`

// linkShelf is acme/app with the repositories src and app of acme, where mia may push
// the package and write to src.
func linkShelf(t *testing.T) *shelf {
	t.Helper()
	k := newShelf(t, berthtest.Options{Registry: func(o *registry.Options) { o.SourceHosts = []string{"git.example.com"} }}).at("acme/app")
	k.repository("acme", "Src", berth.VisibilityPrivate)
	k.repository("acme", "app", berth.VisibilityPrivate)
	k.repository("bob", "src", berth.VisibilityPublic)
	return k
}

func (k *shelf) source(what, repository string) {
	k.Helper()
	k.labelled(what, what, fmt.Sprintf(sourceLabel, repository))
}

func (k *shelf) wantLink(when, want string) {
	k.Helper()
	k.followUp()
	if got := k.pkg().Repository; got != want {
		k.Errorf("%s it is linked to %q, want %q", when, got, want)
	}
}

// A push links to the repository that the image names, else to that of the package's
// own name, and later pushes change that.
func TestLinkByPush(t *testing.T) {
	t.Parallel()
	k := linkShelf(t)
	k.image("plain", "v1")
	k.wantLink("by its name", "acme/app")
	k.source("labelled", "ACME/src.git")
	k.wantLink("by its label", "acme/Src")
	k.source("another", "bob/src")
	k.wantLink("by its name, as the label names another owner's", "acme/app")
	k.source("one", "acme/src")
	k.wantLink("by its label again", "acme/Src")
	k.image("odd", "")
	k.wantLink("after a push without a tag", "acme/Src")
	k.must(k.s.Account.DeleteRepository(t.Context(), berth.Operator(), "acme", "src"))
	k.wantLink("after its repository was deleted", "")
	k.source("none", "acme/none")
	k.wantLink("by a later push", "acme/app")
	nested := k.at("acme/app/web")
	nested.image("web", "v1")
	nested.wantLink("by the first part of its name", "acme/app")
	strange := k.at("acme/else")
	strange.image("else", "v1")
	strange.wantLink("where nothing matches", "")
}

// An index is linked by its own annotation or the label of its first image.
func TestLinkByFirstImage(t *testing.T) {
	t.Parallel()
	k := linkShelf(t)
	k.labelled("amd", "", fmt.Sprintf(sourceLabel, "acme/src"))
	k.image("arm", "")
	k.index("all", "v1", "amd", "arm")
	k.wantLink("by its first image", "acme/Src")
}

// What people set stays, whatever is pushed.
func TestLinkByHandStays(t *testing.T) {
	t.Parallel()
	k := linkShelf(t)
	ctx := t.Context()
	k.image("plain", "v1")
	k.wantLink("at first", "acme/app")
	k.must(k.s.Registry.Unlink(ctx, k.v, k.n))
	k.source("a", "acme/src")
	k.wantLink("unlinked by hand", "")
	k.must(k.s.Registry.Link(ctx, k.v, k.n, "acme/app"))
	k.source("b", "acme/src")
	k.wantLink("linked by hand", "acme/app")
	other := k.at("acme/src")
	other.image("x", "v1")
	other.wantLink("at first", "acme/Src")
	k.must(k.s.Registry.SetInherit(ctx, k.v, other.n, true))
	other.source("y", "acme/app")
	other.wantLink("while it inherits", "acme/Src")
}

// Whoever pushes may link only to what he may write to, with credentials that allow
// it, while he is there and not blocked.
func TestWhoLinksByPush(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		scopes berth.Scopes
		prep   func(k *shelf)
		want   string
	}{
		"writer":         {berth.ScopeWritePackages, func(k *shelf) { k.s.Exec(`UPDATE members SET owner = TRUE`) }, "acme/Src"},
		"no writer":      {berth.ScopeAll, func(*shelf) {}, ""},
		"blocked since":  {berth.ScopeAll, func(k *shelf) { k.s.Exec(`UPDATE members SET owner = TRUE`); k.s.Block("mia") }, ""},
		"left since":     {berth.ScopeAll, func(k *shelf) { k.s.Exec(`DELETE FROM members WHERE NOT owner`) }, ""},
		"deleted since":  {berth.ScopeAll, func(k *shelf) { k.s.Exec(`UPDATE pushes SET user_id = 4711`) }, ""},
		"limited to one": {0, func(k *shelf) { k.s.Exec(`UPDATE members SET owner = TRUE`) }, ""},
	} {
		k := linkShelf(t)
		k.image("first", "v1")
		k.must(k.s.Registry.GrantRole(t.Context(), berth.Operator(), k.n, registry.Holder{User: "mia"}, berth.RoleWrite))
		k.must(k.s.Registry.Link(t.Context(), k.v, k.n, "acme/app"), k.s.Registry.Unlink(t.Context(), k.v, k.n))
		k.s.Exec(`UPDATE packages SET linked_by_hand = FALSE`)
		k.s.Exec(`DELETE FROM pushes`)
		k.s.Exec(`DELETE FROM repositories WHERE folded = 'app'`)
		mia := k.at("acme/app")
		scopes := c.scopes
		if scopes == 0 {
			scopes = berth.ScopeAll
		}
		mia.c = k.s.With("Bearer " + k.s.Token("mia", scopes, 0))
		if c.scopes == 0 {
			k.s.Exec(`UPDATE tokens SET limited = TRUE WHERE id = (SELECT max(id) FROM tokens)`)
			k.s.Exec(fmt.Sprintf(`INSERT INTO token_limits (token_id, owner_id, path) SELECT max(id), %d, 'app' FROM tokens`, k.s.OwnerID("acme")))
		}
		mia.source("x", "acme/src")
		c.prep(k)
		k.followUp()
		if got := k.s.Query(`SELECT COALESCE((SELECT 'acme/' || name FROM repositories r WHERE r.id = p.repository_id), '') FROM packages p`)[0]; got != c.want {
			t.Errorf("%s: linked to %q, want %q", what, got, c.want)
		}
	}
}

// A package that is deleted before the job comes to it is not linked nor told of, and
// nobody hears the name that it has in the trash.
func TestFollowUpOfDeletedPackage(t *testing.T) {
	t.Parallel()
	k := linkShelf(t)
	k.source("x", "acme/src")
	k.must(k.s.Registry.DeletePackage(t.Context(), k.v, k.n))
	k.followUp()
	if got := k.events(); len(got) != 1 || got[0] != "deleted acme/app   ada" {
		t.Errorf("events: %q", got)
	}
	for _, e := range k.s.Events() {
		if e == "package.link acme/-/1/app" {
			t.Error(e)
		}
	}
	k.must(k.s.Registry.RestorePackage(t.Context(), k.v, k.n, 0))
	k.source("y", "acme/src")
	k.wantLink("after it was restored", "acme/Src")
}
