package webui

import (
	"testing"

	"github.com/berth-registry/berth/internal/account"
)

// A README for which there is no room to be made into HTML is shown as text.
func TestTooManyReadmes(t *testing.T) {
	t.Parallel()
	m := readmes{renders: make(chan struct{}, 1)}
	for range 2 { // the room is given back
		if html, whole, err := m.make(account.Readme{Text: "# a"}); err != nil || !whole || html != "<h3 id=\"user-content-a\">a</h3>\n" {
			t.Errorf("%s, %t, %v", html, whole, err)
		}
	}
	m.renders <- struct{}{}
	if html, whole, err := m.make(account.Readme{Text: "# a"}); err != nil || whole || html != "<pre tabindex=\"0\"># a</pre>\n" {
		t.Errorf("when it is full: %s, %t, %v", html, whole, err)
	}
}
