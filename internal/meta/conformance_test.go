package meta_test

import (
	"testing"

	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	metatest.Run(t, func(t *testing.T) *meta.DB { return metatest.Open(t, metatest.SQLite(t)) })
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	metatest.Run(t, func(t *testing.T) *meta.DB { return metatest.Open(t, metatest.Postgres(t)) })
}
