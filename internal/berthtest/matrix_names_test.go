//go:build !race

// With the race detector this takes minutes: .ci/test runs this package without it too.

package berthtest_test

import (
	"sync"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

// TestMatrixOfOldNames gives every package another name and tries all pulls by the
// old ones: everybody is answered as by the name of now, and who may not see the
// package as by a name that never was. A push is refused, with the reason for those
// who may know it.
func TestMatrixOfOldNames(t *testing.T) {
	t.Parallel()
	for what, rename := range map[string]func(t *testing.T, w *world){
		"packages": func(t *testing.T, w *world) {
			t.Helper()
			for _, name := range allPackages() {
				from := parse(t, name)
				to := berth.Name{Owner: from.Owner, Path: "now/" + from.Path + "-2"}
				if err := w.Registry.MovePackage(t.Context(), berth.Operator(), from, to); err != nil {
					t.Fatal(err)
				}
			}
		},
		"owners": func(t *testing.T, w *world) {
			t.Helper()
			me := w.Viewer("root")
			for old, now := range map[string]string{"acme": "zeal", "orchid": "zest"} {
				if _, err := w.Account.RenameOrg(t.Context(), me, old, now); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := w.Account.RenameUser(t.Context(), me, "vic", "zach"); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			var n counts
			var group sync.WaitGroup
			for i := range workers / 2 {
				w := newWorld(t, berthtest.New(t, options("")))
				m := &matrix{counts: &n, w: w, t: t, main: true, thin: thin(), rows: oldNameRows(what == "owners"), actors: w.actors(t)}
				m.actors = mainColumns(m.actors)
				rename(t, w)
				m.c, m.watch = w.With(""), w.Watch()
				group.Go(func() { m.run(i, workers/2) })
			}
			group.Wait()
			t.Logf("%d rows, %d columns, %d cells, %d red", n.rows.Load(), n.columns.Load(), n.cells.Load(), n.red.Load())
		})
	}
}
