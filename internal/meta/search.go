package meta

import (
	"context"
	"database/sql"
	"strings"

	"github.com/berth-registry/berth"
)

// MaxWords is how many words a search for packages may have.
const MaxWords = 5

// PackageSearch says which packages are wanted, and in which order.
type PackageSearch struct {
	Reader

	Owner int64    // of whom, 0 for all
	Words []string // at most MaxWords patterns of LIKE, in lower case, that all have to be like something of it
	// Begins is what a path is like that comes first, and Full what owner/path is like,
	// "" for nothing.
	Begins, Full string
	// Wide is whether words may be in the owner's name and the description, too.
	Wide       bool
	Kind       string           // "" for any
	Visibility berth.Visibility // that counts, "" for any
	After      string           // of one owner, by name: the path of the last one of the page before
	Sort       string           // updated, downloads, or "" for what is like its name, and then by that
	Skip       int
	Limit      int
}

const (
	// Of more packages than fifty thousand the oldest are not looked at: one look through
	// all must end. Most are readable by what is said of them; the permission rule as a
	// whole is asked only of those that are not, and that are like what is wanted.
	searchedFrom = `
		FROM (SELECT k.id AS id, ` + rankColumns + ` AS rank
			FROM (SELECT x.id AS id, x.owner_id AS owner_id, x.path AS path, x.visibility AS visibility, x.description AS description,
					x.kind AS kind, x.updated_at AS updated_at, x.downloads AS downloads
				FROM packages x `
	rankColumns = `CASE CAST($17 AS TEXT) WHEN 'updated' THEN -k.updated_at WHEN 'downloads' THEN -k.downloads ELSE
				(CASE WHEN $8 = '%' OR k.path LIKE $8 ESCAPE '\' OR $9 <> '' AND h.folded || '/' || k.path LIKE $9 ESCAPE '\' THEN 0 WHEN k.path LIKE $10 ESCAPE '\' THEN 1 ELSE 2 END) END`
	searchedWhere = ` LIMIT 50000) k CROSS JOIN owners h
			WHERE h.id = k.owner_id AND (CAST($16 AS TEXT) = '' OR k.kind = $16)
				AND ($10 = '%' OR k.path LIKE $10 ESCAPE '\' OR $15 AND (lower(k.description) LIKE $10 ESCAPE '\' OR h.folded || '/' || k.path LIKE $10 ESCAPE '\'))
				AND ($11 = '%' OR k.path LIKE $11 ESCAPE '\' OR $15 AND (lower(k.description) LIKE $11 ESCAPE '\' OR h.folded || '/' || k.path LIKE $11 ESCAPE '\'))
				AND ($12 = '%' OR k.path LIKE $12 ESCAPE '\' OR $15 AND (lower(k.description) LIKE $12 ESCAPE '\' OR h.folded || '/' || k.path LIKE $12 ESCAPE '\'))
				AND ($13 = '%' OR k.path LIKE $13 ESCAPE '\' OR $15 AND (lower(k.description) LIKE $13 ESCAPE '\' OR h.folded || '/' || k.path LIKE $13 ESCAPE '\'))
				AND ($14 = '%' OR k.path LIKE $14 ESCAPE '\' OR $15 AND (lower(k.description) LIKE $14 ESCAPE '\' OR h.folded || '/' || k.path LIKE $14 ESCAPE '\'))
				AND (CAST($7 AS TEXT) = '' OR $7 = CASE WHEN k.visibility = 'public' AND k.owner_id IN (SELECT f.owner_id FROM orgs f WHERE NOT f.allow_public) THEN 'private' ELSE k.visibility END)
				AND (k.visibility = 'public' AND k.owner_id NOT IN (SELECT f.owner_id FROM orgs f WHERE NOT f.allow_public)
					OR CAST($6 AS BIGINT) = 0 AND ($1 OR k.visibility = 'internal' AND $2 > 0 OR k.owner_id = $2
						OR k.owner_id IN (SELECT w.org_id FROM members w JOIN orgs v ON v.owner_id = w.org_id WHERE w.user_id = $2 AND (w.owner OR v.base_role > 0)))
					OR EXISTS (SELECT 1 FROM packages p JOIN owners o ON o.id = p.owner_id
						LEFT JOIN orgs g ON g.owner_id = o.id
						LEFT JOIN members m ON m.org_id = o.id AND m.user_id = $2
						LEFT JOIN users u ON u.owner_id = $2
						WHERE p.id = k.id AND ` + readableWhere + `))
			ORDER BY rank, k.path, h.folded LIMIT $4 OFFSET $5) z
		CROSS JOIN packages p` + packageFrom + `WHERE p.id = z.id ORDER BY z.rank, p.path, o.folded`
	qSearchPackages = `SELECT ` + packageColumns + `, ` + listedColumns + searchedFrom +
		`WHERE x.published_at IS NOT NULL AND x.deleted_at IS NULL AND CAST($3 AS TEXT) = '' AND CAST($18 AS BIGINT) = 0 ORDER BY x.id DESC` + searchedWhere
	qSearchOwnerPackages = `SELECT ` + packageColumns + `, ` + listedColumns + searchedFrom +
		`WHERE x.owner_id = $18 AND x.published_at IS NOT NULL AND x.deleted_at IS NULL AND x.path > $3 ORDER BY x.path` + searchedWhere
)

// SearchPackages returns packages that a reader may pull. It looks through at most fifty
// thousand of them.
func (tx *Tx) SearchPackages(ctx context.Context, q PackageSearch) ([]ListedPackage, error) {
	var list []ListedPackage
	text, args := q.query()
	err := tx.list(ctx, func(rows *sql.Rows) error {
		p, err := scanListed(rows.Scan)
		list = append(list, p)
		return err
	}, text, args...)
	return list, err
}

func (q PackageSearch) query() (text string, args []any) {
	text = qSearchPackages
	if q.Owner != 0 {
		text, q.After = qSearchOwnerPackages, max(q.After, firstPath)
	}
	args = []any{q.All, q.User, q.After, q.Limit, q.Skip, q.Token, string(q.Visibility), q.Begins, q.Full}
	for i := range MaxWords {
		word := "%"
		if i < len(q.Words) {
			word = q.Words[i]
		}
		args = append(args, word)
	}
	return text, append(args, q.Wide, q.Kind, q.Sort, q.Owner)
}

// Like writes text for LIKE with an escape of \, so that it stands for itself.
func Like(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}
