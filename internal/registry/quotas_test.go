package registry_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/registry"
)

// used returns what an owner holds, and checks that the database agrees with a count.
func (k *shelf) used(owner string) int64 {
	k.Helper()
	k.s.WantSound()
	q, err := k.s.Registry.GetQuota(k.Context(), berth.Operator(), owner)
	k.must(err)
	u, err := k.s.Registry.OwnerUsage(k.Context(), berth.Operator(), owner)
	k.must(err)
	if u.Unique != q.Used {
		k.Errorf("%s holds %d, says the quota, and %d, says the usage", owner, q.Used, u.Unique)
	}
	return q.Used
}

func (k *shelf) quota(owner string, limit int64) {
	k.Helper()
	k.must(k.s.Registry.SetQuota(k.Context(), berth.Operator(), owner, limit))
}

// Whatever first makes an owner hold more than he may is refused, and nothing of it
// stays. What he holds already he may push again.
func TestQuotaExceeded(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		ctx := t.Context()
		k.image("app", "v1")
		full := k.used("ada")
		k.quota("ada", full+3)
		refused := func(what string, r *berthtest.Response) {
			t.Helper()
			if r.Want(403).Code() != "DENIED" || !strings.Contains(string(r.Body), "quota exceeded: ada holds") || !strings.Contains(string(r.Body), "berth owner quota ada SIZE") {
				t.Errorf("%s: %s", what, r.Body)
			}
			if now := k.used("ada"); now != full {
				t.Errorf("%s: ada holds %d, not %d", what, now, full)
			}
			if left := k.s.Query(`SELECT id FROM uploads`); len(left) > 0 {
				t.Errorf("%s: left are uploads %v", what, left)
			}
		}
		d := digest.FromString("four")
		refused("in one request", k.c.Do("POST", "/v2/ada/app/blobs/uploads/?digest="+d.String(), strings.NewReader("four")))
		at := k.c.StartUpload("ada/app")
		refused("at the end of an upload", k.c.Do("PUT", at+"?digest="+d.String(), strings.NewReader("four")))
		k.c.Do("PUT", at+"?digest="+d.String(), nil).Want(404)
		if keys := len(k.s.Query(`SELECT storage_key FROM blobs`)); keys != 2 {
			t.Errorf("%d blobs", keys)
		}
		k.c.PushBlob("ada/app", config("app"))
		k.c.PushBlob("ada/other", config("app"))
		k.put("app", "v2", berth.MediaTypeOCIManifest, imageBody("app"))
		body := berthtest.Image(config("app"))
		refused("a manifest", k.c.Do("PUT", "/v2/ada/app/manifests/v3", bytes.NewReader(body), "Content-Type", berth.MediaTypeOCIManifest))

		rich := k.s.As("bob")
		rich.PushImage("bob/rich", "v1", "rich")
		k.s.SetVisibility("bob/rich", berth.VisibilityPublic)
		mounted := digest.FromString("layer rich")
		refused("a mount", k.c.Do("POST", "/v2/ada/app/blobs/uploads/?from=bob/rich&mount="+mounted.String(), nil))
		_, err := k.s.Registry.Copy(ctx, k.v, name(t, "bob/rich"), registry.Which{Reference: berth.Reference{Tag: "v1"}}, name(t, "ada/copy"), "v1")
		k.refused("a copy", err, berth.ErrQuotaExceeded)
		k.refused("a transfer", k.s.Registry.MovePackage(ctx, berth.Operator(), name(t, "bob/rich"), name(t, "ada/rich")), berth.ErrQuotaExceeded)
		rich.Get("/v2/bob/rich/manifests/v1").Want(200)

		k.quota("ada", full-10) // as when it is lowered
		k.c.PushBlob("ada/app", config("app"))
		k.put("app", "v4", berth.MediaTypeOCIManifest, imageBody("app"))
		k.must(k.deleteDigest("app"), k.restore("app", false))
		k.quota("ada", registry.NoLimit)
		k.must(k.s.Registry.MovePackage(ctx, berth.Operator(), name(t, "bob/rich"), name(t, "ada/rich")))
		if bob := k.used("bob"); bob != 0 || k.used("ada") <= full {
			t.Errorf("after the transfer ada holds %d, bob %d", k.used("ada"), bob)
		}
	})
}

// Many who push at once pass the limit by what they push at most, and wait for no row
// of the owner; after that nothing more comes in.
func TestQuotaTogether(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		const pushers, size, limit = 8, 100, 300
		k.quota("ada", limit)
		push := func(i int) error {
			content := fmt.Sprintf("%0*d", size, i)
			return k.s.Registry.PutBlob(t.Context(), k.v, name(t, fmt.Sprintf("ada/app%d", i%3)), digest.FromString(content), chunkOf(content))
		}
		errs := make([]error, pushers)
		var wg sync.WaitGroup
		for i := range pushers {
			wg.Go(func() { errs[i] = push(i) })
		}
		wg.Go(func() {
			for range 10 {
				if _, err := k.s.Registry.FoldUsage(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Wait()
		in := int64(0)
		for _, err := range errs {
			if err == nil {
				in++
			} else if !errors.Is(err, berth.ErrQuotaExceeded) {
				t.Error(err)
			}
		}
		if used := k.used("ada"); used != in*size || used < limit {
			t.Errorf("%d pushes came in, ada holds %d", in, used)
		}
		k.refused("one more", push(99), berth.ErrQuotaExceeded)
	})
}

// Who pushes to an owner does not wait for another one who does.
func TestPushesDoNotWait(t *testing.T) {
	t.Parallel()
	k := newShelf(t, berthtest.Options{Address: metatest.Postgres(t)})
	ctx := t.Context()
	k.image("app", "v1")
	k.at("ada/other").image("other", "v1")
	k.quota("ada", 1<<30)
	err := k.s.Meta.Update(ctx, func(tx *meta.Tx) error {
		standing, err := tx.Standing(ctx, name(t, "ada/app"), 0)
		if err != nil {
			return err
		}
		d := digest.FromString("layer other")
		if err := tx.LinkBlob(ctx, standing.PackageID, d, k.s.Clock.Now()); err != nil {
			return err
		}
		// While this one is open, another push to the same owner goes through.
		k.at("ada/third").image("third", "v1")
		return nil
	})
	k.must(err)
	k.used("ada")
}

// Quotas are set by administrators, are in the log, and follow a default.
func TestSetQuota(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	ctx, s := t.Context(), k.s.Registry
	root := who(t, k.s, "root", berth.ScopeAll)
	k.image("app", "v1")
	get := func(owner string) registry.Quota {
		t.Helper()
		q, err := s.GetQuota(ctx, root, owner)
		k.must(err)
		return q
	}
	id := k.s.OwnerID("ada")
	want := registry.Quota{OwnerID: id, Owner: "ada", Kind: "user", Used: k.used("ada"), Limit: registry.NoLimit}
	check := func(what string) {
		t.Helper()
		own, err := s.OwnerQuota(ctx, k.v, "ada")
		k.must(err)
		list, err := s.ListQuotas(ctx, root, "", "acme", 1)
		k.must(err)
		if diff := cmp.Diff([]registry.Quota{want, want, want}, []registry.Quota{get("Ada"), own, list[0]}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	check("without any")
	k.must(s.SetDefaultQuota(ctx, root, 1<<30), s.SetDefaultQuota(ctx, root, 1<<30))
	want.Limit = 1 << 30
	check("the default")
	k.must(s.SetQuota(ctx, root, "ADA", 0), s.SetQuota(ctx, root, "ada", 0))
	want.Limit, want.Own = 0, true
	check("nothing")
	if !get("ada").Exceeded() || get("bob").Exceeded() {
		t.Error("who has room")
	}
	k.must(s.SetQuota(ctx, root, "ada", registry.NoLimit))
	want.Limit = registry.NoLimit
	check("no limit")
	k.must(s.SetQuota(ctx, root, "ada", registry.DefaultLimit), s.SetDefaultQuota(ctx, root, registry.NoLimit))
	want.Own = false
	check("the default again")
	if limit, err := s.DefaultQuota(ctx, root); limit != registry.NoLimit || err != nil {
		t.Errorf("default %d, %v", limit, err)
	}
	events := k.s.Query(`SELECT owner || '/' || target || ' ' || detail FROM audit WHERE action = 'quota.set' ORDER BY id`)
	log := []string{
		"/default no limit -> 1 GiB", "ada/ada default -> 0 B", "ada/ada 0 B -> no limit", "ada/ada no limit -> default", "/default 1 GiB -> no limit",
	}
	if diff := cmp.Diff(log, events); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}

	for _, limit := range []int64{-3, 1<<60 + 1} {
		k.refused("a limit", s.SetQuota(ctx, root, "ada", limit), berth.ErrRequestInvalid)
		k.refused("a limit", s.SetDefaultQuota(ctx, root, limit), berth.ErrRequestInvalid)
	}
	k.refused("of nobody", s.SetQuota(ctx, root, "nobody", 1), berth.ErrOwnerUnknown)
	k.refused("of no name", s.SetQuota(ctx, root, "a b", 1), berth.ErrOwnerInvalid)
	_, err := s.GetQuota(ctx, root, "nobody")
	k.refused("of nobody", err, berth.ErrOwnerUnknown)
	for user, kind := range map[string]error{"": berth.ErrUnauthenticated, "ada": berth.ErrDenied, "root": berth.ErrDenied} {
		v := who(t, k.s, user, berth.ScopeAll&^berth.ScopeAdmin)
		_, get := s.GetQuota(ctx, v, "ada")
		_, list := s.ListQuotas(ctx, v, "", "", 10)
		_, byDefault := s.DefaultQuota(ctx, v)
		for i, err := range []error{s.SetQuota(ctx, v, "ada", 1), s.SetDefaultQuota(ctx, v, 1), get, list, byDefault} {
			k.refused(fmt.Sprint(user, " ", i), err, kind)
		}
	}
	_, err = s.OwnerQuota(ctx, k.s.Viewer("bob"), "ada")
	k.refused("a stranger", err, berth.ErrOwnerUnknown)
	if all, err := s.ListQuotas(ctx, root, "", "", 100); err != nil || !slices.IsSortedFunc(all, func(a, b registry.Quota) int { return strings.Compare(a.Owner, b.Owner) }) || len(all) != 5 {
		t.Errorf("%v, %v", all, err)
	}
}
