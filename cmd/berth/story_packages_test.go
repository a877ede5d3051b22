package main

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/registry"
)

// push makes a package with two images, as pushes to the server on this data would.
func (p *place) push(name string) {
	p.t.Helper()
	n, err := berth.ParseName(name)
	if err != nil {
		p.t.Fatal(err)
	}
	db, err := meta.Open(p.t.Context(), "sqlite:"+filepath.Join(p.data, "berth.db"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer db.Close()
	blobs, err := openBlobs(filepath.Join(p.data, "blobs"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer blobs.Close()
	reg, err := registry.New(db, blobs, registry.DefaultOptions())
	if err != nil {
		p.t.Fatal(err)
	}
	ctx := p.t.Context()
	var v berth.Viewer
	err = db.View(ctx, func(tx *meta.Tx) error {
		u, err := tx.GetUser(ctx, n.Owner)
		if errors.Is(err, berth.ErrOwnerUnknown) { // an organization, which the first account owns
			u, err = tx.GetUser(ctx, "admin")
		}
		v = berth.Viewer{UserID: u.ID, Login: u.Name, Scopes: berth.ScopeAll}
		return err
	})
	for i, tag := range []berth.Tag{"v1", "v2"} {
		config, layer := fmt.Sprintf(`{"n":%d}`, i), "layer"
		for _, content := range []string{config, layer} {
			chunk := registry.Chunk{Length: int64(len(content)), Body: strings.NewReader(content)}
			err = errors.Join(err, reg.PutBlob(ctx, v, n, digest.FromString(content), chunk))
		}
		_, failed := reg.PutManifest(ctx, v, n, registry.Push{
			Reference: berth.Reference{Tag: tag}, ContentType: berth.MediaTypeOCIManifest,
			Body: bytes.NewReader(berthtest.Image(config, layer)),
		})
		err = errors.Join(err, failed)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

func packageStory() []step {
	return []step{
		{"package list ada", "", `^PACKAGE +VISIBILITY +REPOSITORY +VERSIONS +PULLS +UPDATED\nada/app +private +- +2 +0 +` + stamp + `\n$`},
		{"package list ada -o json", "", `^\[\{"id":\d+,"name":"app","package_type":"container".*\}\]\n$`},
		{"package visibility ada/app open", "", `!"open" is not private, internal or public`},
		{"package visibility ada/app public", "", `^ada/app is public\n$`},
		{"package visibility ada/app private -o json", "", `^\{.*"visibility":"private".*\}\n$`},
		{"package show ada/app", "", `(?m)^PACKAGE +ada/app\nID +\d+\nVISIBILITY +private\nREPOSITORY +-\nINHERITS +no\nROLE +admin\n`},
		{"package show ada/nothing", "", `!ada/nothing`},
		{"package grant ada/app --user eve --role triage", "", `^user eve has the role read on ada/app\n$`},
		{"package grant ada/app --user eve --role write", "", `^user eve has the role write on ada/app\n$`},
		{"package roles ada/app", "", `^KIND +NAME +ROLE\nuser +Ada +admin\nuser +eve +write\n$`},
		{"package roles ada/app -o json", "", `^\[\{"kind":"user","name":"Ada","role":"admin"\},\{"kind":"user","name":"eve","role":"write"\}\]\n$`},
		{"package grant ada/app --user nobody --role write", "", `!nobody`},
		{"package grant ada/app --team devs --role write", "", `!devs`},
		{"package revoke ada/app --user eve", "", `^user eve has no role of its own on ada/app\n$`},
		{"repo create ada/site --visibility internal", "", `^repository Ada/site created, internal\n$`},
		{"package grant ada/app --repository ada/site --role read", "", `^repository ada/site has the role read on ada/app\n$`},
		{"package grant ada/app --repository site --role read", "", `!"site" is not OWNER/NAME`},
		{"package revoke ada/app --repository ada/site", "", `^repository ada/site has no role`},
		{"package inherit ada/app on", "", `!`},
		{"package link ada/app ada/site", "", `^ada/app is linked to ada/site\n$`},
		{"package inherit ada/app on", "", `^ada/app inherits and is internal\n$`},
		{"package list ada", "", `ada/app +internal +ada/site +2`},
		{"package inherit ada/app maybe", "", `!expected on or off`},
		{"package inherit ada/app off", "", `^ada/app does not inherit and is \w+\n$`},
		{"package unlink ada/app", "", `^ada/app is no longer linked\n$`},
		{"package delete ada/app", "", `!moves the package ada/app to the trash, from which it can be restored for 30 days; there is nobody to ask, so pass --yes`},
		{"package delete ada/app --yes", "", `^package ada/app deleted\n$`},
		{"package show ada/app", "", `!ada/app`},
		{"package trash ada", "", `^PACKAGE +ID +VISIBILITY +VERSIONS +DELETED +BY +GONE\nada/app +\d+ +internal +2 +` + stamp + ` +\w+ +` + stamp + `\n$`},
		{"package restore ada/app --id 99", "", `!no deleted package ada/app`},
		{"package restore ada/app", "", `^package ada/app is back\n$`},
		{"package restore ada/app", "", `!no deleted package ada/app`},
	}
}

// versionStory goes on with the two images of the package.
func versionStory() []step {
	return []step{
		{"package version list ada/app", "", `^ID +TAGS +DIGEST +KIND +SIZE +PULLS +COMPLETE +PUSHED\n2 +v2 +sha256:[0-9a-f]{64} +.*yes +` + stamp + `\n1 +v1 +.*\n$`},
		{"package version show ada/app v1", "", `(?m)^ID +1\nDIGEST +sha256:`},
		{"package version show ada/app 2 -o json", "", `^\{"id":2,.*"raw_manifest":\{`},
		{"package version show ada/app 3", "", `!ada/app has no version 3`},
		{"package version show ada/app", "", `!expected berth package version show OWNER/NAME VERSION \[flags\], got 1 arguments`},
		{"package version show ada/app latest", "", `!ada/app has no tag latest`},
		{"package tag set ada/app latest v2", "", `^ada/app:latest is sha256:[0-9a-f]{64}\n$`},
		{"package tag set ada/app stable 1", "", `^ada/app:stable is`},
		{"package tag set ada/app stable sha256:0", "", `!sha256 needs 64`},
		{"package tag list ada/app", "", `^TAG +VERSION +DIGEST +PULLS +MOVED\nlatest +2 .*\nstable +1 .*\nv1 +1 .*\nv2 +2 .*\n$`},
		{"package tag delete ada/app stable", "", `^tag stable of ada/app deleted\n$`},
		{"package tag delete ada/app stable", "", `!ada/app has no tag stable`},
		{"package tag set ada/app 1 v2", "", `^ada/app:1 is`},
		{"package version show ada/app 1", "", `!1 is the number of a version, and a tag of version 2: write id:1 or tag:1`},
		{"package version show ada/app id:1", "", `(?m)^ID +1\n`},
		{"package version show ada/app tag:1", "", `(?m)^ID +2\n`},
		{"package version delete ada/app 1 --yes", "", `!write id:1 or tag:1`},
		{"package tag set ada/app 1 id:1", "", `^ada/app:1 is`},
		{"package version show ada/app 1", "", `(?m)^ID +1\n`},
		{"package tag delete ada/app 1", "", `deleted`},
		{"package tag set ada/app 2026 v2", "", `^ada/app:2026 is`},
		{"package version show ada/app 2026", "", `(?m)^ID +2\n(.*\n)*PLATFORMS +\S+\nATTACHED +-\nCOMPLETE +\w+\nMISSING +`},
		{"package version show ada/app id:x", "", `!"id:x" is neither the number of a version nor a tag`},
		{"package version show ada/app sha256:0", "", `!"sha256:0" is neither`},
		{"package tag delete ada/app 2026", "", `deleted`},
		{"package version delete ada/app v1", "", `!moves the versions ada/app v1 to the trash`},
		{"package version delete ada/app v1 3 --yes", "", `!ada/app has no version 3`},
		{"package version delete ada/app v1 --yes", "", `^versions ada/app v1 deleted\n$`},
		{"package version delete ada/app 2 --yes", "", `!the last tagged one of ada/app; delete the package instead`},
		{"package version list ada/app --deleted", "", `^ID +TAGS +DIGEST +KIND +SIZE +DELETED +BY\n1 +v1 .*` + stamp + ` +\w+\n$`},
		{"package tag set ada/app v1 2", "", `^ada/app:v1 is`},
		{"package version restore ada/app 1", "", `!the tags v1 name another version now`},
		{"package version restore ada/app 1 --skip-taken-tags", "", `^version 1 of ada/app is back\n$`},
		{"package version restore ada/app 1", "", `!version 1 is not deleted`},
		{"package usage ada/app", "", `^PACKAGES +1\nVERSIONS +2\nPULLS +0\nLOGICAL +\d+\nUNIQUE +\d+\n$`},
		{"package usage ada", "", `^PACKAGES +1\n`},
		{"package usage nobody", "", `!nobody does not exist`},
		{"site overview", "", `(?s)^OWNERS +\d+\nUSERS .*PACKAGES +\d+\n.*BLOBS +.*COUNTED .*TRASH +\d+\n$`},
		{"site overview -o json", "", `"growth":\[`},
		{"site type", "", `^TYPE +STATE\ncontainer +on\n$`},
		{"site type container", "", `!expected berth site type \[TYPE STATE\]`},
		{"site type container shut", "", `!expected on, read-only or off`},
		{"site type container read-only", "", `^container packages are read-only\n$`},
		{"package tag set ada/app v1 2", "", `!packages are read-only: `},
		{"site type container on", "", `^container packages are on\n$`},
		{"site quota", "", `^LIMIT +none\n$`},
		{"site quota 100GiB", "", `^LIMIT +100 GiB\n$`},
		{"owner quota ada", "", `^OWNER +Ada\nUSED +[\d.]+ (B|KiB)\nLIMIT +100 GiB\nOWN +(no|false)\n$`},
		{"owner quota ada 1KB", "", `LIMIT +1000 B\nOWN +(yes|true)\n$`},
		{"owner quota ada none", "", `LIMIT +none\n`},
		{"owner quota ada none -o json", "", `"limit_size":null`},
		{"owner quota ada much", "", `!expected a size such as 50GiB`},
		{"owner quota nobody 5", "", `!there is no user or organization nobody`},
		{"owner quota ada default", "", `LIMIT +100 GiB\n`},
		{"site quota none", "", `^LIMIT +none\n$`},
		{"package version copy ada/app 1 ada/copy --tag v1,latest", "", `^version \d+ of ada/copy\n$`},
		{"package tag list ada/copy", "", `^TAG.*\nlatest .*\nv1 .*\n$`},
		{"package delete ada/copy --yes", "", `^package`},
		{"package delete ada/app --yes", "", `^package`},
	}
}
