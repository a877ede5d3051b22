package meta

import (
	"context"
	"time"

	"github.com/berth-registry/berth"
)

// PackageFacts is what webhooks tell of a package.
type PackageFacts struct {
	OwnerID      int64
	RepositoryID int64 // that it is linked to, 0 for none
	Open         bool  // whoever administers that repository may know of it
	Description  string
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// VersionFacts is what webhooks tell of a version.
type VersionFacts struct {
	MediaType string
	Size      int64
	Body      []byte
	PushedAt  time.Time
	UpdatedAt time.Time
	Summary   string // JSON, "" when it was not described
	Details   string // JSON, "" when it was not described
}

const (
	// A push links to the repository that it names, whoever administers that: of a
	// package that is private he learns once an administrator of the package has
	// linked it, or lets it inherit.
	qPackageFacts = `SELECT owner_id, COALESCE(repository_id, 0),
			inherit OR linked_by_hand OR visibility = 'internal' OR visibility = 'public'
				AND NOT EXISTS (SELECT 1 FROM orgs g WHERE g.owner_id = packages.owner_id AND NOT g.allow_public),
			description, created_at, updated_at FROM packages WHERE id = $1`
	qVersionFacts = `SELECT m.media_type, m.size, m.body, m.pushed_at, m.updated_at, COALESCE(d.summary, ''), COALESCE(d.details, '')
		FROM manifests m LEFT JOIN descriptions d ON d.manifest_id = m.id WHERE m.id = $1`
	qOwnerByID = `SELECT id, kind, name, folded, created_at FROM owners WHERE id = $1`
)

// GetPackageFacts returns what is told of a package. Errors: berth.ErrPackageUnknown.
func (tx *Tx) GetPackageFacts(ctx context.Context, id int64) (PackageFacts, error) {
	var p PackageFacts
	var created, updated int64
	err := tx.row(ctx, qPackageFacts, id).Scan(&p.OwnerID, &p.RepositoryID, &p.Open, &p.Description, &created, &updated)
	p.CreatedAt, p.UpdatedAt = fromMicros(created), fromMicros(updated)
	return p, orUnknown(err, berth.ErrPackageUnknown)
}

// GetVersionFacts returns what is told of a version. Errors: berth.ErrManifestUnknown.
func (tx *Tx) GetVersionFacts(ctx context.Context, id int64) (VersionFacts, error) {
	var f VersionFacts
	var pushed, updated int64
	err := tx.row(ctx, qVersionFacts, id).Scan(&f.MediaType, &f.Size, &f.Body, &pushed, &updated, &f.Summary, &f.Details)
	f.PushedAt, f.UpdatedAt = fromMicros(pushed), fromMicros(updated)
	return f, orUnknown(err, berth.ErrManifestUnknown)
}

// OwnerByID finds an owner. Errors: berth.ErrOwnerUnknown.
func (tx *Tx) OwnerByID(ctx context.Context, id int64) (Owner, error) {
	var o Owner
	var created int64
	err := tx.row(ctx, qOwnerByID, id).Scan(&o.ID, &o.Kind, &o.Name, &o.Folded, &created)
	o.CreatedAt = fromMicros(created)
	return o, orUnknown(err, berth.ErrOwnerUnknown)
}
