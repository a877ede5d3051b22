package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// How GitHub calls owners.
const (
	typeUser           = "User"
	typeOrganization   = "Organization"
	typeServiceAccount = "ServiceAccount"
)

// readSender returns who did it, nil for nobody. He may be gone by now.
func readSender(ctx context.Context, tx *meta.Tx, id int64, login string) (*account, error) {
	if id == 0 {
		return nil, nil //nolint:nilnil // nobody
	}
	out := &account{Login: login, ID: id, Type: typeUser}
	u, err := tx.GetAccount(ctx, id)
	if errors.Is(err, berth.ErrOwnerUnknown) {
		return out, nil
	}
	if u.Org != "" {
		out.Type = typeServiceAccount
	}
	return out, err
}

func ownerOf(o meta.Owner, origin string) account {
	out := account{Login: o.Name, ID: o.ID, Type: typeUser, HTMLURL: origin + "/" + o.Name}
	if o.Kind == meta.KindOrg {
		out.Type = typeOrganization
	}
	return out
}

func organizationOf(o meta.Owner, origin string) *organization {
	return &organization{Login: o.Name, ID: o.ID, URL: origin + "/api/v3/orgs/" + o.Name}
}

// readRepository returns a repository, nil for none. A package is linked to one of its
// own owner only: who administers that owner may see it.
func readRepository(ctx context.Context, tx *meta.Tx, id int64, origin string) (*repositoryDoc, error) {
	if id == 0 {
		return nil, nil //nolint:nilnil // none
	}
	r, err := tx.GetRepository(ctx, id)
	if err != nil {
		return nil, err
	}
	if ok, err := tx.AllowsPublic(ctx, r.OwnerFolded); err != nil {
		return nil, err
	} else if !ok && r.Visibility == berth.VisibilityPublic {
		r.Visibility = berth.VisibilityPrivate // as everywhere else
	}
	full := r.Owner + "/" + r.Name
	kind := map[string]string{"org": typeOrganization, "service": typeServiceAccount}[r.OwnerKind]
	if kind == "" {
		kind = typeUser
	}
	return &repositoryDoc{
		ID: r.ID, Name: r.Name, FullName: full, Owner: account{Login: r.Owner, ID: r.OwnerID, Type: kind, HTMLURL: origin + "/" + r.Owner},
		Private: r.Visibility != berth.VisibilityPublic, Visibility: r.Visibility, Description: r.Description, Homepage: r.WebURL,
		HTMLURL: origin + "/" + r.Owner + "/-/repositories/" + r.Name, CreatedAt: stamp(r.CreatedAt),
	}, nil
}

// ping is what a new webhook is sent.
type ping struct {
	Zen          string         `json:"zen"`
	HookID       int64          `json:"hook_id"`
	Hook         hookDoc        `json:"hook"`
	Repository   *repositoryDoc `json:"repository,omitempty"`
	Organization *organization  `json:"organization,omitempty"`
	Sender       *account       `json:"sender"`
}

// hookDoc is a webhook as GitHub prints it.
type hookDoc struct {
	Type          string            `json:"type"`
	ID            int64             `json:"id"`
	Name          string            `json:"name"`
	Active        bool              `json:"active"`
	Events        []string          `json:"events"`
	Config        map[string]string `json:"config"`
	CreatedAt     *string           `json:"created_at"`
	UpdatedAt     *string           `json:"updated_at"`
	URL           string            `json:"url"`
	PingURL       string            `json:"ping_url"`
	DeliveriesURL string            `json:"deliveries_url"`
}

// readPing puts together what a ping says.
func readPing(ctx context.Context, tx *meta.Tx, h meta.Hook, d berth.HookDelivery, origin string) ([]byte, error) {
	owner, err := tx.OwnerByID(ctx, h.OwnerID)
	if err != nil {
		return nil, err
	}
	out := ping{Zen: "What you push is what they pull.", HookID: h.ID}
	if out.Sender, err = readSender(ctx, tx, d.UserID, d.User); err != nil {
		return nil, err
	}
	if out.Repository, err = readRepository(ctx, tx, h.RepositoryID, origin); err != nil {
		return nil, err
	}
	place, kind := "user", typeUser
	if owner.Kind == meta.KindOrg {
		out.Organization = organizationOf(owner, origin)
		place, kind = "orgs/"+owner.Name, typeOrganization
	}
	if out.Repository != nil {
		place, kind = "repos/"+out.Repository.FullName, "Repository"
	}
	url := fmt.Sprintf("%s/api/v3/%s/hooks/%d", origin, place, h.ID)
	config := map[string]string{"url": h.URL, "content_type": h.ContentType, "insecure_ssl": "0"}
	if h.InsecureSSL {
		config["insecure_ssl"] = "1"
	}
	if h.Secret != nil {
		config["secret"] = "********"
	}
	out.Hook = hookDoc{
		Type: kind, ID: h.ID, Name: "web", Active: h.Active, Events: h.Events, Config: config,
		CreatedAt: stamp(h.CreatedAt), UpdatedAt: stamp(h.UpdatedAt), URL: url, PingURL: url + "/pings", DeliveriesURL: url + "/deliveries",
	}
	return json.Marshal(out)
}
