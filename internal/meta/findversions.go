package meta

import (
	"context"
	"database/sql"
)

// VersionList says which versions of a package are wanted.
type VersionList struct {
	Package int64
	Before  int64 // smaller ids only, 0 from the newest
	Skip    int
	Limit   int

	Tagged   bool // only those with a tag
	Untagged bool // only those without
	Broken   bool // only those of which bytes are lost

	// Like is what a tag, in lower case, has to look like, and From and To lie around
	// the digests that are wanted too. All are empty where nothing is looked for.
	Like, From, To string
}

const (
	// The manifests of a package that lack bytes, and the indexes that hold these. It
	// goes from what is lost, of which there is nearly always nothing.
	brokenFrom = `broken (id) AS (
			SELECT r.manifest_id FROM blobs b CROSS JOIN manifest_blobs r WHERE b.lost_at IS NOT NULL AND r.package_id = $1 AND r.digest = b.digest
			UNION SELECT c.manifest_id FROM broken x JOIN manifests m ON m.id = x.id
				JOIN manifest_children c ON c.package_id = m.package_id AND c.digest = m.digest) `
	qListTaggedVersions = `SELECT ` + versionColumns + `
		FROM (SELECT k.id AS id FROM manifests k
			WHERE k.package_id = $1 AND k.version AND k.trash_id IS NULL AND k.id < $2
				AND EXISTS (SELECT 1 FROM tags t WHERE t.package_id = k.package_id AND t.digest = k.digest) = $5
			ORDER BY k.id DESC LIMIT $3 OFFSET $4) v
		CROSS JOIN manifests m LEFT JOIN descriptions d ON d.manifest_id = m.id WHERE m.id = v.id ORDER BY m.id DESC`
	qListBrokenVersions = `WITH RECURSIVE ` + brokenFrom + `SELECT ` + versionColumns + `
		FROM (SELECT k.id AS id FROM broken x CROSS JOIN manifests k
			WHERE k.id = x.id AND k.version AND k.trash_id IS NULL AND k.id < $2 ORDER BY k.id DESC LIMIT $3 OFFSET $4) v
		CROSS JOIN manifests m LEFT JOIN descriptions d ON d.manifest_id = m.id WHERE m.id = v.id ORDER BY m.id DESC`

	// What is looked for in the tags is found there, and not from each version. The
	// two flags say of which kind versions may be.
	qFindVersions = `WITH RECURSIVE ` + brokenFrom + `SELECT ` + versionColumns + `
		FROM (SELECT k.id AS id FROM (
				SELECT t.digest AS digest FROM tags t WHERE t.package_id = $1 AND lower(t.folded) LIKE $5 ESCAPE '\'
				UNION SELECT f.digest FROM manifests f WHERE f.package_id = $1 AND f.digest >= $6 AND f.digest < $7) q
			CROSS JOIN manifests k
			WHERE k.package_id = $1 AND k.digest = q.digest AND k.version AND k.trash_id IS NULL AND k.id < $2
				AND ($8 OR NOT EXISTS (SELECT 1 FROM tags t WHERE t.package_id = k.package_id AND t.digest = k.digest))
				AND ($9 OR EXISTS (SELECT 1 FROM tags t WHERE t.package_id = k.package_id AND t.digest = k.digest))
				AND (NOT $10 OR k.id IN (SELECT id FROM broken))
			ORDER BY k.id DESC LIMIT $3 OFFSET $4) v
		CROSS JOIN manifests m LEFT JOIN descriptions d ON d.manifest_id = m.id WHERE m.id = v.id ORDER BY m.id DESC`

	qFindTags = `SELECT ` + tagColumns + `
		FROM tags t JOIN manifests m ON m.package_id = t.package_id AND m.digest = t.digest
		WHERE t.package_id = $1 AND t.folded > $2 AND lower(t.folded) LIKE $4 ESCAPE '\' AND NOT EXISTS (SELECT 1 FROM manifests s
			WHERE s.package_id = t.package_id AND s.digest = t.subject AND s.digest <> t.digest AND s.trash_id IS NULL)
		ORDER BY t.folded LIMIT $3 OFFSET $5`
	qFindNewestTags = `SELECT ` + tagColumns + `
		FROM tags t JOIN manifests m ON m.package_id = t.package_id AND m.digest = t.digest
		WHERE t.package_id = $1 AND (t.updated_at, t.folded) < ($2, $3) AND lower(t.folded) LIKE $5 ESCAPE '\' AND NOT EXISTS (SELECT 1 FROM manifests s
			WHERE s.package_id = t.package_id AND s.digest = t.subject AND s.digest <> t.digest AND s.trash_id IS NULL)
		ORDER BY t.updated_at DESC, t.folded DESC LIMIT $4 OFFSET $6`
)

// FindVersions returns versions of a package, newest first.
func (tx *Tx) FindVersions(ctx context.Context, l VersionList) ([]Version, error) {
	if l.Before == 0 {
		l.Before = 1<<63 - 1
	}
	query, args := l.query()
	var list []Version
	err := tx.list(ctx, func(rows *sql.Rows) error {
		v, err := scanVersion(rows.Scan)
		list = append(list, v)
		return err
	}, query, args...)
	return list, err
}

// query chooses the statement that does no more than is needed.
func (l VersionList) query() (text string, args []any) {
	args = []any{l.Package, l.Before, l.Limit, l.Skip}
	switch {
	case l.Like != "" || l.From != "":
		return qFindVersions, append(args, l.Like, l.From, l.To, !l.Untagged, !l.Tagged, l.Broken)
	case l.Broken:
		return qListBrokenVersions, args
	case l.Tagged, l.Untagged:
		return qListTaggedVersions, append(args, l.Tagged)
	}
	return qListVersions, args
}

// TagList says which tags of a package are wanted.
type TagList struct {
	Package int64
	Like    string // what they look like in lower case, "%" for all
	Newest  bool   // first those that were moved last, else by name
	After   string // the folded name of the last one of the page before, "" from the start
	// AfterTime is when that was moved, in lists that begin with the newest.
	AfterTime int64
	Skip      int
	Limit     int
}

// FindTags returns tags of a package, but for those that are there for another manifest.
func (tx *Tx) FindTags(ctx context.Context, l TagList) ([]TagDetails, error) {
	query, args := l.query()
	var list []TagDetails
	err := tx.list(ctx, func(rows *sql.Rows) error {
		t, err := scanTag(rows.Scan)
		list = append(list, t)
		return err
	}, query, args...)
	return list, err
}

func (l TagList) query() (text string, args []any) {
	if !l.Newest {
		return qFindTags, []any{l.Package, l.After, l.Limit, l.Like, l.Skip}
	}
	if l.After == "" {
		l.AfterTime = 1<<63 - 1
	}
	return qFindNewestTags, []any{l.Package, l.AfterTime, l.After, l.Limit, l.Like, l.Skip}
}

// GetTagTime returns when a tag was last moved, in the terms of [TagList].
// Errors: berth.ErrManifestUnknown.
func (tx *Tx) GetTagTime(ctx context.Context, pkg int64, folded string) (int64, error) {
	t, err := tx.GetTagDetails(ctx, pkg, folded)
	return micros(t.UpdatedAt), err
}
