package meta

import (
	"context"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/berth-registry/berth/internal/meta/migrations"
)

func (db *DB) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations.Files, db.dialect.name)
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if !db.dialect.sqlite() {
		// The default polls every 5 s, which makes replicas start slowly.
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(db.dialect.goose, db.write, files, options...)
	if err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		_, err = provider.Up(ctx)
		// SQLite has no lock for this: who comes second finds the tables made, and
		// finds nothing to do when he looks again.
		if err == nil || !db.dialect.sqlite() || attempt == maxAttempts || ctx.Err() != nil {
			return err
		}
	}
}
