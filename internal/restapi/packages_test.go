package restapi_test

import (
	"encoding/json"
	"testing"

	"github.com/berth-registry/berth/internal/berthtest"
)

// A list says as much of the owner as a package does.
func TestPackageOwner(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.As("ada").PushImage("acme/app", "v1", "1")
	var list []struct {
		Owner struct {
			ID int64 `json:"id"`
		} `json:"owner"`
	}
	r := send(s.As("ada"), "GET", "/orgs/acme/packages", "").Want(200)
	if err := json.Unmarshal(r.Body, &list); err != nil || len(list) != 1 || list[0].Owner.ID != s.OwnerID("acme") {
		t.Errorf("%v: %s", err, r.Body)
	}
}
