package webui_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/berth-registry/berth/internal/berthtest"
)

// Whoever meets an error goes on from there as from any page.
func TestErrorsKeepTheMenu(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	browse(t, s, "root").page("/nobody", http.StatusNotFound, "Signed in as <strong>root</strong>", `href="/-/admin"`)
	body := browse(t, s, "ada").page("/-/admin", http.StatusForbidden, "Signed in as <strong>ada</strong>")
	if strings.Contains(body, `href="/-/admin"`) {
		t.Error("who does not administer the registry is led there")
	}
}
