package berth

import (
	"slices"
	"time"
)

// Viewer is who asks: a user with what the credentials allow, or anonymous (the
// zero value).
type Viewer struct {
	UserID  int64  // 0 is anonymous
	Login   string // the user's name as displayed
	Admin   bool   // administers the whole instance
	Address string // where the request came from, for the audit log

	SessionID    int64         // the session used, 0 for none
	ConfirmedAt  time.Time     // when the session's user last showed that it is still him
	TokenID      int64         // the access token used, 0 for a password or session
	TokenExpires time.Time     // zero: never, or there is no token
	TokenLife    time.Duration // from when it was made until then
	Scopes       Scopes        // what the credentials allow
	// Actions narrows the viewer to these, which are on packages; empty is all.
	Actions []Action
	// Limited narrows the viewer to what Limits names.
	Limited bool
	Limits  []Limit

	// Grants narrows the viewer to what a bearer token names. It is used when
	// Bearer is set.
	Grants []Grant
	Bearer bool
	// Expired is set when the bearer has run out, or the access token that it was
	// made with. It then only says who opened an upload, so that a long layer can
	// be finished.
	Expired bool
}

// Limit is one thing that a limited token reaches.
type Limit struct {
	OwnerID int64
	Path    string // of a package; "" is everything of the owner
}

// Grant is one entry of a bearer token: actions on one package.
type Grant struct {
	Type    string   `json:"type"`
	Name    string   `json:"name"`
	Actions []Action `json:"actions"`
}

// Operator is the viewer for whoever runs commands on the data directory itself:
// the file system has already decided that he may do anything.
func Operator() Viewer {
	return Viewer{UserID: -1, Login: "operator", Admin: true, Scopes: ScopeAll, Address: "local"}
}

// Anonymous reports whether nobody is signed in.
func (v Viewer) Anonymous() bool { return v.UserID == 0 }

// Covers reports whether the bearer, if there is one, names the action.
func (v Viewer) Covers(kind, name string, a Action) bool {
	if !v.Bearer {
		return true
	}
	return slices.ContainsFunc(v.Grants, func(g Grant) bool {
		return g.Type == kind && g.Name == name && slices.Contains(g.Actions, a)
	})
}

// acts reports whether a token that is limited to actions allows one. Who may push
// or delete may also pull, as with scopes.
func (v Viewer) acts(a Action) bool {
	return len(v.Actions) == 0 || a == ActionPull || slices.Contains(v.Actions, a)
}

// reaches reports whether a limited token reaches what the viewer stands before.
// What is no package needs the whole owner, and what is no owner's is out of reach.
func (v Viewer) reaches(s Standing, on target) bool {
	if !v.Limited {
		return true
	}
	if on == onAccount || on == onSite {
		return false
	}
	return slices.ContainsFunc(v.Limits, func(l Limit) bool {
		return l.OwnerID == s.OwnerID && (l.Path == "" || on == onPackage && l.Path == s.Path)
	})
}
