package account

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// Repository is the record of a source repository as a viewer sees it.
type Repository struct {
	ID          int64
	OwnerID     int64
	Owner       string
	OwnerKind   string // user, org or service
	Name        string
	Visibility  berth.Visibility // that counts: nothing is public where the organization forbids it
	Description string
	WebURL      string
	CreatedAt   time.Time
	Role        berth.Role // the viewer's; RoleNone where he may read as anybody may
}

// FullName returns "owner/name".
func (r Repository) FullName() string { return r.Owner + "/" + r.Name }

// Cursor returns what a [RepositoryQuery] takes to go on after r.
func (r Repository) Cursor() string { return strings.ToLower(r.FullName()) }

// RepositoryChange is what is to become of a repository; nil is as it was.
type RepositoryChange struct {
	Name        *string
	Visibility  *berth.Visibility
	Description *string
	WebURL      *string
}

// CreateRepository makes a repository of an owner, "" for the viewer himself. It is
// private unless c says otherwise. Who makes one in an organization administers it.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied,
// berth.ErrRequestInvalid, berth.ErrExists, berth.ErrConflict when the organization
// allows nothing public.
func (s *Service) CreateRepository(ctx context.Context, v berth.Viewer, owner string, c RepositoryChange) (Repository, error) {
	if v.Anonymous() {
		return Repository{}, berth.ErrUnauthenticated.With("log in to make a repository")
	}
	if c.Name == nil {
		return Repository{}, berth.ErrRequestInvalid.With("the repository has no name")
	}
	if owner == "" {
		owner = v.Login
	}
	now := s.now()
	var made Repository
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		o, standing, err := s.creating(ctx, tx, v, owner)
		if err != nil {
			return err
		}
		row := meta.Repository{OwnerID: o.ID, Owner: o.Name, OwnerFolded: o.Folded, Visibility: berth.VisibilityPrivate, CreatedAt: now}
		if _, err := c.apply(&row); err != nil {
			return err
		}
		if err := allowed(ctx, tx, row); err != nil {
			return err
		}
		if row.ID, err = tx.CreateRepository(ctx, row); err != nil {
			return err
		}
		if o.Kind == meta.KindOrg && standing.Membership != berth.MembershipNone {
			if err := tx.PutCollaborator(ctx, row.ID, v.UserID, berth.RoleAdmin); err != nil {
				return err
			}
		}
		if made, err = seen(ctx, tx, v, row.ID, o.Folded); err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, event(now, made, "repo.create", string(made.Visibility)))
	})
	s.changed()
	return made, err
}

// creating finds an owner with whom the viewer may make repositories. To strangers
// one who is there is like one who is not.
func (s *Service) creating(ctx context.Context, tx *meta.Tx, v berth.Viewer, name string) (meta.Owner, berth.Standing, error) {
	o, standing, err := namespace(ctx, tx, v, name)
	switch {
	case err != nil:
		return o, standing, err
	case o.ID != 0 && berth.Can(v, standing, berth.ActionCreateRepository):
		return o, standing, nil
	case o.ID != 0 && (standing.Membership != berth.MembershipNone || v.Admin):
		return o, standing, berth.Denial(v, standing, o.Name, berth.ActionCreateRepository)
	}
	return o, standing, berth.ErrOwnerUnknown.With("%s does not exist, or %s may not make repositories there", name, v.Login)
}

// allowed refuses what is public where the organization forbids it.
func allowed(ctx context.Context, tx *meta.Tx, r meta.Repository) error {
	if r.Visibility != berth.VisibilityPublic {
		return nil
	}
	ok, err := tx.AllowsPublic(ctx, r.OwnerFolded)
	if err == nil && !ok {
		return berth.ErrConflict.With("the organization %s lets nothing be public; choose private or internal, or let an owner of it change that", r.Owner)
	}
	return err
}

// seen reads a repository with the viewer's role on it.
func seen(ctx context.Context, tx *meta.Tx, v berth.Viewer, id int64, owner string) (Repository, error) {
	row, err := tx.GetRepository(ctx, id)
	if err != nil {
		return Repository{}, err
	}
	standing, _, err := tx.RepositoryStanding(ctx, owner, row.Folded, v.UserID)
	return repositoryOf(row, standing, v), err
}

func repositoryOf(r meta.Repository, s berth.Standing, v berth.Viewer) Repository {
	return Repository{
		ID: r.ID, OwnerID: r.OwnerID, Owner: r.Owner, OwnerKind: r.OwnerKind, Name: r.Name, Visibility: s.Visibility,
		Description: r.Description, WebURL: r.WebURL, CreatedAt: r.CreatedAt, Role: s.RoleOf(v),
	}
}

func event(now time.Time, r Repository, action, detail string) berth.Event {
	return berth.Event{At: now, OwnerID: r.OwnerID, Owner: r.Owner, Action: action, Target: r.FullName(), Detail: detail}
}

// repository finds a repository with which the viewer may do something. What he may
// not see is as if it were not there.
// Errors: berth.ErrUnauthenticated, berth.ErrRepositoryUnknown, berth.ErrDenied.
func (s *Service) repository(ctx context.Context, tx *meta.Tx, v berth.Viewer, owner, name string, a berth.Action) (meta.Repository, Repository, error) {
	var row meta.Repository
	unknown := berth.ErrRepositoryUnknown.With("%s/%s does not exist, or %s may not see it", owner, name, v.Login)
	if v.Anonymous() {
		unknown = berth.ErrUnauthenticated.With("log in to see %s/%s", owner, name)
	}
	ownerFolded, err := berth.ParseOwner(owner)
	if err != nil {
		return row, Repository{}, unknown.Because(err)
	}
	folded, err := berth.ParseRepository(name)
	if err != nil {
		return row, Repository{}, unknown.Because(err)
	}
	standing, id, err := tx.RepositoryStanding(ctx, ownerFolded, folded, v.UserID)
	if err != nil {
		return row, Repository{}, err
	}
	if id == 0 || !berth.Can(v, standing, berth.ActionReadRepository) && !berth.Can(v, standing, a) {
		return row, Repository{}, unknown
	}
	if row, err = tx.GetRepository(ctx, id); err != nil {
		return row, Repository{}, err
	}
	r := repositoryOf(row, standing, v)
	switch {
	case berth.Can(v, standing, a):
		return row, r, nil
	case v.Anonymous():
		return row, r, berth.ErrUnauthenticated.With("log in to change %s", r.FullName())
	}
	return row, r, berth.Denial(v, standing, r.FullName(), a)
}

// GetRepository returns a repository that the viewer may read.
// Errors: berth.ErrUnauthenticated, berth.ErrRepositoryUnknown.
func (s *Service) GetRepository(ctx context.Context, v berth.Viewer, owner, name string) (Repository, error) {
	var r Repository
	err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		_, r, err = s.repository(ctx, tx, v, owner, name, berth.ActionReadRepository)
		return err
	})
	return r, err
}

// RepositoryQuery says which repositories are wanted.
type RepositoryQuery struct {
	Owner string // whose; "" is everybody's
	Own   bool   // only those with which the viewer has more to do than to be signed in
	After string // Cursor of the last one of the page before, "" from the start
	Limit int
}

// ListRepositories returns the repositories that the viewer may read, by name.
// Errors: berth.ErrPageInvalid; berth.ErrUnauthenticated and berth.ErrOwnerUnknown
// where there is nothing to show of an owner whom the viewer may not know.
func (s *Service) ListRepositories(ctx context.Context, v berth.Viewer, q RepositoryQuery) ([]Repository, error) {
	if q.Own && v.Anonymous() {
		return nil, berth.ErrUnauthenticated.With("log in to list your repositories")
	}
	if err := checkAfter(q.After); err != nil {
		return nil, err
	}
	query := readerQuery(v)
	query.Own, query.Limit = q.Own && v.UserID > 0, max(1, min(q.Limit, MaxPage)) // the operator has none of his own
	query.After.Owner, query.After.Path, _ = strings.Cut(q.After, "/")
	var list []Repository
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		var hidden error
		if q.Owner != "" {
			var err error
			if query.Owner, hidden, err = listedOwner(ctx, tx, v, q.Owner); err != nil || query.Owner == 0 {
				return cmp.Or(err, hidden)
			}
		}
		rows, err := tx.ListRepositories(ctx, query)
		if err == nil && len(rows) == 0 {
			return hidden
		}
		list = make([]Repository, len(rows))
		for i, row := range rows {
			list[i] = repositoryOf(row.Repository, row.Standing, v)
		}
		return err
	})
	return list, err
}

// listedOwner returns the id of an owner, 0 when there is none, and what is said to a
// viewer who may read nothing of it.
func listedOwner(ctx context.Context, tx *meta.Tx, v berth.Viewer, name string) (id int64, hidden, err error) {
	o, standing, err := namespace(ctx, tx, v, name)
	if err != nil || o.Kind != meta.KindUser {
		return o.ID, stranger(v, o, standing, name), err
	}
	robot, err := hiddenFrom(ctx, tx, v, o.ID)
	if robot {
		return o.ID, stranger(v, meta.Owner{}, standing, name), err
	}
	return o.ID, stranger(v, o, standing, name), err
}

// checkAfter refuses a cursor that no database takes.
func checkAfter(s string) error {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return berth.ErrPageInvalid.With("after is not what a list gave")
	}
	return nil
}

// readerQuery says for whom to list, in the terms of the permission rule: with
// credentials that do not let a viewer read repositories, he sees what anybody does.
func readerQuery(v berth.Viewer) meta.RepositoryQuery {
	probe := berth.Standing{OwnerID: 1, Published: true, Visibility: berth.VisibilityInternal}
	token := int64(0)
	if v.Limited {
		token = v.TokenID // which owners it reaches is for the query to find out
		v.Limited = false
	}
	if !berth.Can(v, probe, berth.ActionReadRepository) {
		return meta.RepositoryQuery{}
	}
	return meta.RepositoryQuery{User: v.UserID, All: v.Admin, Token: token}
}

// stranger returns how an owner of whom there is nothing to show is hidden, nil when
// the viewer may know that he is there. Users are known to all who are signed in.
func stranger(v berth.Viewer, o meta.Owner, s berth.Standing, name string) error {
	switch {
	case v.Anonymous():
		return berth.ErrUnauthenticated.With("log in to see the repositories of %s", name)
	case o.ID != 0 && (o.Kind == meta.KindUser || v.Admin || s.Membership != berth.MembershipNone):
		return nil
	}
	return berth.ErrOwnerUnknown.With("%s does not exist, or %s may not see it", name, v.Login)
}

// UpdateRepository changes a repository. Only its administrators may.
// Errors: berth.ErrUnauthenticated, berth.ErrRepositoryUnknown, berth.ErrDenied,
// berth.ErrRequestInvalid, berth.ErrExists when another one has the new name,
// berth.ErrConflict when the organization allows nothing public.
func (s *Service) UpdateRepository(ctx context.Context, v berth.Viewer, owner, name string, c RepositoryChange) (Repository, error) {
	now := s.now()
	var after Repository
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		row, before, err := s.repository(ctx, tx, v, owner, name, berth.ActionAdminRepository)
		if err != nil {
			return err
		}
		after = before
		changes, err := c.apply(&row)
		if err == nil && c.Visibility != nil {
			err = allowed(ctx, tx, row)
		}
		if err != nil || len(changes) == 0 {
			return err
		}
		if err := tx.PutRepository(ctx, row); err != nil {
			return err
		}
		if after, err = seen(ctx, tx, v, row.ID, row.OwnerFolded); err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, event(now, before, "repo.update", strings.Join(changes, ", ")))
	})
	s.changed()
	return after, err
}

// DeleteRepository deletes a repository. Packages that were linked to it stay: those
// that inherited from it keep the visibility that they had, and nobody keeps a role
// that came from it. Only its administrators may.
// Errors: berth.ErrUnauthenticated, berth.ErrRepositoryUnknown, berth.ErrDenied.
func (s *Service) DeleteRepository(ctx context.Context, v berth.Viewer, owner, name string) error {
	now := s.now()
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		row, r, err := s.repository(ctx, tx, v, owner, name, berth.ActionAdminRepository)
		if err != nil {
			return err
		}
		if err := tx.UnlinkPackages(ctx, row.ID, r.Visibility); err != nil {
			return err
		}
		for _, drop := range []func(context.Context, int64) error{
			tx.DropRolesOfRepository, tx.UnbindServiceAccounts, tx.DropRolesOnRepository, tx.DropRepository,
		} {
			if err := drop(ctx, row.ID); err != nil {
				return fmt.Errorf("delete %s: %w", r.FullName(), err)
			}
		}
		return tx.AddEvent(ctx, v, event(now, r, "repo.delete", ""))
	})
	s.changed()
	return err
}
