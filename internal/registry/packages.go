package registry

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// Package is a published package as the viewer sees it.
type Package struct {
	ID         int64
	OwnerID    int64
	Name       berth.Name
	Visibility berth.Visibility // that counts: the repository's where it inherits
	Inherit    bool
	Repository string     // owner/name of the linked one, "" when there is none that the viewer may know
	Role       berth.Role // the viewer's; not in lists
	CreatedAt  time.Time

	RepositoryID      int64            // 0 when there is none that the viewer may know
	RepositoryVisible berth.Visibility // "" as well

	OwnerKind    string    // user or org
	UpdatedAt    time.Time // when something was last pushed, deleted or restored
	Versions     int64
	Downloads    int64
	LastPulledAt time.Time // zero: never
	Kind         string    // of the version pushed last, as its description and licences
	Description  string
	Licenses     string
}

// packageOf returns a package as a viewer sees it who may know the repository given.
func packageOf(row meta.Package, repository string) Package {
	if repository == "" {
		row.RepositoryID, row.RepositoryVisible = 0, ""
	}
	return Package{
		ID: row.ID, OwnerID: row.OwnerID, Name: row.Name, Visibility: row.Visibility, Inherit: row.Inherit,
		Repository: repository, RepositoryID: row.RepositoryID, RepositoryVisible: row.RepositoryVisible, CreatedAt: row.CreatedAt, OwnerKind: row.OwnerKind, UpdatedAt: row.UpdatedAt,
		Versions: row.Versions, Downloads: row.Downloads, LastPulledAt: row.LastPulledAt,
		Kind: row.Kind, Description: row.Description, Licenses: row.Licenses,
	}
}

// GetPackage finds a package. Errors: those of [Service.enter];
// berth.ErrPackageUnknown.
func (s *Service) GetPackage(ctx context.Context, v berth.Viewer, n berth.Name) (Package, error) {
	var p Package
	err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		p, err = s.packageAt(ctx, tx, v, n)
		return err
	})
	return p, err
}

// packageAt finds a package that the viewer may pull.
func (s *Service) packageAt(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name) (Package, error) {
	standing, err := s.published(ctx, tx, v, n, berth.ActionPull)
	if err != nil {
		return Package{}, err
	}
	row, err := tx.GetPackage(ctx, standing.PackageID)
	if err != nil {
		return Package{}, err
	}
	p, err := packageFor(ctx, tx, v, row)
	p.Role = standing.RoleOf(v)
	return p, err
}

// known returns the repository that a package is linked to, "" when the viewer may not
// know it: a package often is for more people than its source.
func known(ctx context.Context, tx *meta.Tx, v berth.Viewer, p meta.Package) (string, error) {
	_, name, _ := strings.Cut(strings.ToLower(p.Repository), "/")
	if name == "" {
		return "", nil
	}
	standing, _, err := tx.RepositoryStanding(ctx, p.Name.Owner, name, v.UserID)
	if err != nil || !berth.Can(v, standing, berth.ActionReadRepository) {
		return "", err
	}
	return p.Repository, nil
}

// published is enter for what needs a package that is there for everybody.
func (s *Service) published(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, a berth.Action) (berth.Standing, error) {
	standing, err := s.enter(ctx, tx, v, n, a)
	if err == nil && !standing.Published {
		err = nothingAt(ctx, tx, v, n)
	}
	return standing, err
}

// nothingAt says that there is no package of a name, and how the one is called now that
// had it, to those who may pull that.
func nothingAt(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name) error {
	standing, r, err := readable(ctx, tx, v, n)
	if err != nil {
		return err
	}
	if r.Live && r.Name != n && berth.Can(v, standing, berth.ActionPull) {
		return berth.ErrPackageUnknown.With("%s is now %s; write that to change it", n, r.Name)
	}
	return berth.ErrPackageUnknown.With("nothing has been pushed to %s", n)
}

// administer runs a change to a package that only its administrators may make, and
// writes it to the audit log. Do returns what the log says of it.
func (s *Service) administer(ctx context.Context, v berth.Viewer, n berth.Name, what string, do func(*meta.Tx, berth.Standing, meta.Package) (string, error)) error {
	now := s.opts.Now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		standing, err := s.published(ctx, tx, v, n, berth.ActionAdmin)
		if err != nil {
			return err
		}
		// Its owner must not change while its ties to him do.
		if err := tx.LockPlace(ctx, standing.PackageID, meta.Place{OwnerID: standing.OwnerID, Path: n.Path}); err != nil {
			return err
		}
		p, err := tx.GetPackage(ctx, standing.PackageID)
		if err != nil {
			return err
		}
		detail, err := do(tx, standing, p)
		if err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, event(standing, n, now, what, detail))
	})
}

// event begins an entry of the audit log about a package.
func event(s berth.Standing, n berth.Name, now time.Time, action, detail string) berth.Event {
	return berth.Event{At: now, OwnerID: s.OwnerID, Owner: n.Owner, Action: action, Target: n.String(), Detail: detail}
}

// SetVisibility changes who may pull a package. Errors: those of
// [Service.enter]; berth.ErrPackageUnknown; berth.ErrConflict where the package
// has its repository's, or the organization forbids public ones.
func (s *Service) SetVisibility(ctx context.Context, v berth.Viewer, n berth.Name, visibility berth.Visibility) error {
	return s.administer(ctx, v, n, "package.visibility", func(tx *meta.Tx, standing berth.Standing, p meta.Package) (string, error) {
		if p.Inherit {
			repository, err := known(ctx, tx, v, p)
			if err != nil {
				return "", err
			}
			return "", berth.ErrConflict.With("%s has the visibility of %s; change that, or stop inheriting first", n, cmp.Or(repository, "its repository"))
		}
		if err := allowed(ctx, tx, n, visibility); err != nil {
			return "", err
		}
		return fmt.Sprintf("%s -> %s", p.Visibility, visibility), tx.PutVisibility(ctx, standing.PackageID, visibility)
	})
}

// allowed refuses what the organization does not want. Even if this were missed,
// nothing is public where that is forbidden.
func allowed(ctx context.Context, tx *meta.Tx, n berth.Name, visibility berth.Visibility) error {
	if visibility != berth.VisibilityPublic {
		return nil
	}
	allow, err := tx.AllowsPublic(ctx, n.Owner)
	if err == nil && !allow {
		return berth.ErrConflict.With("the organization %s forbids public packages; an owner can allow them: berth org set %s --allow-public", n.Owner, n.Owner)
	}
	return err
}

// Link ties a package to a repository of the same owner, as a person wants it: no
// push changes that. Errors: those of [Service.enter] and [Service.repository];
// berth.ErrConflict when the repository is another owner's.
func (s *Service) Link(ctx context.Context, v berth.Viewer, n berth.Name, repository string) error {
	return s.link(ctx, v, n, repository, false)
}

// LinkFirst is [Service.Link] for a package without a link, berth.ErrConflict for one
// that has one.
func (s *Service) LinkFirst(ctx context.Context, v berth.Viewer, n berth.Name, repository string) error {
	return s.link(ctx, v, n, repository, true)
}

func (s *Service) link(ctx context.Context, v berth.Viewer, n berth.Name, repository string, first bool) error {
	owner, name, err := parseRepository(repository)
	if err != nil {
		return err
	}
	return s.administer(ctx, v, n, "package.link", func(tx *meta.Tx, standing berth.Standing, p meta.Package) (string, error) {
		id, err := s.repository(ctx, tx, v, owner, name, berth.ActionLinkRepository)
		if err != nil {
			return "", err
		}
		if owner != n.Owner {
			return "", berth.ErrConflict.With("%s can be linked to repositories of %s only, not of %s", n, n.Owner, owner)
		}
		if first && p.Repository != "" {
			return "", berth.ErrConflict.With("%s is linked to a repository already; unlink it first", n)
		}
		// The package stays as visible as it is now, whatever it inherited before.
		return owner + "/" + name, tx.PutLink(ctx, standing.PackageID, id, false, p.Visibility)
	})
}

// Unlink unties a package from its repository. What it inherited from there ends,
// its visibility stays. Errors: those of [Service.enter]; berth.ErrConflict when
// there is no link.
func (s *Service) Unlink(ctx context.Context, v berth.Viewer, n berth.Name) error {
	return s.administer(ctx, v, n, "package.unlink", func(tx *meta.Tx, standing berth.Standing, p meta.Package) (string, error) {
		if p.Repository == "" {
			return "", berth.ErrConflict.With("%s is not linked to a repository", n)
		}
		return p.Repository, tx.PutLink(ctx, standing.PackageID, 0, false, p.Visibility)
	})
}

// SetInherit makes a package have the roles and the visibility of its repository,
// or ends that: then the visibility stays and the roles go. Errors: those of
// [Service.enter]; berth.ErrConflict when there is no link.
func (s *Service) SetInherit(ctx context.Context, v berth.Viewer, n berth.Name, on bool) error {
	return s.administer(ctx, v, n, "package.inherit", func(tx *meta.Tx, standing berth.Standing, p meta.Package) (string, error) {
		if p.Repository == "" {
			return "", berth.ErrConflict.With("%s is not linked to a repository; link it first", n)
		}
		return fmt.Sprintf("%t from %s", on, p.Repository), tx.PutInherit(ctx, standing.PackageID, on, p.Visibility)
	})
}

// repository finds a repository, by folded names, to which the viewer may do
// something. Errors: berth.ErrUnauthenticated, berth.ErrRepositoryUnknown,
// berth.ErrDenied.
func (s *Service) repository(ctx context.Context, tx *meta.Tx, v berth.Viewer, owner, name string, a berth.Action) (int64, error) {
	standing, id, err := tx.RepositoryStanding(ctx, owner, name, v.UserID)
	switch {
	case err != nil:
		return 0, err
	case id != 0 && berth.Can(v, standing, a):
		return id, nil
	case v.Anonymous():
		return 0, berth.ErrUnauthenticated
	case id != 0 && berth.Can(v, standing, berth.ActionReadRepository):
		return 0, berth.Denial(v, standing, owner+"/"+name, a)
	}
	return 0, berth.ErrRepositoryUnknown.With("%s/%s does not exist, or %s may not see it", owner, name, v.Login)
}
