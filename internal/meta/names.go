package meta

import (
	"context"
	"time"
)

const qNameHeld = `SELECT EXISTS (SELECT 1 FROM held_names WHERE folded = $1 AND until > $2)`

// NameHeld reports whether a folded name belonged to an owner who was deleted not
// long ago, so that nobody may choose it for himself yet.
func (tx *Tx) NameHeld(ctx context.Context, folded string, now time.Time) (bool, error) {
	var held bool
	err := tx.row(ctx, qNameHeld, folded, micros(now)).Scan(&held)
	return held, err
}
