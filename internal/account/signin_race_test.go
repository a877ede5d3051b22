package account_test

import (
	"database/sql" //nolint:depguard // a transaction is held open behind the server's back
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

// A sign-in beside a change of the password waits for it and then fails, so that
// its session does not outlive the change. SQLite has one writer at a time anyhow.
func TestSignInBesidePasswordChange(t *testing.T) {
	t.Parallel()
	address := metatest.Postgres(t)
	s := berthtest.New(t, berthtest.Options{Address: address})
	s.Account.FastHashes()
	ctx := t.Context()
	must(t, s.Account.SetPassword(ctx, berth.Operator(), "ada", secret))
	db, err := sql.Open("pgx", address)
	must(t, err)
	defer db.Close()
	signedIn := make(chan error, 1)
	err = s.Meta.Update(ctx, func(tx *meta.Tx) error {
		if err := tx.PutPassword(ctx, 1, "another"); err != nil {
			return err
		}
		go func() {
			_, err := s.Account.SignIn(ctx, "ada", secret, "", here, "")
			signedIn <- err
		}()
		for waits := 0; waits == 0 && len(signedIn) == 0; {
			err := db.QueryRowContext(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waits)
			if err != nil {
				return err
			}
		}
		return tx.DropSessions(ctx, 1, 0)
	})
	must(t, err)
	refused(t, "with the old password", <-signedIn, berth.ErrUnavailable)
}
