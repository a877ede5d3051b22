package webui

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

func (at place) settings(current string) view.SettingsTop {
	return view.SettingsTop{Head: at.head("settings"), Current: current}
}

// getSettings shows who may pull a package, and what it is linked to.
func (u *UI) getSettings(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	return u.showSettings(w, r, v, at, sent{}, nil)
}

// showSettings shows the first page of the settings. Of what was typed, typed has the
// fields.
func (u *UI) showSettings(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place, s sent, typed url.Values) error {
	// What the page shows, readers may know too. So that only administrators see it, it
	// asks for what is theirs.
	if _, err := u.registry.ListRoles(r.Context(), v, at.name, 0, 1); err != nil {
		return err
	}
	forbids, err := u.forbidsPublic(r.Context(), v, at)
	if err != nil {
		return err
	}
	p := view.GeneralSettings{
		Top: at.settings("general"), Wrong: s.wrong(), Visibility: string(at.pkg.Visibility), Inherits: at.pkg.Inherit, Repository: at.pkg.Repository,
		NoPublic: forbids, Link: typed.Get("q"), Confirm: typed.Get("confirm"),
	}
	return u.show(w, r, v, page{status: s.status, title: "Settings of " + at.name.String(), main: view.PackageGeneral(p)})
}

// forbidsPublic reports whether the organization of a package forbids public ones. Who is
// not in the organization may not know; the core tells him when he tries.
func (u *UI) forbidsPublic(ctx context.Context, v berth.Viewer, at place) (bool, error) {
	if at.pkg.OwnerKind != "org" {
		return false, nil
	}
	org, err := u.account.GetOrg(ctx, v, at.name.Owner)
	if errors.Is(err, berth.ErrDenied) || errors.Is(err, berth.ErrOwnerUnknown) {
		return false, nil
	}
	return err == nil && !org.AllowPublic, err
}

// changed ends a form of the first page: it tells what was done, or shows the page again.
func (u *UI) changed(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place, part string, err error, sentence string) error {
	if err != nil {
		return againIn(part, err, func(s sent) error { return u.showSettings(w, r, v, at, s, r.PostForm) })
	}
	return u.done(w, r, at.path("/-/settings"), "%s", sentence)
}

// postVisibility changes who may pull.
func (u *UI) postVisibility(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	to, err := berth.ParseVisibility(r.PostForm.Get("visibility"))
	if err == nil {
		err = u.registry.SetVisibility(r.Context(), v, at.name, to)
	}
	return u.changed(w, r, v, at, "visibility", err, at.name.String()+" is "+string(to)+" now.")
}

// postLink links the package to a repository, which may be written without its owner.
func (u *UI) postLink(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	name := withOwner(r.PostForm.Get("q"), at.name.Owner)
	err := u.registry.Link(r.Context(), v, at.name, name)
	return u.changed(w, r, v, at, "repository", err, at.name.String()+" is linked to "+name+".")
}

// withOwner puts an owner before the name of a repository that was written without one.
func withOwner(repository, owner string) string {
	repository = strings.TrimSpace(repository)
	if repository != "" && !strings.Contains(repository, "/") {
		return owner + "/" + repository
	}
	return repository
}

func (u *UI) postUnlink(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	return u.changed(w, r, v, at, "repository", u.registry.Unlink(r.Context(), v, at.name), at.name.String()+" is not linked any more. Its visibility stays as it was.")
}

// postInherit turns on or off that roles and visibility come from the repository.
func (u *UI) postInherit(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	sentence := "Roles and visibility come from the repository now."
	on := r.PostForm.Get("on")
	var err error
	switch on {
	case "yes":
	case "no":
		sentence = "Nothing comes from the repository any more. The visibility stays as it was."
	default:
		err = berth.ErrRequestInvalid.With("on is %.20q; use yes or no", on)
	}
	if err == nil {
		err = u.registry.SetInherit(r.Context(), v, at.name, on == "yes")
	}
	return u.changed(w, r, v, at, "repository", err, sentence)
}

// postDeletePackage moves a package to the trash of its owner.
func (u *UI) postDeletePackage(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	err := typed(r, at.name.String())
	if err == nil {
		err = u.registry.DeletePackage(r.Context(), v, at.name)
	}
	if err != nil {
		return againIn("delete", err, func(s sent) error { return u.showSettings(w, r, v, at, s, r.PostForm) })
	}
	return u.done(w, r, "/"+at.name.Owner, "%s is deleted. For 30 days it can be restored from the trash of %s.", at.name, at.name.Owner)
}
