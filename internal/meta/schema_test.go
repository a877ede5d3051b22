package meta_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

// TestSchemasAreTheSame compares what the two directories of migrations make.
func TestSchemasAreTheSame(t *testing.T) {
	t.Parallel()
	postgres := schema(t, metatest.Open(t, metatest.Postgres(t)), postgresSchema())
	sqlite := schema(t, metatest.Open(t, metatest.SQLite(t)), sqliteSchema())
	if len(postgres) < 150 {
		t.Errorf("found %d things only:\n%s", len(postgres), strings.Join(postgres, "\n"))
	}
	if diff := cmp.Diff(postgres, sqlite); diff != "" {
		t.Errorf("schemas (-postgres +sqlite):\n%s", diff)
	}
}

// TestNothingCascadesFromBlobs: the database has to refuse to forget a blob that
// something needs.
func TestNothingCascadesFromBlobs(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		queries := postgresSchema()
		if strings.HasPrefix(address, "sqlite:") {
			queries = sqliteSchema()
		}
		keys := 0
		for _, line := range schema(t, metatest.Open(t, address), queries) {
			if !strings.Contains(line, "> blobs") && !strings.Contains(line, "> package_blobs") {
				continue
			}
			keys++
			if !strings.HasSuffix(line, "on delete no action") {
				t.Error(line)
			}
		}
		if keys != 2 {
			t.Errorf("%d keys point to blobs and package_blobs, want 2", keys)
		}
	})
}

// TestKeysCompareBytes wants the collation C for what is compared or folded, for
// else the order and the lower case depend on how the database was made.
func TestKeysCompareBytes(t *testing.T) {
	t.Parallel()
	db := metatest.Open(t, metatest.Postgres(t))
	rows := query(t, db, `SELECT t.relname || '.' || a.attname FROM pg_attribute a
		JOIN pg_class t ON t.oid = a.attrelid JOIN pg_collation c ON c.oid = a.attcollation
		WHERE t.relnamespace = 'public'::regnamespace AND t.relkind = 'r' AND t.relname <> 'goose_db_version' AND c.collname <> 'C'
			AND (t.relname = 'tags' OR EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = t.oid AND a.attnum = ANY (i.indkey)))`)
	if diff := cmp.Diff([]string(nil), rows); diff != "" {
		t.Errorf("columns without the collation C (-want +got):\n%s", diff)
	}
}

// schema returns one line for each column, key and index, in order.
func schema(t *testing.T, db *meta.DB, queries []string) []string {
	t.Helper()
	var lines []string
	for _, q := range queries {
		lines = append(lines, query(t, db, q)...)
	}
	slices.Sort(lines)
	return lines
}

// query returns the rows of a query for one text column.
func query(t *testing.T, db *meta.DB, text string) []string {
	t.Helper()
	lines, err := queryText(t.Context(), db.Writers(), text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return lines
}

func queryText(ctx context.Context, db *sql.DB, text string) ([]string, error) {
	rows, err := db.QueryContext(ctx, text)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, rows.Err()
}

const sqliteTables = `FROM sqlite_master t WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND t.name <> 'goose_db_version'`

// sqliteSchema describes the schema in the same words as postgresSchema: types by
// class, conditions without parentheses.
func sqliteSchema() []string {
	return []string{
		fmt.Sprintf(`SELECT 'column ' || t.name || '.' || c.name || ' ' ||
			CASE c.type WHEN 'INTEGER' THEN 'integer' WHEN 'BIGINT' THEN 'integer' ELSE lower(c.type) END ||
			CASE WHEN c."notnull" OR c.type = 'INTEGER' AND c.pk THEN ' not null' ELSE ' null' END
		FROM (SELECT t.name %s) t, pragma_table_info(t.name) c`, sqliteTables),
		fmt.Sprintf(`SELECT 'primary ' || t.name || ' (' ||
			(SELECT group_concat(c.name, ',' ORDER BY c.pk) FROM pragma_table_info(t.name) c WHERE c.pk > 0) || ')' %s`, sqliteTables),
		fmt.Sprintf(`SELECT CASE WHEN i."unique" THEN 'unique ' ELSE 'index ' END || t.name || ' (' ||
			(SELECT group_concat(c.name, ',' ORDER BY c.seqno) FROM pragma_index_info(i.name) c) || ')' ||
			CASE WHEN i.partial THEN ' where ' || (SELECT substr(m.sql, instr(m.sql, ' WHERE ') + 7) FROM sqlite_master m WHERE m.name = i.name) ELSE '' END
		FROM (SELECT t.name %s) t, pragma_index_list(t.name) i WHERE i.origin <> 'pk'`, sqliteTables),
		fmt.Sprintf(`SELECT 'foreign ' || t.name || ' (' || group_concat(f."from", ',' ORDER BY f.seq) || ') > ' || f."table" ||
			' (' || group_concat(f."to", ',' ORDER BY f.seq) || ') on delete ' || lower(f.on_delete)
		FROM (SELECT t.name %s) t, pragma_foreign_key_list(t.name) f GROUP BY t.name, f.id`, sqliteTables),
	}
}

const (
	postgresTables = `t.relnamespace = 'public'::regnamespace AND t.relkind = 'r' AND t.relname <> 'goose_db_version'`
	// columnNames lists the names of the columns whose numbers are in an array.
	columnNames = `(SELECT string_agg(a.attname, ',' ORDER BY k.place) FROM unnest(%s::int2[]) WITH ORDINALITY AS k (number, place)
		JOIN pg_attribute a ON a.attrelid = %s AND a.attnum = k.number)`
)

func postgresSchema() []string {
	return []string{
		`SELECT 'column ' || t.relname || '.' || a.attname || ' ' ||
			CASE format_type(a.atttypid, a.atttypmod) WHEN 'bigint' THEN 'integer' ELSE format_type(a.atttypid, a.atttypmod) END ||
			CASE WHEN a.attnotnull THEN ' not null' ELSE ' null' END
		FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid WHERE a.attnum > 0 AND NOT a.attisdropped AND ` + postgresTables,
		`SELECT CASE WHEN i.indisprimary THEN 'primary ' WHEN i.indisunique THEN 'unique ' ELSE 'index ' END || t.relname || ' (' ||
			` + fmt.Sprintf(columnNames, "i.indkey", "t.oid") + ` || ')' ||
			COALESCE(' where ' || translate(pg_get_expr(i.indpred, t.oid), '()', ''), '')
		FROM pg_class t JOIN pg_index i ON i.indrelid = t.oid WHERE ` + postgresTables,
		`SELECT 'foreign ' || t.relname || ' (' || ` + fmt.Sprintf(columnNames, "f.conkey", "t.oid") + ` || ') > ' || f.confrelid::regclass ||
			' (' || ` + fmt.Sprintf(columnNames, "f.confkey", "f.confrelid") + ` || ') on delete ' ||
			CASE f.confdeltype WHEN 'a' THEN 'no action' WHEN 'c' THEN 'cascade' ELSE f.confdeltype::text END
		FROM pg_class t JOIN pg_constraint f ON f.conrelid = t.oid WHERE f.contype = 'f' AND ` + postgresTables,
	}
}
