package registry_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/blob/fsblob"
	"github.com/berth-registry/berth/internal/registry"
)

// The overview counts what is quick to count, and tells of the rest as it was when it
// was counted last.
func TestSiteOverview(t *testing.T) {
	t.Parallel()
	blobs, err := fsblob.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	k := newShelf(t, berthtest.Options{Blobs: blobs})
	ctx, s := t.Context(), k.s.Registry
	root := who(t, k.s, "root", berth.ScopeAdmin)
	overview := func() registry.SiteOverview {
		t.Helper()
		o, err := s.SiteOverview(ctx, root)
		k.must(err)
		return o
	}
	record := func() {
		t.Helper()
		n, err := s.RecordFigures(ctx)
		if k.must(err); n != 0 {
			t.Errorf("recorded %d", n)
		}
	}
	want := registry.SiteOverview{Owners: 5, Users: 4}
	check := func(what string) {
		t.Helper()
		if diff := cmp.Diff(want, overview()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	check("at first")
	k.image("app", "v1")
	k.at("acme/app").image("app", "v1")
	k.s.Clock.Advance(time.Hour) // the second copies of the bytes go, before there are figures
	_, err = s.DeleteDoomed(ctx)
	k.must(err)
	k.c.StartUpload("ada/app")
	want.Packages, want.Versions, want.OpenUploads, want.WaitingPushes = 2, 2, 1, 2
	want.WaitingEvents = int64(len(k.s.Query(`SELECT CAST(id AS TEXT) FROM package_events`)))
	check("before anything was counted")
	record()
	day := k.s.Clock.Now().Truncate(24 * time.Hour)
	bytes := int64(len(config("app")) + len("layer app"))
	body := int64(len(imageBody("app")))
	figures := registry.Figures{
		Day: day, At: k.s.Clock.Now(), Owners: 5, Users: 4, Packages: 2, Versions: 2, Blobs: 2,
		Logical: 2*bytes + 2*body, Unique: bytes + 2*body,
	}
	want.Last, want.Growth = figures, []registry.Figures{figures}
	check("counted")

	k.c.PushBlob("ada/app", "idle")
	k.c.Do("DELETE", "/v2/ada/app/blobs/"+digest.FromString("idle").String(), nil).Want(202)
	check("not counted again")
	k.s.Clock.Advance(24 * time.Hour)
	record()
	second := figures
	second.Day, second.At = day.Add(24*time.Hour), k.s.Clock.Now()
	second.Blobs, second.IdleBlobs, second.Idle = 3, 1, 4
	want.Last, want.Growth = second, []registry.Figures{figures, second}
	check("a day later")

	at := k.c.StartUpload("ada/app")
	k.c.Do("PATCH", at, chunkOf("some bytes").Body).Want(202)
	k.s.Exec(`INSERT INTO doomed_keys (storage_key, doomed_at) SELECT storage_key, 0 FROM uploads WHERE received > 0`)
	k.s.Exec(`UPDATE blobs SET lost_at = 0 WHERE size = 4`)
	k.must(k.deleteDigest("app"))
	want.OpenUploads, want.DoomedKeys, want.LostBlobs, want.Trash, want.Versions = 2, 1, 1, 1, 1
	want.WaitingEvents = int64(len(k.s.Query(`SELECT CAST(id AS TEXT) FROM package_events`)))
	check("something to do")
	if n, err := s.DeleteDoomed(ctx); n != 1 || err != nil {
		t.Errorf("deleted %d, %v", n, err)
	}
	want.DoomedKeys = 0
	want.Reclaimed, want.Last.Reclaimed, want.Growth[1].Reclaimed = 10, 10, 10
	check("reclaimed")

	k.s.Clock.Advance(89 * 24 * time.Hour)
	want.Growth = want.Growth[1:]
	check("90 days later")
	for user, kind := range map[string]error{"": berth.ErrUnauthenticated, "ada": berth.ErrDenied, "root": berth.ErrDenied} {
		_, err := s.SiteOverview(ctx, who(t, k.s, user, berth.ScopeAll&^berth.ScopeAdmin))
		k.refused(user, err, kind)
	}
}
