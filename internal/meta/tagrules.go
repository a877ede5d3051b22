package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

// RulePlace is where a rule hangs: at an owner, for all his packages, or at one
// package. One of the two is not 0.
type RulePlace struct{ OwnerID, PackageID int64 }

// TagRule protects the tags that a pattern names.
type TagRule struct {
	ID        int64
	Place     RulePlace
	Pattern   berth.TagPattern
	CreatedAt time.Time
	Held      bool // the user who was asked for may move what it protects
}

const (
	qAddTagRule       = `INSERT INTO tag_rules (owner_id, package_id, pattern, created_at) VALUES ($1, $2, $3, $4) RETURNING id`
	qAddTagRuleHolder = `INSERT INTO tag_rule_holders (rule_id, user_id, team_id, repository_id) VALUES ($1, $2, $3, $4)`
	qDropTagRule      = `DELETE FROM tag_rules WHERE id = $1 AND (owner_id = $2 OR package_id = $3)`
	qListTagRules     = `SELECT id, COALESCE(owner_id, 0), COALESCE(package_id, 0), pattern, created_at, FALSE FROM tag_rules
		WHERE id IN (SELECT o.id FROM tag_rules o WHERE o.owner_id = $1 UNION ALL SELECT p.id FROM tag_rules p WHERE p.package_id = $2) ORDER BY id`
	// A rule is held by a user, the members of a team, and the service accounts that are
	// the CI of a repository.
	qListRulesOn = `SELECT r.id, COALESCE(r.owner_id, 0), COALESCE(r.package_id, 0), r.pattern, r.created_at,
			EXISTS (SELECT 1 FROM tag_rule_holders h LEFT JOIN team_members t ON t.team_id = h.team_id AND t.user_id = $2
				WHERE h.rule_id = r.id AND (h.user_id = $2 OR t.user_id IS NOT NULL
					OR h.repository_id = (SELECT u.repository_id FROM users u WHERE u.owner_id = $2)))
		FROM tag_rules r WHERE r.id IN (SELECT k.id FROM tag_rules k WHERE k.package_id = $1
			UNION ALL SELECT o.id FROM packages p JOIN tag_rules o ON o.owner_id = p.owner_id WHERE p.id = $1) ORDER BY r.id`
	qListTagRuleHolders = `SELECT h.id, CASE WHEN h.user_id IS NOT NULL THEN 'user' WHEN h.team_id IS NOT NULL THEN 'team' ELSE 'repository' END,
			COALESCE(o.name, t.name, f.folded || '/' || s.name), 0
		FROM tag_rule_holders h
		LEFT JOIN owners o ON o.id = h.user_id
		LEFT JOIN teams t ON t.id = h.team_id
		LEFT JOIN repositories s ON s.id = h.repository_id
		LEFT JOIN owners f ON f.id = s.owner_id
		WHERE h.rule_id = $1 ORDER BY h.id`
	qDropRuleHoldersOf = `DELETE FROM tag_rule_holders WHERE rule_id IN (SELECT r.id FROM tag_rules r WHERE r.package_id = $1)
		AND (team_id IN (SELECT t.id FROM teams t WHERE t.org_id = $2) OR repository_id IN (SELECT s.id FROM repositories s WHERE s.owner_id = $2))`
	// Tags that only attach something to a manifest are no ordinary ones.
	qListTagsLike = `SELECT folded, name FROM tags WHERE package_id = $1 AND folded > $3 AND folded LIKE $2 ESCAPE '\' ORDER BY folded LIMIT $4`
	// Here case does not count, so that it may find too much.
	qFindProtected = `SELECT o.folded, p.path, t.name, r.pattern FROM packages p JOIN owners o ON o.id = p.owner_id
		JOIN tag_rules r ON r.package_id = p.id OR r.owner_id = p.owner_id
		JOIN tags t ON t.package_id = p.id AND t.subject IS NULL
			AND lower(t.name) LIKE lower(replace(replace(replace(r.pattern, '_', '\_'), '*', '%'), '?', '_')) ESCAPE '\'
		WHERE (p.owner_id = $1 OR p.owner_id IN (SELECT u.owner_id FROM users u WHERE u.org_id = $1)) AND p.deleted_at IS NULL
		ORDER BY o.folded, p.path, t.folded, r.id LIMIT 1`
)

func nullID(id int64) sql.NullInt64 { return sql.NullInt64{Int64: id, Valid: id != 0} }

// AddTagRule makes a rule and returns its id.
// Errors: berth.ErrUnavailable when its place is being deleted.
func (tx *Tx) AddTagRule(ctx context.Context, r TagRule) (int64, error) {
	var id int64
	err := tx.row(ctx, qAddTagRule, nullID(r.Place.OwnerID), nullID(r.Place.PackageID), string(r.Pattern), micros(r.CreatedAt)).Scan(&id)
	return id, dangling(err, nil)
}

// AddTagRuleHolder lets somebody move what a rule protects.
// Errors: berth.ErrUnavailable when he is being deleted.
func (tx *Tx) AddTagRuleHolder(ctx context.Context, rule int64, h Holder) error {
	_, err := tx.exec(ctx, nil, qAddTagRuleHolder, rule, nullID(h.User), nullID(h.Team), nullID(h.Repository))
	return err
}

// DropTagRule removes a rule that hangs at a place. Errors: berth.ErrRuleUnknown.
func (tx *Tx) DropTagRule(ctx context.Context, at RulePlace, id int64) error {
	n, err := tx.exec(ctx, nil, qDropTagRule, id, at.OwnerID, at.PackageID)
	if err == nil && n == 0 {
		return berth.ErrRuleUnknown
	}
	return err
}

// ListTagRules returns the rules that hang at an owner, at a package, or at both.
func (tx *Tx) ListTagRules(ctx context.Context, at RulePlace) ([]TagRule, error) {
	return tx.tagRules(ctx, qListTagRules, at.OwnerID, at.PackageID)
}

// ListRulesOn returns all rules on the tags of a package, its owner's too, and whether
// a user (0 is nobody) may move what they protect.
func (tx *Tx) ListRulesOn(ctx context.Context, pkg, user int64) ([]TagRule, error) {
	return tx.tagRules(ctx, qListRulesOn, pkg, user)
}

func (tx *Tx) tagRules(ctx context.Context, query string, args ...any) ([]TagRule, error) {
	var list []TagRule
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var r TagRule
		var created int64
		err := rows.Scan(&r.ID, &r.Place.OwnerID, &r.Place.PackageID, &r.Pattern, &created, &r.Held)
		r.CreatedAt = fromMicros(created)
		list = append(list, r)
		return err
	}, query, args...)
	return list, err
}

// ListTagRuleHolders returns who may move what a rule protects. They have no role by
// that.
func (tx *Tx) ListTagRuleHolders(ctx context.Context, rule int64) ([]RoleRow, error) {
	var list []RoleRow
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var r RoleRow
		err := rows.Scan(&r.ID, &r.Kind, &r.Name, &r.Role)
		list = append(list, r)
		return err
	}, qListTagRuleHolders, rule)
	return list, err
}

// ListTagsLike returns up to limit tags of a package after the given folded one, in
// order, that a pattern of LIKE with the escape \ names. Where case counts it may find
// too much.
func (tx *Tx) ListTagsLike(ctx context.Context, pkg int64, like, after string, limit int) ([]TagRow, error) {
	var list []TagRow
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var t TagRow
		err := rows.Scan(&t.Folded, &t.Name)
		list = append(list, t)
		return err
	}, qListTagsLike, pkg, like, after, limit)
	return list, err
}

// Protected is a tag that a rule protects.
type Protected struct {
	Package berth.Name
	Tag     berth.Tag
	Pattern berth.TagPattern
}

// FindProtected returns a tag in the packages of an owner and his service accounts that
// a rule protects, whoever holds it. found is false when there is none.
func (tx *Tx) FindProtected(ctx context.Context, owner int64) (p Protected, found bool, err error) {
	err = orZero(tx.row(ctx, qFindProtected, owner).Scan(&p.Package.Owner, &p.Package.Path, &p.Tag, &p.Pattern))
	return p, p.Tag != "", err
}
