package webhook_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-github/v84/github"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/webhook"
)

// read takes a webhook as a receiver does that is built with GitHub's own library.
func read(t *testing.T, r received, secret string) any {
	t.Helper()
	body, err := github.ValidatePayloadFromBody(r.header.Get("Content-Type"), strings.NewReader(string(r.body)), r.header.Get("X-Hub-Signature-256"), []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	event, err := github.ParseWebHook(r.header.Get("X-GitHub-Event"), body)
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// pushed is a version of acme/web, as an event.
func (w *world) pushed(tag string) berth.PackageEvent {
	w.t.Helper()
	d := w.As("ada").PushImage("acme/web", tag, tag)
	e := berth.PackageEvent{
		At: w.Clock.Now(), Action: berth.PackageUpdated, OwnerID: w.OwnerID("acme"), PackageID: w.packageID(), Name: berth.Name{Owner: "acme", Path: "web"},
		Digest: d, Tag: tag, UserID: w.OwnerID("ada"), User: "ada",
	}
	ctx := w.t.Context()
	err := w.Meta.View(ctx, func(tx *meta.Tx) error {
		m, err := tx.StatManifest(ctx, e.PackageID, d)
		e.VersionID = m.ID
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

func (w *world) link(repository string) {
	w.t.Helper()
	name := strings.TrimPrefix(repository, "acme/")
	_, err := w.Account.CreateRepository(w.t.Context(), w.Viewer("ada"), "acme", account.RepositoryChange{Name: &name})
	if err == nil {
		err = w.Registry.Link(w.t.Context(), w.Viewer("ada"), berth.Name{Owner: "acme", Path: "web"}, repository)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) describe(version int64, summary, details string) {
	w.t.Helper()
	w.Exec(`DELETE FROM descriptions`)
	w.Exec(`INSERT INTO descriptions (manifest_id, kind, size, summary, details, problem, described_at) VALUES (?, 'image', 1, ?, ?, '', 0)`, version, summary, details)
}

func TestPayload(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "", func(o *webhook.Options) { o.Origin = func() string { return "https://registry.example.com" } })
	r := newReceiver(t, nil)
	secret := "geheim"
	w.hook(acme(), r, account.HookChange{Secret: &secret, ContentType: new("form")})
	e := w.pushed("v1")
	w.link("acme/src")
	w.describe(e.VersionID, `{"description":"A web server","source":"https://git.example.com/acme/src","revision":"abc123","url":"https://web.example.com","licenses":"MIT"}`,
		`{"labels":{"org.opencontainers.image.licenses":"MIT","maintainer":"ada"}}`)
	w.Happen(e)
	w.TellHooks()
	got := r.taken()
	if len(got) != 1 {
		t.Fatalf("%d requests", len(got))
	}
	event, ok := read(t, got[0], secret).(*github.PackageEvent)
	if !ok {
		t.Fatalf("%s", got[0].body)
	}
	p, v := event.GetPackage(), event.GetPackage().GetPackageVersion()
	const where, digest = "registry.example.com/acme/web:v1", "sha256:"
	for what, pair := range map[string][2]string{
		"action":       {event.GetAction(), "updated"},
		"name":         {p.GetName(), "web"},
		"namespace":    {p.GetNamespace(), "acme"},
		"ecosystem":    {p.GetEcosystem(), "CONTAINER"},
		"type":         {p.GetPackageType(), "CONTAINER"},
		"html url":     {p.GetHTMLURL(), "https://registry.example.com/acme/web"},
		"owner":        {p.GetOwner().GetLogin() + " " + p.GetOwner().GetType(), "acme Organization"},
		"registry":     {p.GetRegistry().GetType(), "CONTAINER"},
		"org":          {event.GetOrg().GetLogin(), "acme"},
		"repository":   {event.GetRepo().GetFullName() + fmt.Sprint(event.GetRepo().GetPrivate()), "acme/srctrue"},
		"sender":       {event.GetSender().GetLogin() + " " + event.GetSender().GetType(), "ada User"},
		"version":      {v.GetVersion(), string(e.Digest)},
		"version name": {v.GetName(), string(e.Digest)},
		"tag":          {v.GetTagName(), "v1"},
		"description":  {v.GetDescription(), "A web server"},
		"revision":     {v.GetTargetOID(), "abc123"},
		"source":       {v.GetSourceURL(), "https://git.example.com/acme/src"},
		"package url":  {v.GetPackageURL(), where},
		"command":      {v.GetInstallationCommand(), "docker pull " + where},
		"tag name":     {v.GetContainerMetadata().GetTag().GetName(), "v1"},
		"tag digest":   {v.GetContainerMetadata().GetTag().GetDigest(), string(e.Digest)},
		"author":       {v.GetAuthor().GetLogin(), "ada"},
		"created":      {v.GetCreatedAt().UTC().Format("2006-01-02T15:04:05"), e.At.UTC().Format("2006-01-02T15:04:05")},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %q, want %q", what, pair[0], pair[1])
		}
	}
	if p.GetID() != e.PackageID || v.GetID() != e.VersionID || p.GetCreatedAt().IsZero() {
		t.Errorf("ids %d and %d", p.GetID(), v.GetID())
	}
	labels := v.GetContainerMetadata().Labels
	want := map[string]any{
		"description": "A web server", "source": "https://git.example.com/acme/src", "revision": "abc123", "image_url": "https://web.example.com", "licenses": "MIT",
		"all_labels": map[string]any{"org.opencontainers.image.licenses": "MIT", "maintainer": "ada"},
	}
	if diff := cmp.Diff(want, labels); diff != "" {
		t.Errorf("labels (-want +got)\n%s", diff)
	}
	manifest := v.GetContainerMetadata().Manifest
	config, _ := manifest["config"].(map[string]any)
	layers, _ := manifest["layers"].([]any)
	layer, _ := layers[0].(map[string]any)
	if manifest["uri"] != "repositories/acme/web/manifests/"+string(e.Digest) || manifest["media_type"] != berth.MediaTypeOCIManifest || manifest["size"] == float64(0) ||
		!strings.HasPrefix(fmt.Sprint(config["digest"]), digest) || len(layers) != 1 || !strings.HasPrefix(fmt.Sprint(layer["media_type"]), "application/") || layer["size"] == float64(0) {
		t.Errorf("%v", manifest)
	}
}

// Whatever is missing or odd holds nothing up.
func TestPayloadOfLittle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	r := newReceiver(t, nil)
	w.hook(acme(), r, account.HookChange{})
	one := func(e berth.PackageEvent) *github.PackageEvent {
		t.Helper()
		w.Happen(e)
		w.TellHooks()
		got := r.taken()
		if len(got) != 1 {
			t.Fatalf("%d requests", len(got))
		}
		event, _ := read(t, got[0], "").(*github.PackageEvent)
		return event
	}
	e := w.pushed("v1")
	for _, odd := range [][2]string{
		{"", ""},
		{"{", "null"},
		{`{"description":3,"licenses":["MIT"],"source":"s"}`, `{"labels":{"a":3,"b":"c"}}`},
		{`[]`, `{"labels":[]}`},
		{`{}`, `{"labels":{"big":"` + strings.Repeat("x", webhook.MaxLabels) + `","b":"c"}}`},
	} {
		w.describe(e.VersionID, odd[0], odd[1])
		v := one(e).GetPackage().GetPackageVersion()
		if all, _ := v.GetContainerMetadata().Labels["all_labels"].(map[string]any); v.GetVersion() != string(e.Digest) || strings.Contains(odd[1], `"c"`) != (all["b"] == "c") {
			t.Errorf("%s: %v", odd[0], v)
		}
	}
	e.Tag = ""
	if v := one(e).GetPackage().GetPackageVersion(); !strings.HasSuffix(v.GetPackageURL(), "/acme/web@"+string(e.Digest)) || v.GetContainerMetadata().GetTag().Name == nil {
		t.Errorf("without a tag: %v", v)
	}
	e.UserID, e.User = 0, ""
	if s := one(e).GetSender(); s != nil {
		t.Errorf("nobody did it: %v", s)
	}
	e.UserID, e.User = 987654, "gone"
	if s := one(e).GetSender(); s.GetLogin() != "gone" {
		t.Errorf("somebody who is gone did it: %v", s)
	}
	e.VersionID, e.Digest = 0, ""
	e.Action = berth.PackageDeleted
	if event := one(e); event.GetPackage().PackageVersion != nil || event.GetAction() != "deleted" {
		t.Errorf("the whole package: %v", event)
	}
	e.VersionID, e.Digest, e.PackageID = 987654, "sha256:"+berth.Digest(strings.Repeat("0", 64)), 987654
	if v := one(e).GetPackage().GetPackageVersion(); v.GetVersion() != string(e.Digest) {
		t.Errorf("when all is gone: %v", v)
	}
}

// An index has no layers, and one with many is cut.
func TestPayloadLayers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	r := newReceiver(t, nil)
	w.hook(acme(), r, account.HookChange{})
	e := w.pushed("v1")
	for body, want := range map[string]int{
		`{"manifests":[]}`: 0,
		`{"layers":[` + strings.Repeat(`{"size":1},`, webhook.MaxLayers) + `{"size":2}]}`: webhook.MaxLayers,
	} {
		w.Exec(`UPDATE manifests SET body = ?`, []byte(body))
		w.Happen(e)
		w.TellHooks()
		event, _ := read(t, r.taken()[0], "").(*github.PackageEvent)
		layers, ok := event.GetPackage().GetPackageVersion().GetContainerMetadata().Manifest["layers"].([]any)
		if len(layers) != want || !ok {
			t.Errorf("%.30s: %d layers", body, len(layers))
		}
	}
}

// A repository's webhooks are told of the packages that are linked to it, and of no
// others; who asks for the older name is told by that.
func TestRepositoryHooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	r, older, both := newReceiver(t, nil), newReceiver(t, nil), newReceiver(t, nil)
	e := w.pushed("v1")
	w.link("acme/src")
	src := account.HookPlace{Owner: "acme", Repository: "src"}
	w.hook(src, r, account.HookChange{})
	w.hook(acme(), older, account.HookChange{Events: []string{"registry_package"}})
	w.hook(acme(), both, account.HookChange{Events: []string{"registry_package", "package"}})
	w.Happen(e)
	w.TellHooks()
	if event, ok := read(t, r.taken()[0], "").(*github.PackageEvent); !ok || event.GetRepo().GetName() != "src" {
		t.Errorf("%v", event)
	}
	got := older.taken()
	if len(got) != 1 || got[0].header.Get("X-GitHub-Event") != "registry_package" {
		t.Fatalf("%+v", got)
	}
	doc := parse(t, got[0].body)
	if p, _ := doc["registry_package"].(map[string]any); p["name"] != "web" || doc["package"] != nil {
		t.Errorf("%s", got[0].body)
	}
	if got := both.taken(); len(got) != 2 {
		t.Errorf("who wants both gets %d", len(got))
	}
	// It goes to another owner, whose business that is from then on.
	w.Exec(`UPDATE packages SET owner_id = ?`, w.OwnerID("bob"))
	w.Happen(e)
	w.TellHooks()
	if got := r.taken(); len(got) != 0 {
		t.Errorf("the repository is told of what is not its owner's")
	}
	if event, ok := read(t, both.taken()[0], "").(*github.PackageEvent); !ok || event.Repo != nil {
		t.Errorf("%v", event)
	}
	w.Exec(`UPDATE packages SET owner_id = ?`, w.OwnerID("acme"))
	if err := w.Registry.Unlink(t.Context(), w.Viewer("ada"), e.Name); err != nil {
		t.Fatal(err)
	}
	w.Happen(e)
	w.TellHooks()
	if got := r.taken(); len(got) != 0 {
		t.Errorf("the repository is told after the link was cut")
	}
}

// A user's own webhooks tell of his packages, and of nobody else's.
func TestOwnHooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	r := newReceiver(t, status(http.StatusNoContent))
	w.hook(account.HookPlace{}, r, account.HookChange{})
	w.push("v1")
	w.TellHooks()
	if got := r.taken(); len(got) != 0 {
		t.Errorf("told of what is acme's")
	}
	w.Happen(berth.PackageEvent{At: w.Clock.Now(), Action: berth.PackageRestored, OwnerID: w.OwnerID("ada"), Name: berth.Name{Owner: "ada", Path: "a/b"}})
	w.TellHooks()
	event, ok := read(t, r.taken()[0], "").(*github.PackageEvent)
	if !ok || event.GetPackage().GetName() != "a/b" || event.Org != nil || event.GetPackage().GetOwner().GetType() != "User" {
		t.Errorf("%v", event)
	}
}
