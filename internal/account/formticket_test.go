package account_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

func TestSealedFields(t *testing.T) {
	t.Parallel()
	a := berthtest.New(t).Account
	v, other := berth.Viewer{UserID: 1, SessionID: 7}, berth.Viewer{UserID: 1, SessionID: 8}
	fields := map[string][]string{"password": {"hush, you", ""}}
	ticket, err := a.SealFields(v, "/form", fields)
	if err != nil || strings.Contains(ticket, "hush") {
		t.Fatal(ticket, err)
	}
	if got, err := a.OpenFields(v, "/form", ticket); err != nil || !cmp.Equal(fields, got) {
		t.Errorf("%v, %v", got, err)
	}
	_, err = a.OpenFields(other, "/form", ticket)
	refused(t, "another session", err, berth.ErrRequestInvalid)
	_, err = a.OpenFields(v, "/another", ticket)
	refused(t, "another form", err, berth.ErrRequestInvalid)
	_, err = a.OpenFields(v, "/form", ticket[1:])
	refused(t, "a damaged ticket", err, berth.ErrRequestInvalid)
}
