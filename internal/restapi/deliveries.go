package restapi

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
)

// deliveryDoc is an entry in the log of a webhook as GitHub prints it. What is not
// finished says when it is tried again.
type deliveryDoc struct {
	ID            int64   `json:"id"`
	GUID          string  `json:"guid"`
	DeliveredAt   *string `json:"delivered_at"`
	Redelivery    bool    `json:"redelivery"`
	Duration      float64 `json:"duration"` // seconds
	Status        string  `json:"status"`
	StatusCode    int     `json:"status_code"`
	Event         string  `json:"event"`
	Action        *string `json:"action"`
	Attempts      int     `json:"attempts"`
	NextAttemptAt *string `json:"next_attempt_at"`
	CreatedAt     *string `json:"created_at"`
}

// fullDelivery has what was sent and answered.
type fullDelivery struct {
	deliveryDoc

	URL      string   `json:"url"`
	Request  exchange `json:"request"`
	Response exchange `json:"response"`
}

type exchange struct {
	Headers json.RawMessage `json:"headers"`
	Payload json.RawMessage `json:"payload"`
}

func deliveryJSON(d berth.HookDelivery) deliveryDoc {
	doc := deliveryDoc{
		ID: d.ID, GUID: d.GUID, DeliveredAt: stamp(d.At), Redelivery: d.Redelivery, Duration: d.Duration.Seconds(), Status: "OK", StatusCode: d.StatusCode,
		Event: d.Event, Attempts: d.Attempts, NextAttemptAt: stamp(d.NotBefore), CreatedAt: stamp(d.CreatedAt),
	}
	switch {
	case d.Error != "":
		doc.Status = d.Error
	case d.At.IsZero():
		doc.Status = "pending"
	}
	if d.Action != "" {
		doc.Action = &d.Action
	}
	return doc
}

func (a *API) listDeliveries(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	p, err := a.readPage(r)
	if err != nil {
		return err
	}
	if p.after == "" { // which GitHub calls so here
		p.after = p.query.Get("cursor")
	}
	if p.after != "" {
		p.skip = 0
	}
	p.query.Del("cursor")
	before, err := p.number()
	if err != nil {
		return err
	}
	list, err := a.account.ListDeliveries(r.Context(), v, hookPlace(r), id(r, "hook_id"), before, p.limit())
	if err != nil {
		return err
	}
	return writeList(w, p, list, func(d berth.HookDelivery) string { return strconv.FormatInt(d.ID, 10) }, deliveryJSON)
}

func (a *API) getDelivery(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	d, h, err := a.account.GetDelivery(r.Context(), v, hookPlace(r), id(r, "hook_id"), id(r, "delivery_id"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, fullDoc(d, h))
}

func fullDoc(d berth.HookDelivery, h account.Hook) fullDelivery {
	doc := fullDelivery{deliveryDoc: deliveryJSON(d), URL: h.URL}
	doc.Request = exchange{headers(d.RequestHeaders), d.Payload}
	doc.Response.Headers = headers(d.ResponseHeaders)
	if d.StatusCode != 0 { // whatever it looks like, it is text, as GitHub has it
		doc.Response.Payload = textOf(d.ResponseBody)
	}
	return doc
}

// headers are stored as they are printed. There are none before the first try.
func headers(s string) json.RawMessage {
	if s == "" {
		return json.RawMessage("{}")
	}
	return json.RawMessage(s)
}

// textOf prints a body as a string.
func textOf(b []byte) json.RawMessage {
	s, err := json.Marshal(string(b)) // what is no UTF-8 is replaced
	if err != nil {
		return nil // a string always marshals
	}
	return s
}

// redeliver answers as GitHub does, before anything is sent.
func (a *API) redeliver(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	err := a.account.Redeliver(r.Context(), v, hookPlace(r), id(r, "hook_id"), id(r, "delivery_id"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusAccepted, noFields{})
}
