package ociapi

import (
	"testing"

	"github.com/berth-registry/berth"
)

// Every named error has a row, and every code is one of the distribution-spec's,
// but for failures of our own.
func TestEveryErrorHasARow(t *testing.T) {
	t.Parallel()
	codes := map[string]bool{
		"BLOB_UNKNOWN": true, "BLOB_UPLOAD_INVALID": true, "BLOB_UPLOAD_UNKNOWN": true, "DIGEST_INVALID": true,
		"MANIFEST_BLOB_UNKNOWN": true, "MANIFEST_INVALID": true, "MANIFEST_UNKNOWN": true, "NAME_INVALID": true,
		"NAME_UNKNOWN": true, "SIZE_INVALID": true, "UNAUTHORIZED": true, "DENIED": true, "UNSUPPORTED": true,
		"TOOMANYREQUESTS": true,
	}
	rows := wireErrors()
	for _, e := range berth.Errors() {
		row, ok := rows[e.ID]
		if !ok {
			t.Errorf("%s has no row", e.ID)
			continue
		}
		if row.status < 500 && !codes[row.code] {
			t.Errorf("%s: code %s is not in the distribution-spec", e.ID, row.code)
		}
		if row.status < 400 {
			t.Errorf("%s: status %d is no error", e.ID, row.status)
		}
	}
}
