package webui

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"sync"

	"github.com/a-h/templ"
	"golang.org/x/sync/singleflight"

	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/markdown"
)

const (
	// headingShift puts the headings of a README below those of the page.
	headingShift = 2

	// rendering is to be another number when HTML is made in another way: what was made
	// before is not shown any more.
	rendering = 1

	// maxRenders bounds the READMEs that are made into HTML or wait for it, of which one
	// is made at a time. Others are shown as text meanwhile.
	maxRenders = 8
)

// readmes makes READMEs into HTML. That takes long for some, and anybody may open the
// pages of public ones, so that each is made once and kept in the database.
type readmes struct {
	flights singleflight.Group
	renders chan struct{} // holds one for each that is made or waits
	one     sync.Mutex    // is held while one is made
}

// renderReadme returns a README as safe HTML, whose links are relative to the address of
// the repository on the web.
func (u *UI) renderReadme(ctx context.Context, r account.Readme) (templ.Component, error) {
	sum := sha256.Sum256([]byte(strconv.Itoa(rendering) + "\x00" + r.Repository.WebURL + "\x00" + r.Text))
	madeOf := hex.EncodeToString(sum[:])
	ctx = context.WithoutCancel(ctx) // others wait for the same
	// Repositories with the same text keep it each for itself.
	made, err, _ := u.readmes.flights.Do(strconv.FormatInt(r.Repository.ID, 10)+" "+madeOf, func() (any, error) {
		kept, html, err := u.account.ReadmePage(ctx, r.Repository.ID)
		if err != nil || kept == madeOf {
			return html, err
		}
		html, whole, err := u.readmes.make(r)
		if err != nil || !whole {
			return html, err
		}
		return html, u.account.KeepReadmePage(ctx, r.Repository.ID, madeOf, html)
	})
	if err != nil {
		return nil, err
	}
	html, _ := made.(string)
	return templ.Raw(html), nil
}

// make makes HTML of a README, or tells by false that it only is its text, for enough of
// them are made already.
func (m *readmes) make(r account.Readme) (string, bool, error) {
	select {
	case m.renders <- struct{}{}:
		defer func() { <-m.renders }()
	default:
		return markdown.Plain(r.Text), false, nil
	}
	m.one.Lock()
	defer m.one.Unlock()
	html, err := markdown.Render(r.Text, markdown.Options{Base: filesOf(r.Repository.WebURL), Shift: headingShift})
	return html, true, err
}
