package registry

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	// MaxPage is the largest page of packages or referrers.
	MaxPage = 1000
	// MaxList is the longest list for faces that number pages, and ask for those before
	// as well: [MaxSkip] entries, a page of a hundred, and one that tells of more.
	MaxList = MaxSkip + 101
	// maxReferrersBytes bounds a page of referrers, which clients read whole.
	maxReferrersBytes = 3 << 20
)

// ListTags returns the tags after the given one ("" is the start), at most limit
// of them, and whether there are more. Errors: those of [Service.enter];
// berth.ErrPackageUnknown.
func (s *Service) ListTags(ctx context.Context, v berth.Viewer, n berth.Name, after berth.Tag, limit int) (tags []berth.Tag, more bool, err error) {
	var rows []meta.TagRow
	err = s.meta.View(ctx, func(tx *meta.Tx) error {
		standing, err := s.enter(ctx, tx, v, n, berth.ActionPull)
		if err != nil {
			return err
		}
		if !standing.Published {
			return berth.ErrPackageUnknown.With("nothing has been pushed to %s", n)
		}
		rows, err = tx.ListTags(ctx, standing.PackageID, s.fold(after), limit+1)
		return err
	})
	tags = make([]berth.Tag, 0, len(rows))
	for _, row := range rows[:min(len(rows), limit)] {
		tags = append(tags, row.Name)
	}
	return tags, len(rows) > limit, err
}

// Catalog returns the names after the given one (zero is the start) of packages
// that the viewer may read, at most limit of them, and whether there are more.
// Errors: berth.ErrScopeMissing.
func (s *Service) Catalog(ctx context.Context, v berth.Viewer, after berth.Name, limit int) (names []berth.Name, more bool, err error) {
	if v.Expired || !v.Covers("registry", "catalog", berth.ActionCatalog) {
		return nil, false, berth.ErrScopeMissing.With("it is not for the catalog")
	}
	limit = min(limit, MaxPage)
	if limit <= 0 {
		return nil, false, nil
	}
	var list []meta.Package
	err = s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		list = nil
		if none, err := unlisted(ctx, tx, v); err != nil || none {
			return err
		}
		list, err = tx.ListPackages(ctx, reader(v), after, limit+1)
		return err
	})
	for _, p := range list[:min(len(list), limit)] {
		names = append(names, p.Name)
	}
	return names, len(list) > limit, err
}

// reader puts the viewer's rights to read into the terms of a list.
func reader(v berth.Viewer) meta.Reader {
	if v.Expired || !v.Scopes.Has(berth.ScopeReadPackages) {
		return meta.Reader{} // such a token shows what anybody sees
	}
	r := meta.Reader{User: v.UserID, All: v.Admin}
	if v.Limited {
		r.Token = v.TokenID
	}
	return r
}

// Referrer describes a manifest that has another one as its subject.
type Referrer struct {
	MediaType    string          `json:"mediaType"`
	Digest       berth.Digest    `json:"digest"`
	Size         int64           `json:"size"`
	ArtifactType string          `json:"artifactType,omitempty"`
	Annotations  json.RawMessage `json:"annotations,omitempty"`
}

// ListReferrers returns the manifests whose subject is d, of one artifact type or
// all (""), after the cursor of the last page (0 is the start), at most limit of
// them, and the cursor of the next page, 0 when this was the last. A digest that
// nobody knows has no referrers. Errors: those of [Service.enter].
func (s *Service) ListReferrers(ctx context.Context, v berth.Viewer, n berth.Name, d berth.Digest, artifactType string, after int64, limit int) (list []Referrer, next int64, err error) {
	limit = max(1, min(limit, MaxPage))
	var rows []meta.Manifest
	var more bool
	err = s.meta.View(ctx, func(tx *meta.Tx) error {
		standing, err := s.enter(ctx, tx, v, n, berth.ActionPull)
		if err != nil {
			return err
		}
		rows, more, err = tx.ListReferrers(ctx, standing.PackageID, d, artifactType, after, limit, maxReferrersBytes)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list referrers of %s: %w", d, err)
	}
	list = make([]Referrer, 0, len(rows))
	for _, row := range rows {
		list = append(list, Referrer{row.MediaType, row.Digest, row.Size, row.ArtifactType, json.RawMessage(row.Annotations)})
	}
	if more {
		next = rows[len(rows)-1].ID
	}
	return list, next, nil
}
