package webui_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

// A README is made into HTML once, whoever asks how often and at the same time, and again
// when it, or what its links are relative to, is another.
func TestReadmeIsRenderedOnce(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	operator, visibility, web := berth.Operator(), berth.VisibilityPublic, "https://git.example/acme/app"
	put := func(name, text string) {
		t.Helper()
		if _, err := s.Account.PutReadme(t.Context(), operator, "acme", name, text); err != nil {
			t.Fatal(err)
		}
	}
	const repositories = 40 // more than a cache in memory would hold
	for i := range repositories {
		name := "r" + strconv.Itoa(i)
		if _, err := s.Account.CreateRepository(t.Context(), operator, "acme", account.RepositoryChange{Name: &name, Visibility: &visibility}); err != nil {
			t.Fatal(err)
		}
		put(name, "# One\n\n[a](b.md)")
	}
	s.Exec("CREATE TABLE renders (id INTEGER)")
	for _, event := range []string{"INSERT", "UPDATE"} {
		s.Exec("CREATE TRIGGER renders_" + event + " AFTER " + event + " ON readme_pages BEGIN INSERT INTO renders VALUES (NEW.repository_id); END")
	}
	renders := int64(0)
	look := func(what string, more int64, name string, parts ...string) {
		t.Helper()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				body := string(s.As("").Get("/acme/-/repositories/" + name).Want(http.StatusOK).Body)
				for _, part := range parts {
					if !strings.Contains(body, part) {
						t.Errorf("%s: there is no %q in %s", what, part, body)
					}
				}
			})
		}
		wg.Wait()
		renders += more
		if n := s.Exec("INSERT INTO renders VALUES (0)") - 1; n != renders {
			t.Fatalf("%s: %d READMEs were made into HTML, want %d", what, n, renders)
		}
		renders++ // the row just put in
	}
	look("many at once", 1, "r0", ">One</h3>", "<p>a</p>")
	look("again", 0, "r0", ">One</h3>")
	for i := 1; i < repositories; i++ {
		look("one after the other", 1, "r"+strconv.Itoa(i), ">One</h3>")
	}
	for i := range repositories {
		look("and once more", 0, "r"+strconv.Itoa(i), ">One</h3>")
	}
	put("r0", "# Two\n\n[a](b.md)")
	look("another text", 1, "r0", ">Two</h3>", "<p>a</p>")
	if _, err := s.Account.UpdateRepository(t.Context(), operator, "acme", "r0", account.RepositoryChange{WebURL: &web}); err != nil {
		t.Fatal(err)
	}
	look("another address", 1, "r0", `href="https://git.example/acme/app/b.md"`)
	look("again", 0, "r0", `href="https://git.example/acme/app/b.md"`)
	if err := s.Account.DeleteRepository(t.Context(), operator, "acme", "r0"); err != nil {
		t.Error(err)
	}
}
