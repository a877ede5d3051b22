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

// adminRoutes are for those who administer the registry.
func (u *UI) adminRoutes() []route {
	// What gives or takes rights, or cannot be undone, asks for the password again.
	sure := func(h handler) handler { return administering(u.sure(h)) }
	return []route{
		{method: "GET", path: "/-/admin", handle: administering(u.getOverview)},
		{method: "GET", path: "/-/admin/users", handle: administering(u.getUsers)},
		{method: "GET", path: "/-/admin/new-user", handle: administering(u.getNewUser)},
		{method: "POST", path: "/-/admin/new-user", handle: sure(u.postNewUser)},
		{method: "GET", path: "/-/admin/users/{user}", handle: administering(u.getUser)},
		{method: "POST", path: "/-/admin/users/{user}/blocked", handle: sure(u.postBlocked)},
		{method: "POST", path: "/-/admin/users/{user}/admin", handle: sure(u.postAdmin)},
		{method: "POST", path: "/-/admin/users/{user}/second-factor", handle: sure(u.postResetFactor)},
		{method: "POST", path: "/-/admin/users/{user}/password", handle: sure(u.postUserPassword)},
		{method: "POST", path: "/-/admin/users/{user}/name", handle: sure(u.postUserName)},
		{method: "POST", path: "/-/admin/users/{user}/quota", handle: administering(u.postUserQuota)},
		{method: "POST", path: "/-/admin/users/{user}/delete", handle: sure(u.postDeleteUser)},
		{method: "GET", path: "/-/admin/invitations", handle: administering(u.getSiteInvitations)},
		{method: "POST", path: "/-/admin/invitations", handle: sure(u.postSiteInvitations)},
		{method: "POST", path: "/-/admin/invitations/{id}/drop", handle: administering(u.postDropSiteInvitation)},
		{method: "GET", path: "/-/admin/orgs", handle: administering(u.getAllOrgs)},
		{method: "POST", path: "/-/admin/orgs", handle: administering(u.postAllOrgs)},
		{method: "GET", path: "/-/admin/packages", handle: administering(u.getTypes)},
		{method: "POST", path: "/-/admin/packages/{type}", handle: sure(u.postType)},
		{method: "GET", path: "/-/admin/quotas", handle: administering(u.getQuotas)},
		{method: "POST", path: "/-/admin/quotas", handle: administering(u.postDefaultQuota)},
		{method: "POST", path: "/-/admin/quotas/{owner}", handle: administering(u.postQuota)},
		{method: "GET", path: "/-/admin/audit", handle: administering(u.getAudit)},
		{method: "GET", path: "/-/admin/doctor", handle: administering(u.getDoctor)},
		{method: "GET", path: "/-/admin/jobs", handle: administering(u.getJobs)},
		{method: "POST", path: "/-/admin/jobs", handle: administering(u.postJobs)},
	}
}

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
