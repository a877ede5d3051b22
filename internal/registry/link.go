package registry

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/artifact"
	"github.com/berth-registry/berth/internal/meta"
)

// mayLink reports whether credentials that are good for a push to an owner's package
// may also link it to a repository: a token that reaches one package only may not.
func mayLink(v berth.Viewer, standing berth.Standing) bool {
	v.Bearer = false // it names packages; what counts is what it was made with
	all := berth.Standing{OwnerID: standing.OwnerID, Membership: berth.MembershipOwner}
	return berth.Can(v, all, berth.ActionLinkRepository)
}

// autoLink links a package to the repository that its last push names, unless a person
// has set or cut the link. Names are tried in turn: the source that the image says, the
// repository whose CI pushed it, and the first part of the package's own name. It has
// to be one of the same owner to which whoever pushed may write.
func (s *Service) autoLink(ctx context.Context, tx *meta.Tx, p meta.Push, row meta.Package, d artifact.Description, now time.Time) error {
	if row.LinkedByHand || row.Inherit || !p.MayLink { // a push must not choose from where roles come
		return nil
	}
	for _, name := range s.sources(row.Name, d) {
		id, repository, err := linkable(ctx, tx, p, row.Name.Owner, name)
		if err != nil {
			return err
		}
		if id == 0 {
			continue
		}
		if strings.EqualFold(repository, row.Repository) {
			return nil
		}
		if err := tx.AutoLink(ctx, row.ID, id); err != nil {
			return err
		}
		who := berth.Viewer{UserID: p.UserID, Login: p.Login}
		return tx.AddEvent(ctx, who, berth.Event{
			At: now, OwnerID: row.OwnerID, Owner: row.Name.Owner, Action: "package.link", Target: row.Name.String(),
			Detail: repository + ", named by the push of " + string(p.Tag),
		})
	}
	return nil
}

// sources returns the repositories of the owner, by folded name, that a pushed image
// may belong to, the likeliest first.
func (s *Service) sources(n berth.Name, d artifact.Description) []string {
	var names []string
	if owner, name, ok := artifact.ParseSource(d.Summary.Source, s.opts.SourceHosts); ok && owner == n.Owner {
		names = append(names, name)
	}
	// The identity of a workflow comes here, between what the image says and its name.
	first, _, _ := strings.Cut(n.Path, "/")
	return append(names, first)
}

// linkable finds a repository to which whoever pushed may write, and returns 0 when
// there is none.
func linkable(ctx context.Context, tx *meta.Tx, p meta.Push, owner, name string) (id int64, fullName string, err error) {
	standing, id, err := tx.RepositoryStanding(ctx, owner, name, p.UserID)
	if err != nil || id == 0 {
		return 0, "", err
	}
	u, err := tx.GetAccount(ctx, p.UserID)
	if errors.Is(err, berth.ErrOwnerUnknown) || err == nil && u.Blocked {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", err
	}
	who := berth.Viewer{UserID: p.UserID, Admin: u.Admin, Scopes: berth.ScopeWritePackages}
	if !berth.Can(who, standing, berth.ActionLinkRepository) {
		return 0, "", nil
	}
	row, err := tx.GetRepository(ctx, id)
	return id, row.Owner + "/" + row.Name, err
}
