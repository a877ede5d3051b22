package webui

import (
	"crypto/sha256"
	"sync"

	"github.com/a-h/templ"

	"github.com/berth-registry/berth/internal/markdown"
)

const (
	// headingShift puts the headings of a README below those of the page.
	headingShift = 2

	// READMEs that were made into HTML are kept, for that takes long for long ones and
	// anybody may ask for it: at most keptReadmes × maxKept bytes.
	keptReadmes = 32
	maxKept     = 1 << 20
)

// readmes are READMEs as HTML, by what they are made of.
type readmes struct {
	mu   sync.Mutex
	html map[[sha256.Size]byte]string
}

// render makes safe HTML of a README, whose links are relative to the address of the
// repository on the web.
func (m *readmes) render(text, web string) (templ.Component, error) {
	key := sha256.Sum256([]byte(web + "\x00" + text))
	m.mu.Lock()
	html, ok := m.html[key]
	m.mu.Unlock()
	if ok {
		return templ.Raw(html), nil
	}
	html, err := markdown.Render(text, markdown.Options{Base: filesOf(web), Shift: headingShift})
	if err != nil {
		return nil, err
	}
	if len(html) > maxKept {
		return templ.Raw(html), nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.html == nil || len(m.html) >= keptReadmes {
		m.html = make(map[[sha256.Size]byte]string, keptReadmes) // what is asked for comes back
	}
	m.html[key] = html
	return templ.Raw(html), nil
}
