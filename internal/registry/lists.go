package registry

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	// listBatch is how many rows a query fetches of a list without an end.
	listBatch = 5000
	// MaxPage is the largest page of packages or referrers.
	MaxPage = 1000
	// maxReferrersBytes bounds a page of referrers, which clients read whole.
	maxReferrersBytes = 3 << 20
)

// ListTags returns the tags after the given one ("" is the start), at most limit
// of them (negative: all), and whether there are more.
// Errors: those of [Service.enter].
func (s *Service) ListTags(ctx context.Context, v berth.Viewer, n berth.Name, after berth.Tag, limit int) (tags []berth.Tag, more bool, err error) {
	err = s.meta.View(ctx, func(tx *meta.Tx) error {
		standing, err := s.enter(ctx, tx, v, n, berth.ActionPull)
		if err != nil {
			return err
		}
		if !standing.Published {
			return berth.ErrPackageUnknown.With("nothing has been pushed to %s", n)
		}
		tags, more, err = s.collectTags(ctx, tx, standing.PackageID, s.fold(after), limit)
		return err
	})
	return tags, more, err
}

func (s *Service) collectTags(ctx context.Context, tx *meta.Tx, pkg int64, after string, limit int) ([]berth.Tag, bool, error) {
	tags := []berth.Tag{}
	for limit != 0 {
		batch := listBatch
		if limit > 0 {
			batch = min(batch, limit-len(tags)+1)
		}
		rows, err := tx.ListTags(ctx, pkg, after, batch)
		if err != nil {
			return nil, false, err
		}
		for _, row := range rows {
			if limit > 0 && len(tags) == limit {
				return tags, true, nil
			}
			tags = append(tags, row.Name)
			after = row.Folded
		}
		if len(rows) < batch {
			break
		}
	}
	return tags, false, nil
}

// ListPackages returns the names after the given one (zero is the start) of
// packages that the viewer may read, at most limit of them, and whether there are
// more. Errors: berth.ErrUnauthenticated, berth.ErrScopeMissing.
func (s *Service) ListPackages(ctx context.Context, v berth.Viewer, after berth.Name, limit int) (names []berth.Name, more bool, err error) {
	if v.Expired || !v.Covers("registry", "catalog", berth.ActionCatalog) {
		return nil, false, berth.ErrScopeMissing.With("it is not for the catalog")
	}
	user, all := v.UserID, v.Admin
	if !v.Anonymous() && !v.Scopes.Has(berth.ScopeReadPackages) {
		user, all = 0, false // such a token shows what anybody sees
	}
	limit = min(limit, MaxPage)
	if limit <= 0 {
		return nil, false, nil
	}
	err = s.meta.View(ctx, func(tx *meta.Tx) error {
		names, err = tx.ListPackages(ctx, user, all, after, limit+1)
		return err
	})
	if len(names) > limit {
		return names[:limit], true, err
	}
	return names, false, err
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
	err = s.meta.View(ctx, func(tx *meta.Tx) error {
		standing, err := s.enter(ctx, tx, v, n, berth.ActionPull)
		if err != nil {
			return err
		}
		rows, err = tx.ListReferrers(ctx, standing.PackageID, d, artifactType, after, limit+1, maxReferrersBytes)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list referrers of %s: %w", d, err)
	}
	list = []Referrer{}
	for i, row := range rows {
		// The row that broke the bound is on the next page, unless it is alone.
		if i == limit || i > 0 && i == len(rows)-1 && exceeds(rows) {
			return list, rows[i-1].ID, nil
		}
		list = append(list, Referrer{row.MediaType, row.Digest, row.Size, row.ArtifactType, json.RawMessage(row.Annotations)})
	}
	if exceeds(rows) {
		return list, rows[len(rows)-1].ID, nil
	}
	return list, 0, nil
}

func exceeds(rows []meta.Manifest) bool {
	total := 0
	for _, row := range rows {
		total += len(row.Annotations)
	}
	return total > maxReferrersBytes
}
