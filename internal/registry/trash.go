package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// Trashed is a deleted package that can be restored.
type Trashed struct {
	ID         int64 // of the deletion
	PackageID  int64
	Name       berth.Name // that it had
	Visibility berth.Visibility
	Versions   int64
	DeletedBy  string
	DeletedAt  time.Time
}

// Until returns when it is gone for good.
func (t Trashed) Until() time.Time { return t.DeletedAt.Add(TrashLife) }

// expired reports whether a deletion can be undone no more, purged or not.
func expired(t meta.Trash, now time.Time) bool { return t.DeletedAt.Add(TrashLife).Before(now) }

// hiddenName is the name under which a package lies in the trash.
func hiddenName(t meta.Trash) berth.Name {
	return berth.Name{Owner: t.Name.Owner, Path: fmt.Sprintf("-/%d/%s", t.PackageID, t.Name.Path)}
}

// hiddenStanding reads where the viewer stands towards a package in the trash.
func hiddenStanding(ctx context.Context, tx *meta.Tx, v berth.Viewer, t meta.Trash) (berth.Standing, error) {
	standing, err := tx.Standing(ctx, hiddenName(t), v.UserID)
	standing.Path = t.Name.Path // by which tokens are limited
	return standing, err
}

// maxTrashScan bounds how many deleted packages are looked at for a page of those
// that a viewer may restore.
const maxTrashScan = 5000

// ListTrash returns the deleted packages of an owner that the viewer may restore, last
// deleted first, before the deletion with the id given (0 is the last), at most limit
// of them. An unknown owner has none. Errors: berth.ErrUnauthenticated.
func (s *Service) ListTrash(ctx context.Context, v berth.Viewer, owner string, before int64, limit int) ([]Trashed, error) {
	if v.Anonymous() {
		return nil, berth.ErrUnauthenticated.With("log in to see the trash")
	}
	limit = max(1, min(limit, MaxList))
	now := s.opts.Now()
	var list []Trashed
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		list = list[:0]
		standing, err := tx.Standing(ctx, berth.Name{Owner: owner}, v.UserID)
		if err != nil || standing.OwnerID == 0 {
			return err
		}
		if none, err := unlisted(ctx, tx, v); err != nil || none {
			return err
		}
		before := before
		for scanned := 0; len(list) < limit && scanned < maxTrashScan; scanned += limit {
			rows, err := tx.ListTrash(ctx, standing.OwnerID, before, limit)
			if err != nil {
				return err
			}
			for _, row := range rows {
				before = row.ID
				if expired(row, now) {
					continue
				}
				if list, err = appendTrashed(ctx, tx, v, list, row); err != nil || len(list) == limit {
					return err
				}
			}
			if len(rows) < limit {
				return nil
			}
		}
		return nil
	})
	return list, err
}

func appendTrashed(ctx context.Context, tx *meta.Tx, v berth.Viewer, list []Trashed, t meta.Trash) ([]Trashed, error) {
	standing, err := hiddenStanding(ctx, tx, v, t)
	if err != nil || !berth.Can(v, standing, berth.ActionAdmin) {
		return list, err
	}
	p, err := tx.GetPackage(ctx, t.PackageID)
	return append(list, Trashed{
		ID: t.ID, PackageID: t.PackageID, Name: t.Name, Visibility: p.Visibility, Versions: p.Versions,
		DeletedBy: t.DeletedBy, DeletedAt: t.DeletedAt,
	}), err
}

// RestorePackage brings the package back that was last deleted under a name, or the
// one with the id given unless that is 0, with all that it was: versions, tags, roles,
// link and visibility. Errors: berth.ErrUnauthenticated; berth.ErrPackageUnknown;
// berth.ErrDenied; berth.ErrExists when the name has been taken.
func (s *Service) RestorePackage(ctx context.Context, v berth.Viewer, n berth.Name, id int64) error {
	if v.Anonymous() {
		return berth.ErrUnauthenticated.With("log in to restore %s", n)
	}
	now := s.opts.Now()
	unknown := berth.ErrPackageUnknown.With("no deleted package %s, or %s may not restore it", n, v.Login)
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		t, err := tx.FindTrash(ctx, n, id)
		if errors.Is(err, berth.ErrPackageUnknown) || err == nil && expired(t, now) {
			return unknown
		}
		if err != nil {
			return err
		}
		standing, err := hiddenStanding(ctx, tx, v, t)
		switch {
		case err != nil:
			return err
		case !berth.Can(v, standing, berth.ActionAdmin) && berth.Can(v, standing, berth.ActionPush):
			return berth.Denial(v, standing, n.String(), berth.ActionAdmin)
		case !berth.Can(v, standing, berth.ActionAdmin):
			return unknown
		}
		if err := writable(standing); err != nil {
			return err
		}
		if err := nameFree(ctx, tx, n, now); err != nil {
			return err
		}
		if err := tx.RestorePackage(ctx, t.PackageID, t.Name.Path); err != nil {
			return err
		}
		if err := tx.DropTrash(ctx, t.ID); err != nil {
			return err
		}
		if err := tx.AddEvent(ctx, v, event(standing, n, now, "package.restore", "")); err != nil {
			return err
		}
		return tell(ctx, tx, v, n, standing, "restored", meta.Part{}, now)
	})
}

// nameFree refuses a name that has been taken. A package into which nothing ever came
// is only the leftover of a probe, and goes.
func nameFree(ctx context.Context, tx *meta.Tx, n berth.Name, now time.Time) error {
	standing, err := tx.Standing(ctx, n, 0)
	if err != nil {
		return err
	}
	switch {
	case standing.Published:
		return berth.ErrExists.With("there is another package %s now; rename or delete that first", n)
	case standing.PackageID != 0:
		return tx.PurgePackage(ctx, standing.PackageID, now)
	}
	return unkept(ctx, tx, n, standing.OwnerID, 0)
}

// RestoreVersion brings a deleted version back with its tags and all that was deleted
// with it. With skipTaken it goes without the tags that name something else by now.
// Where the same manifest was pushed again meanwhile, it gets back what belonged to it.
// Errors: those of [Service.enter]; berth.ErrVersionUnknown; berth.ErrExists when tags
// were taken, or nothing of it is deleted.
func (s *Service) RestoreVersion(ctx context.Context, v berth.Viewer, n berth.Name, id int64, skipTaken bool) error {
	now := s.opts.Now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		standing, err := s.enterLocked(ctx, tx, v, n, berth.ActionAdmin)
		if err != nil {
			return err
		}
		if err := writable(standing); err != nil {
			return err
		}
		t, err := deletionOf(ctx, tx, standing.PackageID, n, id, now)
		if err != nil {
			return err
		}
		var tags []hadTag
		if err := json.Unmarshal([]byte(t.Tags), &tags); err != nil {
			return err
		}
		if tags, err = s.freeTags(ctx, tx, standing.PackageID, tags, skipTaken); err != nil {
			return err
		}
		r := revival{tx: tx, service: s, pkg: standing.PackageID, trash: t, now: now, tags: tags}
		root, err := r.run(ctx)
		if err != nil {
			return err
		}
		if err := tx.DropTrash(ctx, t.ID); err != nil {
			return err
		}
		// So that no rule on old versions removes it again at once.
		if err := tx.TouchManifest(ctx, root.ID, now); err != nil {
			return err
		}
		e := event(standing, n, now, "version.restore", describeTags(tags))
		e.Target += "@" + root.Digest.String()
		if err := tx.AddEvent(ctx, v, e); err != nil {
			return err
		}
		return tell(ctx, tx, v, n, standing, "restored", root, now)
	})
}

// deletionOf returns the deletion of a version that can be undone. One whose root was
// pushed again may still have its signatures there.
// Errors: berth.ErrVersionUnknown, berth.ErrExists.
func deletionOf(ctx context.Context, tx *meta.Tx, pkg int64, n berth.Name, id int64, now time.Time) (meta.Trash, error) {
	t, err := tx.GetTrashOf(ctx, pkg, id)
	if errors.Is(err, berth.ErrVersionUnknown) {
		version, found := tx.GetVersion(ctx, pkg, id)
		switch {
		case id == 0:
			return t, unknownVersion(n, id)
		case found != nil:
			return t, berth.ErrVersionUnknown.With("%s has no deleted version %d", n, id)
		}
		t, err = tx.GetTrashLeft(ctx, pkg, version.Digest)
		if errors.Is(err, berth.ErrVersionUnknown) || err == nil && expired(t, now) {
			return t, berth.ErrExists.With("version %d is not deleted", id)
		}
	}
	if err == nil && expired(t, now) {
		err = berth.ErrVersionUnknown.With("%s has no deleted version %d", n, id)
	}
	return t, err
}
