package berth

import "time"

// Event is one entry of the audit log: somebody changed something. Names are what
// they were then; ids outlive them.
type Event struct {
	ID      int64     `json:"id"`
	At      time.Time `json:"created_at"`
	ActorID int64     `json:"actor_id"` // -1 is the operator, 0 nobody signed in
	Actor   string    `json:"actor"`
	TokenID int64     `json:"token_id,omitempty"` // access token used, 0 for none
	Address string    `json:"actor_ip,omitempty"`
	OwnerID int64     `json:"owner_id,omitempty"` // whose log it belongs to, 0 for the instance's
	Owner   string    `json:"owner,omitempty"`
	Action  string    `json:"action"`           // such as "package.visibility"
	Target  string    `json:"target"`           // such as "acme/web"
	Detail  string    `json:"detail,omitempty"` // such as "private -> public"
}
