package meta

import (
	"context"
	"database/sql"
	"errors"
)

const (
	qGetReadmePage = `SELECT made_of, html FROM readme_pages WHERE repository_id = $1`
	qPutReadmePage = `INSERT INTO readme_pages (repository_id, made_of, html) SELECT id, $2, $3 FROM repositories WHERE id = $1
		ON CONFLICT (repository_id) DO UPDATE SET made_of = excluded.made_of, html = excluded.html`
)

// GetReadmePage returns the README of a repository as HTML and what that was made of, ""
// when none is kept.
func (tx *Tx) GetReadmePage(ctx context.Context, repository int64) (madeOf, html string, err error) {
	err = tx.row(ctx, qGetReadmePage, repository).Scan(&madeOf, &html)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return madeOf, html, err
}

// PutReadmePage keeps the README of a repository as HTML, instead of what was kept. For a
// repository that is gone it does nothing.
func (tx *Tx) PutReadmePage(ctx context.Context, repository int64, madeOf, html string) error {
	_, err := tx.exec(ctx, nil, qPutReadmePage, repository, madeOf, html)
	return err
}
