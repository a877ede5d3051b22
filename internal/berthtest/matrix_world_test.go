package berthtest_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	"golang.org/x/crypto/argon2"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/registry"
)

// The world in which the matrix is tried. Every name that not everybody may know is
// a word of its own, so that it is noticed wherever it shows up.
//
//	organization acme, with base role read:
//	  owner ada; members mia, tess; service accounts acme-bot, acme-ci (CI of reed)
//	  team dewberry: tess
//	  repository reed, private: read for wes and dewberry, write for pat, admin for rae
//	  package plum, private, linked to reed: read for rob, write for wes, dewberry
//	    and reed, admin for pat
//	  package quince, private; sorrel, as reed; open, public; inner, internal
//	organization orchid: owner otto; team nettle; repository rush, private;
//	  package thistle, private
//	user vic: package violet, private
//
// Package gone of acme was deleted.
//
// fox was all that one can be in acme, and is no more. eve never was anything.
type world struct {
	*berthtest.Server

	uploads  map[string]string             // by user, all in acme/plum
	spare    map[string]int64              // by user, a token that is good for nothing else
	sessions map[string]int64              // by user
	invited  map[string]account.Invitation // by organization, "" for the registry
	hooks    map[string]hookAt             // by user, organization or repository
}

// password is ada's.
const password = "correct horse"

func newWorld(t *testing.T, s *berthtest.Server) *world {
	t.Helper()
	w := &world{
		Server: s, uploads: map[string]string{}, spare: map[string]int64{}, sessions: map[string]int64{},
		invited: map[string]account.Invitation{},
	}
	for _, name := range []string{"otto", "tess", "rob", "wes", "pat", "rae", "eve", "fox", "vic", "max", "blake", "dell"} {
		s.AddUser(name, name == "max")
	}
	ctx, acc, me := t.Context(), s.Account, berth.Operator()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(acc.CreateOrg(ctx, me, "orchid", "otto"))
	for _, name := range []string{"tess", "fox"} {
		must(acc.AddMember(ctx, me, "acme", name, false))
	}
	private := berth.VisibilityPrivate
	for owner, name := range map[string]string{"acme": "reed", "orchid": "rush"} {
		_, err := acc.CreateRepository(ctx, me, owner, account.RepositoryChange{Name: &name, Visibility: &private})
		must(err)
		_, err = acc.PutReadme(ctx, me, owner, name, "# About "+name)
		must(err)
	}
	for org, team := range map[string]string{"acme": "dewberry", "orchid": "nettle"} {
		_, err := acc.CreateTeam(ctx, me, org, team)
		must(err)
	}
	for _, name := range []string{"tess", "fox"} {
		must(acc.AddTeamMember(ctx, me, "acme", "dewberry", name))
	}
	for name, repository := range map[string]string{"acme-bot": "", "acme-ci": "acme/reed"} {
		_, err := acc.CreateServiceAccount(ctx, me, "acme", name, repository)
		must(err)
	}
	w.publish(t)
	w.roles(t)
	must(acc.RemoveMember(ctx, me, "acme", "fox"))
	for _, org := range []string{"", "acme", "orchid"} {
		i, err := acc.Invite(ctx, me, account.Invitation{Org: org})
		must(err)
		w.invited[org] = i
	}
	w.personal(t)
	return w
}

// publish pushes an image, and a blob that nothing needs, to every package.
func (w *world) publish(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	me := berth.Viewer{UserID: w.OwnerID("root"), Login: "root", Admin: true, Scopes: berth.ScopeAll}
	put := func(n berth.Name, content string) {
		t.Helper()
		chunk := registry.Chunk{Length: int64(len(content)), Body: strings.NewReader(content)}
		if err := w.Registry.PutBlob(ctx, me, n, digest.FromString(content), chunk); err != nil {
			t.Fatal(err)
		}
	}
	image := func(n berth.Name, tag berth.Tag, body []byte) error {
		_, err := w.Registry.PutManifest(ctx, me, n, registry.Push{
			Reference:   berth.Reference{Tag: tag},
			ContentType: berth.MediaTypeOCIManifest, Body: bytes.NewReader(body),
		})
		return err
	}
	for i, name := range append(allPackages(), "acme/gone") {
		n := parse(t, name)
		put(n, configOf(name))
		put(n, layerOf(name))
		put(n, looseOf(name))
		old := int64(oldVersion(i))
		err := errors.Join(
			image(n, "v1", imageOf(name)),
			image(n, "v0", berthtest.Image(configOf(name))),
			image(n, "old", berthtest.Image(configOf(name), layerOf(name), layerOf(name))),
			w.Registry.RevokeRole(ctx, me, n, registry.Holder{User: "root"}), // who pushes first administers it
			w.Registry.DeleteVersions(ctx, me, n, old),
		)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Registry.DeletePackage(ctx, me, parse(t, "acme/gone")); err != nil {
		t.Fatal(err)
	}
}

// Each package has three versions, which are the first that there are: one to keep,
// one that can be deleted, and one that has been.
func firstVersion(pkg int) int { return 3*pkg + 1 }
func spareVersion(pkg int) int { return 3*pkg + 2 }
func oldVersion(pkg int) int   { return 3*pkg + 3 }

func allPackages() []string {
	return []string{"acme/plum", "acme/quince", "acme/sorrel", "acme/inner", "acme/open", "orchid/thistle", "vic/violet"}
}

func configOf(name string) string { return `{"of":"` + name + `"}` }
func layerOf(name string) string  { return "layer of " + name }
func looseOf(name string) string  { return "loose blob of " + name }
func imageOf(name string) []byte  { return berthtest.Image(configOf(name), layerOf(name)) }

func (w *world) roles(t *testing.T) {
	t.Helper()
	ctx, me := t.Context(), berth.Operator()
	for _, g := range []struct {
		holder registry.Holder
		role   berth.Role
	}{
		{registry.Holder{User: "rob"}, berth.RoleRead},
		{registry.Holder{User: "wes"}, berth.RoleWrite},
		{registry.Holder{User: "pat"}, berth.RoleAdmin},
		{registry.Holder{User: "fox"}, berth.RoleAdmin},
		{registry.Holder{User: "blake"}, berth.RoleAdmin},
		{registry.Holder{User: "dell"}, berth.RoleAdmin},
		{registry.Holder{Team: "dewberry"}, berth.RoleWrite},
		{registry.Holder{Repository: "acme/reed"}, berth.RoleWrite},
	} {
		if err := w.Registry.GrantRole(ctx, me, parse(t, "acme/plum"), g.holder, g.role); err != nil {
			t.Fatal(err)
		}
	}
	for _, g := range []struct {
		kind account.CollaboratorKind
		who  string
		role berth.Role
	}{
		{account.CollaboratorUser, "wes", berth.RoleRead},
		{account.CollaboratorUser, "pat", berth.RoleWrite},
		{account.CollaboratorUser, "rae", berth.RoleAdmin},
		{account.CollaboratorTeam, "dewberry", berth.RoleRead},
	} {
		if err := w.Account.PutCollaborator(ctx, me, "acme", "reed", g.kind, g.who, g.role); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"acme/plum", "acme/sorrel"} {
		if err := w.Registry.Link(ctx, me, parse(t, name), "acme/reed"); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Registry.SetInherit(ctx, me, parse(t, "acme/sorrel"), true); err != nil {
		t.Fatal(err)
	}
	w.SetVisibility("acme/open", berth.VisibilityPublic)
	w.SetVisibility("acme/inner", berth.VisibilityInternal)
}

// personal gives everybody an open upload in acme/plum, whether he may push there
// or not, and a token; and ada a password that is cheap to try.
func (w *world) personal(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	users := []string{"ada", "mia", "root", "otto", "tess", "rob", "wes", "pat", "rae", "eve", "fox", "vic", "max", "acme-bot", "acme-ci"}
	w.makeHooks(t, users)
	for _, name := range users {
		v := berth.Viewer{UserID: w.OwnerID(name), Login: name, Admin: true, Scopes: berth.ScopeAll}
		up, err := w.Registry.StartUpload(ctx, v, parse(t, "acme/plum"), "")
		if err == nil {
			_, err = w.Registry.AppendUpload(ctx, v, parse(t, "acme/plum"), up.ID, registry.Chunk{Length: 3, Body: strings.NewReader("abc")})
		}
		if err != nil {
			t.Fatal(err)
		}
		w.uploads[name] = up.ID
		spare, err := w.Account.CreateToken(ctx, berth.Operator(), name, account.TokenRequest{Name: "spare", Scopes: berth.ScopeReadUser})
		if err != nil {
			t.Fatal(err)
		}
		w.spare[name] = spare.ID
	}
	salt, b64 := []byte("0123456789abcdef"), base64.RawStdEncoding
	sum := argon2.IDKey([]byte(password), salt, 1, 8, 1, 32)
	hash := fmt.Sprintf("$argon2id$v=%d$m=8,t=1,p=1$%s$%s", argon2.Version, b64.EncodeToString(salt), b64.EncodeToString(sum))
	err := w.Meta.Update(ctx, func(tx *meta.Tx) error { return tx.PutPassword(ctx, w.OwnerID("ada"), hash) })
	if err != nil {
		t.Fatal(err)
	}
}
