package view

import (
	"context"
	"time"
)

// Frame is what every page has around it.
type Frame struct {
	Title  string // of the window; the site's name is added
	Login  string // who is signed in, "" for nobody
	Admin  bool   // and administers the site
	Open   bool   // anybody may join
	Theme  string // auto, light or dark
	Path   string // of this page with its query, to come back to
	Static string // version of the static files
	Search string // what is being searched for
	Now    time.Time
	Flash  *Flash     // what the step before has done
	Tokens []Expiring // access tokens of the viewer that need care
}

// Flash is a sentence about what was just done.
type Flash struct {
	Kind string // good, warning or error
	Text string
}

// Expiring is an access token that is about to run out, or just has.
type Expiring struct {
	Name string
	At   time.Time
}

type frameKey struct{}

// With returns a context in which components find the frame of their page.
func With(ctx context.Context, f Frame) context.Context {
	return context.WithValue(ctx, frameKey{}, f)
}

// frame returns the frame of the page that is being printed. Outside of one it is
// empty.
func frame(ctx context.Context) Frame {
	f, _ := ctx.Value(frameKey{}).(Frame)
	return f
}
