package meta

import (
	"context"
	"database/sql"
	"strings"

	"github.com/berth-registry/berth"
)

// MaxWords is how many words a search for packages may have.
const MaxWords = 5

// PackageFilter says which packages of an owner are wanted, and in which order.
type PackageFilter struct {
	Reader

	Owner      int64
	Like       string           // what the path is like, in lower case, "%" for any
	Kind       string           // "" for any
	Visibility berth.Visibility // that counts, "" for any
	Sort       string           // updated, downloads, or "" for by path
	After      string           // by path: the path of the last one of the page before
	Skip       int
	Limit      int
}

// PackageSearch says which packages of all owners are wanted. First comes what begins
// with the text, then what has the words in its path, then the others; each by path.
type PackageSearch struct {
	Reader

	Text  string   // in lower case
	Words []string // at most MaxWords, each of which is in the name (owner/path) or the description
	Skip  int
	Limit int
}

const (
	// Most packages are readable by what is said of them; the permission rule as a whole
	// is asked only of those that are not.
	allowedWhere = `(k.visibility = 'public' AND k.owner_id NOT IN (SELECT f.owner_id FROM orgs f WHERE NOT f.allow_public)
				OR CAST($6 AS BIGINT) = 0 AND ($1 OR k.visibility = 'internal' AND $2 > 0 OR k.owner_id = $2
					OR k.owner_id IN (SELECT w.org_id FROM members w JOIN orgs v ON v.owner_id = w.org_id WHERE w.user_id = $2 AND (w.owner OR v.base_role > 0)))
				OR $2 > 0 AND (k.inherit OR EXISTS (SELECT 1 FROM package_roles i WHERE i.package_id = k.id) OR CAST($6 AS BIGINT) <> 0)
					AND EXISTS (SELECT 1 FROM packages p JOIN owners o ON o.id = p.owner_id
						LEFT JOIN orgs g ON g.owner_id = o.id
						LEFT JOIN members m ON m.org_id = o.id AND m.user_id = $2
						LEFT JOIN users u ON u.owner_id = $2
						WHERE p.id = k.id AND ` + readableWhere + `)) `

	// The packages of one owner are read along the index of the order, as far as the page
	// goes, and not beyond fifty thousand by path, so that a look for what is not there
	// ends. Put together with nothing, a path leads away from its own index.
	filterBoundWhere = `COALESCE((SELECT x.path FROM packages x
					WHERE x.owner_id = $3 AND x.published_at IS NOT NULL AND x.deleted_at IS NULL AND x.path > $10
					ORDER BY x.path LIMIT 1 OFFSET 50000), '~') `
	filterFrom = `
		FROM (SELECT k.id AS id FROM packages k
			WHERE k.owner_id = $3 AND k.published_at IS NOT NULL AND k.deleted_at IS NULL AND k.path LIKE $8 ESCAPE '\'
				AND (CAST($9 AS TEXT) = '' OR k.kind = $9)
				AND (CAST($7 AS TEXT) = '' OR $7 = CASE WHEN k.visibility = 'public' AND k.owner_id IN (SELECT f.owner_id FROM orgs f WHERE NOT f.allow_public) THEN 'private' ELSE k.visibility END)
				AND ` + allowedWhere
	filterPageFrom     = ` LIMIT $4 OFFSET $5) z CROSS JOIN packages p` + packageFrom + `WHERE p.id = z.id ORDER BY `
	qFilterPackages    = `SELECT ` + packageColumns + `, ` + listedColumns + filterFrom + `AND k.path > $10 AND k.path < ` + filterBoundWhere + `ORDER BY k.path` + filterPageFrom + `p.path`
	qFilterByUpdate    = `SELECT ` + packageColumns + `, ` + listedColumns + filterFrom + `AND k.path || '' < ` + filterBoundWhere + `ORDER BY k.updated_at DESC, k.path` + filterPageFrom + `p.updated_at DESC, p.path`
	qFilterByDownloads = `SELECT ` + packageColumns + `, ` + listedColumns + filterFrom + `AND k.path || '' < ` + filterBoundWhere + `ORDER BY k.downloads DESC, k.path` + filterPageFrom + `p.downloads DESC, p.path`

	// Of more packages than fifty thousand the oldest are not looked at: one look through
	// all must end. A word is in a name if it is in the path, or in the owner's name, or
	// if its slash is the one between them; so no name has to be put together. Of two
	// packages with one path, that of the older owner comes first.
	qSearchPackages = `SELECT ` + packageColumns + `, ` + listedColumns + `
		FROM (SELECT k.id AS id, CASE WHEN k.path LIKE $3 ESCAPE '\' OR k.path LIKE $8 ESCAPE '\' AND k.owner_id = (SELECT y.id FROM owners y WHERE y.folded = $7) THEN 0
				WHEN k.path LIKE $9 ESCAPE '\' THEN 1 ELSE 2 END AS rank
			FROM packages k
			WHERE k.id > COALESCE((SELECT x.id FROM packages x ORDER BY x.id DESC LIMIT 1 OFFSET 50000), 0) AND k.published_at IS NOT NULL AND k.deleted_at IS NULL
				AND (k.path LIKE $9 ESCAPE '\' OR lower(k.description) LIKE $9 ESCAPE '\' OR k.path LIKE $11 ESCAPE '\' AND k.owner_id IN (SELECT y.id FROM owners y WHERE y.folded LIKE $10 ESCAPE '\'))
				AND ($12 = '%' OR k.path LIKE $12 ESCAPE '\' OR lower(k.description) LIKE $12 ESCAPE '\' OR k.path LIKE $14 ESCAPE '\' AND k.owner_id IN (SELECT y.id FROM owners y WHERE y.folded LIKE $13 ESCAPE '\'))
				AND ($15 = '%' OR k.path LIKE $15 ESCAPE '\' OR lower(k.description) LIKE $15 ESCAPE '\' OR k.path LIKE $17 ESCAPE '\' AND k.owner_id IN (SELECT y.id FROM owners y WHERE y.folded LIKE $16 ESCAPE '\'))
				AND ($18 = '%' OR k.path LIKE $18 ESCAPE '\' OR lower(k.description) LIKE $18 ESCAPE '\' OR k.path LIKE $20 ESCAPE '\' AND k.owner_id IN (SELECT y.id FROM owners y WHERE y.folded LIKE $19 ESCAPE '\'))
				AND ($21 = '%' OR k.path LIKE $21 ESCAPE '\' OR lower(k.description) LIKE $21 ESCAPE '\' OR k.path LIKE $23 ESCAPE '\' AND k.owner_id IN (SELECT y.id FROM owners y WHERE y.folded LIKE $22 ESCAPE '\'))
				AND ` + allowedWhere + `
			ORDER BY rank, k.path, k.owner_id LIMIT $4 OFFSET $5) z
		CROSS JOIN packages p` + packageFrom + `WHERE p.id = z.id ORDER BY z.rank, p.path, p.owner_id`
)

// FilterPackages returns packages of an owner that a reader may pull. It looks through the
// first fifty thousand of them by path.
func (tx *Tx) FilterPackages(ctx context.Context, f PackageFilter) ([]ListedPackage, error) {
	text, args := f.query()
	return tx.listedPackages(ctx, text, args)
}

// SearchPackages returns packages of all owners that a reader may pull. It looks through
// at most fifty thousand of them.
func (tx *Tx) SearchPackages(ctx context.Context, q PackageSearch) ([]ListedPackage, error) {
	text, args := q.query()
	return tx.listedPackages(ctx, text, args)
}

func (tx *Tx) listedPackages(ctx context.Context, text string, args []any) ([]ListedPackage, error) {
	var list []ListedPackage
	err := tx.list(ctx, func(rows *sql.Rows) error {
		p, err := scanListed(rows.Scan)
		list = append(list, p)
		return err
	}, text, args...)
	return list, err
}

func (f PackageFilter) query() (text string, args []any) {
	args = []any{f.All, f.User, f.Owner, f.Limit, f.Skip, f.Token, string(f.Visibility), f.Like, f.Kind, max(f.After, firstPath)}
	switch f.Sort {
	case "updated":
		return qFilterByUpdate, args
	case "downloads":
		return qFilterByDownloads, args
	}
	return qFilterPackages, args
}

func (q PackageSearch) query() (text string, args []any) {
	owner, path, slash := strings.Cut(q.Text, "/") // then the name may begin with it, too
	if !slash {
		owner = ""
	}
	args = []any{q.All, q.User, Like(q.Text) + "%", q.Limit, q.Skip, q.Token, owner, Like(path) + "%"}
	for i := range MaxWords {
		if i >= len(q.Words) {
			args = append(args, "%", "%", "%")
			continue
		}
		word := q.Words[i]
		end, start, slash := strings.Cut(word, "/")
		args = append(args, "%"+Like(word)+"%")
		if slash {
			args = append(args, "%"+Like(end), Like(start)+"%")
		} else {
			args = append(args, "%"+Like(word)+"%", "%")
		}
	}
	return qSearchPackages, args
}

// Like writes text for LIKE with an escape of \, so that it stands for itself.
func Like(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}
