package berth

import "time"

// PackageEvent is something that happened to a package, which webhooks tell.
type PackageEvent struct {
	ID        int64
	At        time.Time
	Action    string // published, updated, deleted, restored
	OwnerID   int64
	PackageID int64
	Name      Name
	VersionID int64  // 0 when it is about the whole package
	Digest    Digest // "" for none
	Tag       string // "" for none
	UserID    int64  // who did it, 0 for nobody
	User      string // "" for nobody
}

// What happens to packages.
const (
	PackagePublished = "published" // a tag, or a version without one, is new
	PackageUpdated   = "updated"   // a tag has moved
	PackageDeleted   = "deleted"
	PackageRestored  = "restored"
)
