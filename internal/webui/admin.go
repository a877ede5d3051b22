package webui

import (
	"net/http"
	"net/url"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
)

// Site is what administrators may know of this server that the core does not: its
// periodic work and the requests that it answers. The zero value has neither.
type Site struct {
	Jobs     account.Jobs
	Requests func() []httpkit.FaceRequests
}

// whole fills in what is missing, so that nobody has to ask whether it is there.
func (s Site) whole() Site {
	if s.Jobs == nil {
		s.Jobs = noJobs{}
	}
	if s.Requests == nil {
		s.Requests = func() []httpkit.FaceRequests { return nil }
	}
	return s
}

// noJobs is a server without periodic work.
type noJobs struct{}

func (noJobs) Jobs() []account.Job { return nil }
func (noJobs) Trigger(string) bool { return false }

// administering asks the core whether the viewer administers the registry before
// anything else, so that nobody else is asked for his password, or told what is wrong
// with a form.
func administering(h handler) handler {
	return func(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
		if err := berth.CheckSite(v); err != nil {
			return err
		}
		return h(w, r, v)
	}
}

// userPath is the address of the page of a user, under here.
func userPath(name string) string { return "/-/admin/users/" + url.PathEscape(name) }
