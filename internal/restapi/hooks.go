package restapi

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
)

// hookRoutes are there for organizations and repositories, as GitHub has them, and
// for users, who own packages too.
func (a *API) hookRoutes() []route {
	var list []route
	for _, at := range []string{"/orgs/{org}/hooks", "/repos/{owner}/{repo}/hooks", "/user/hooks"} {
		one := at + "/{hook_id}"
		list = append(list,
			route{"GET", at, a.listHooks},
			route{"POST", at, a.postHook},
			route{"GET", one, a.getHook},
			route{"PATCH", one, a.patchHook},
			route{"DELETE", one, a.deleteHook},
			route{"POST", one + "/pings", a.pingHook},
			route{"GET", one + "/deliveries", a.listDeliveries},
			route{"GET", one + "/deliveries/{delivery_id}", a.getDelivery},
			route{"POST", one + "/deliveries/{delivery_id}/attempts", a.redeliver},
		)
	}
	return list
}

// hookPlace reads from the path where webhooks hang.
func hookPlace(r *http.Request) account.HookPlace {
	return account.HookPlace{Org: r.PathValue("org"), Owner: r.PathValue("owner"), Repository: r.PathValue("repo")}
}

// hookDoc is a webhook as GitHub prints it. Its secret is never told.
type hookDoc struct {
	Type          string       `json:"type"`
	ID            int64        `json:"id"`
	Name          string       `json:"name"`
	Active        bool         `json:"active"`
	Events        []string     `json:"events"`
	Config        hookConfig   `json:"config"`
	CreatedAt     *string      `json:"created_at"`
	UpdatedAt     *string      `json:"updated_at"`
	URL           string       `json:"url"`
	PingURL       string       `json:"ping_url"`
	DeliveriesURL string       `json:"deliveries_url"`
	LastResponse  lastResponse `json:"last_response"`
}

type hookConfig struct {
	URL         string `json:"url"`
	ContentType string `json:"content_type"`
	InsecureSSL string `json:"insecure_ssl"`
	Secret      string `json:"secret,omitempty"`
}

type lastResponse struct {
	Code    *int    `json:"code"`
	Status  string  `json:"status"`
	Message *string `json:"message"`
}

// hiddenSecret stands for a secret. Sent back, it changes nothing.
const hiddenSecret = "********"

// hookName is what GitHub calls all webhooks.
const hookName = "web"

func (a *API) hookDoc(r *http.Request, h account.Hook) hookDoc {
	p := hookPlace(r)
	base, kind := "/user/hooks", typeUser
	switch {
	case p.Org != "":
		base, kind = "/orgs/"+p.Org+"/hooks", typeOrganization
	case p.Repository != "":
		base, kind = "/repos/"+p.Owner+"/"+p.Repository+"/hooks", "Repository"
	}
	at := fmt.Sprintf("%s%s%s/%d", a.origins.Of(r), prefix, base, h.ID)
	doc := hookDoc{
		Type: kind, ID: h.ID, Name: hookName, Active: h.Active, Events: h.Events, CreatedAt: stamp(h.CreatedAt), UpdatedAt: stamp(h.UpdatedAt),
		URL: at, PingURL: at + "/pings", DeliveriesURL: at + "/deliveries", LastResponse: lastResponse{Status: "unused"},
		Config: hookConfig{URL: h.URL, ContentType: h.ContentType, InsecureSSL: "0"},
	}
	if h.InsecureSSL {
		doc.Config.InsecureSSL = "1"
	}
	if h.HasSecret {
		doc.Config.Secret = hiddenSecret
	}
	if h.Tried {
		doc.LastResponse.Status = "active"
		if h.LastCode != 0 {
			doc.LastResponse.Code = &h.LastCode
		}
		if h.LastError != "" {
			doc.LastResponse.Status, doc.LastResponse.Message = "failed", &h.LastError
		}
	}
	return doc
}

// hookBody is what is to become of a webhook.
type hookBody struct {
	Name         *string      `json:"name,omitempty"`
	Active       *bool        `json:"active,omitempty"`
	Events       []string     `json:"events,omitempty"`
	AddEvents    []string     `json:"add_events,omitempty"`
	RemoveEvents []string     `json:"remove_events,omitempty"`
	Config       configObject `json:"config,omitzero"`
}

// configObject is the part of a webhook that GitHub keeps in an object of its own.
type configObject struct {
	URL         *string  `json:"url,omitempty"`
	ContentType *string  `json:"content_type,omitempty"`
	Secret      *string  `json:"secret,omitempty"`
	InsecureSSL zeroOrNo `json:"insecure_ssl,omitzero"`
}

// UnmarshalJSON is as strict as for the body around it.
func (c *configObject) UnmarshalJSON(raw []byte) error {
	type fields configObject
	return decode(raw, (*fields)(c))
}

// zeroOrNo is whether certificates go unchecked: "0", 0, "1" or 1.
type zeroOrNo struct{ value *bool }

// UnmarshalJSON reads a string or a number.
func (z *zeroOrNo) UnmarshalJSON(raw []byte) error {
	var yes bool
	switch string(raw) {
	case "null":
		return nil
	case `"0"`, "0":
	case `"1"`, "1":
		yes = true
	default:
		return errors.New(`insecure_ssl is neither "0" nor "1"`)
	}
	z.value = &yes
	return nil
}

// readHook reads what is to become of a webhook.
// Errors: berth.ErrRequestInvalid, berth.ErrRequestTooLarge.
func readHook(w *httpkit.Writer, r *http.Request) (account.HookChange, error) {
	var body hookBody
	if err := readJSON(w, r, &body); err != nil {
		return account.HookChange{}, err
	}
	if body.Name != nil && *body.Name != hookName {
		return account.HookChange{}, berth.ErrRequestInvalid.With("name is %.40q, expected web, or leave it out", *body.Name)
	}
	c := account.HookChange{
		URL: body.Config.URL, ContentType: body.Config.ContentType, Secret: body.Config.Secret, InsecureSSL: body.Config.InsecureSSL.value,
		Events: body.Events, AddEvents: body.AddEvents, RemoveEvents: body.RemoveEvents, Active: body.Active,
	}
	if c.Secret != nil && *c.Secret == hiddenSecret {
		c.Secret = nil
	}
	return c, nil
}

func (a *API) listHooks(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	p, after, err := a.readPageByID(r)
	if err != nil {
		return err
	}
	list, err := a.account.ListHooks(r.Context(), v, hookPlace(r), after, p.limit())
	if err != nil {
		return err
	}
	docs := make([]hookDoc, len(list))
	for i, h := range list {
		docs[i] = a.hookDoc(r, h)
	}
	return writePage(w, p, docs, func(d hookDoc) string { return strconv.FormatInt(d.ID, 10) })
}

func (a *API) postHook(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	if err := known(v); err != nil {
		return err
	}
	c, err := readHook(w, r)
	if err != nil {
		return err
	}
	h, err := a.account.CreateHook(r.Context(), v, hookPlace(r), c)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, a.hookDoc(r, h))
}

func (a *API) getHook(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	h, err := a.account.GetHook(r.Context(), v, hookPlace(r), id(r, "hook_id"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, a.hookDoc(r, h))
}

func (a *API) patchHook(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	if err := known(v); err != nil {
		return err
	}
	c, err := readHook(w, r)
	if err != nil {
		return err
	}
	h, err := a.account.UpdateHook(r.Context(), v, hookPlace(r), id(r, "hook_id"), c)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, a.hookDoc(r, h))
}

func (a *API) deleteHook(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return done(w, a.account.DeleteHook(r.Context(), v, hookPlace(r), id(r, "hook_id")))
}

func (a *API) pingHook(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return done(w, a.account.PingHook(r.Context(), v, hookPlace(r), id(r, "hook_id")))
}
