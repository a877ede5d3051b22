package webui

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// webhooks are those of one owner or repository.
type webhooks struct {
	place account.HookPlace
	top   view.WebhooksTop
}

type webhookHandler func(w *httpkit.Writer, r *http.Request, v berth.Viewer, at webhooks) error

func (u *UI) ofOwner(h webhookHandler) handler {
	return u.of(func(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
		top := ownerTop(o, "settings")
		at := webhooks{place: account.HookPlace{Org: o.Login}, top: view.WebhooksTop{Owner: &top, At: "/" + o.Login + "/-/settings/webhooks", Name: o.Login}}
		switch {
		case o.Self:
			at.place = account.HookPlace{}
		case o.Kind != account.OwnerOrg:
			return berth.ErrDenied.With("the webhooks of a user are his own affair")
		}
		return ifMay(o.Changes, h(w, r, v, at))
	})
}

func (u *UI) ofRepository(h webhookHandler) handler {
	return u.in(func(w *httpkit.Writer, r *http.Request, v berth.Viewer, repo account.Repository) error {
		top := repositoryTop(repo, "webhooks")
		return h(w, r, v, webhooks{
			place: account.HookPlace{Owner: repo.Owner, Repository: repo.Name},
			top:   view.WebhooksTop{Repository: &top, At: repositoryPath(repo, "/webhooks"), Name: repo.FullName()},
		})
	})
}

// getWebhooks shows the webhooks of a place; there are few enough for one page.
func (u *UI) getWebhooks(w *httpkit.Writer, r *http.Request, v berth.Viewer, at webhooks) error {
	return u.showWebhooks(w, r, v, at, sent{}, view.WebhookForm{ContentType: account.HookJSON, Events: []string{berth.HookPackage}, Active: true})
}

func (u *UI) showWebhooks(w *httpkit.Writer, r *http.Request, v berth.Viewer, at webhooks, s sent, form view.WebhookForm) error {
	list, err := u.account.ListHooks(r.Context(), v, at.place, 0, account.MaxHooks)
	if err != nil {
		return err
	}
	p := view.WebhooksPage{Top: at.top, Form: form, Wrong: s.text, Full: len(list) >= account.MaxHooks}
	for _, h := range list {
		p.Rows = append(p.Rows, webhookRow(h))
	}
	return u.show(w, r, v, page{status: s.status, title: "Webhooks of " + at.top.Name, main: view.Webhooks(p)})
}

func webhookRow(h account.Hook) view.WebhookRow {
	return view.WebhookRow{ID: h.ID, URL: h.URL, Events: strings.Join(h.Events, ", "), Active: h.Active, Tried: h.Tried, Code: h.LastCode, Error: h.LastError}
}

// webhookForm reads what a webhook shall be. A secret that is left empty stays as it is.
func webhookForm(r *http.Request) (view.WebhookForm, account.HookChange) {
	f := r.PostForm
	form := view.WebhookForm{
		URL: strings.TrimSpace(f.Get("url")), ContentType: f.Get("content_type"), Events: f["event"],
		Insecure: f.Get("insecure") == "on", Active: f.Get("active") == "on",
	}
	if form.Events == nil {
		form.Events = []string{}
	}
	c := account.HookChange{URL: &form.URL, ContentType: &form.ContentType, InsecureSSL: &form.Insecure, Events: form.Events, Active: &form.Active}
	if secret := f.Get("secret"); secret != "" || f.Get("no_secret") == "on" {
		c.Secret = &secret
	}
	return form, c
}

// postWebhook makes a webhook, which is sent a ping.
func (u *UI) postWebhook(w *httpkit.Writer, r *http.Request, v berth.Viewer, at webhooks) error {
	form, c := webhookForm(r)
	made, err := u.account.CreateHook(r.Context(), v, at.place, c)
	if err != nil {
		return again(err, func(s sent) error { return u.showWebhooks(w, r, v, at, s, form) })
	}
	return u.done(w, r, at.one(made.ID), "The webhook is there, and a ping is on its way.")
}

// one is the address of a webhook.
func (at webhooks) one(id int64) string { return at.top.At + "/" + strconv.FormatInt(id, 10) }

// getWebhook shows a webhook with what it was sent.
func (u *UI) getWebhook(w *httpkit.Writer, r *http.Request, v berth.Viewer, at webhooks) error {
	id, err := readID(r.PathValue("hook"))
	if err != nil {
		return err
	}
	return u.showWebhook(w, r, v, at, id, sent{}, nil)
}

// showWebhook shows a webhook as it is, or as it was typed.
func (u *UI) showWebhook(w *httpkit.Writer, r *http.Request, v berth.Viewer, at webhooks, id int64, s sent, form *view.WebhookForm) error {
	before, err := readCursor(r, "before")
	if err != nil {
		return err
	}
	h, err := u.account.GetHook(r.Context(), v, at.place, id)
	if err != nil {
		return err
	}
	list, err := u.account.ListDeliveries(r.Context(), v, at.place, id, before, pageSize+1)
	if err != nil {
		return err
	}
	list, more := cut(list, pageSize)
	p := view.WebhookPage{
		Top: at.top, Row: webhookRow(h), HasSecret: h.HasSecret, Wrong: s.text,
		Form: view.WebhookForm{URL: h.URL, ContentType: h.ContentType, Events: h.Events, Insecure: h.InsecureSSL, Active: h.Active},
	}
	if form != nil {
		p.Form = *form
	}
	for _, d := range list {
		p.Deliveries = append(p.Deliveries, deliveryRow(d))
		if more {
			p.Next = d.ID
		}
	}
	return u.show(w, r, v, page{status: s.status, title: "Webhook of " + at.top.Name, main: view.Webhook(p)})
}

func deliveryRow(d berth.HookDelivery) view.DeliveryRow {
	return view.DeliveryRow{
		ID: d.ID, GUID: d.GUID, Event: d.Event, Action: d.Action, Again: d.Redelivery, CreatedAt: d.CreatedAt, Attempts: d.Attempts,
		TriedAt: d.At, NextAt: d.NotBefore, Took: d.Duration, Code: d.StatusCode, Error: d.Error,
	}
}

// onWebhook does something with the webhook that a path names.
func (u *UI) onWebhook(w *httpkit.Writer, r *http.Request, do func(id int64) error, location func(id int64) string, said string) error {
	id, err := readID(r.PathValue("hook"))
	if err == nil {
		err = do(id)
	}
	if err != nil {
		return err
	}
	return u.done(w, r, location(id), "%s", said)
}

func (u *UI) postWebhookChange(w *httpkit.Writer, r *http.Request, v berth.Viewer, at webhooks) error {
	id, err := readID(r.PathValue("hook"))
	if err != nil {
		return err
	}
	form, c := webhookForm(r)
	if _, err := u.account.UpdateHook(r.Context(), v, at.place, id, c); err != nil {
		return again(err, func(s sent) error { return u.showWebhook(w, r, v, at, id, s, &form) })
	}
	return u.done(w, r, at.one(id), "The webhook is saved.")
}

func (u *UI) postWebhookPing(w *httpkit.Writer, r *http.Request, v berth.Viewer, at webhooks) error {
	return u.onWebhook(w, r, func(id int64) error { return u.account.PingHook(r.Context(), v, at.place, id) }, at.one, "A ping is on its way.")
}

func (u *UI) postDeleteWebhook(w *httpkit.Writer, r *http.Request, v berth.Viewer, at webhooks) error {
	return u.onWebhook(w, r, func(id int64) error { return u.account.DeleteHook(r.Context(), v, at.place, id) },
		func(int64) string { return at.top.At }, "The webhook is deleted.")
}

// getDelivery shows what was sent once, and what came back.
func (u *UI) getDelivery(w *httpkit.Writer, r *http.Request, v berth.Viewer, at webhooks) error {
	hook, err := readID(r.PathValue("hook"))
	if err != nil {
		return err
	}
	id, err := readID(r.PathValue("delivery"))
	if err != nil {
		return err
	}
	d, h, err := u.account.GetDelivery(r.Context(), v, at.place, hook, id)
	if err != nil {
		return err
	}
	p := view.DeliveryPage{
		Top: at.top, Hook: webhookRow(h), Row: deliveryRow(d), RequestHeaders: headerLines(d.RequestHeaders), Payload: indented(d.Payload),
		ResponseHeaders: headerLines(d.ResponseHeaders), ResponseBody: strings.ToValidUTF8(string(d.ResponseBody), "\uFFFD"),
	}
	return u.show(w, r, v, page{title: "Delivery of " + at.top.Name, main: view.Delivery(p)})
}

func (u *UI) postRedeliver(w *httpkit.Writer, r *http.Request, v berth.Viewer, at webhooks) error {
	return u.onWebhook(w, r, func(hook int64) error {
		id, err := readID(r.PathValue("delivery"))
		if err != nil {
			return err
		}
		return u.account.Redeliver(r.Context(), v, at.place, hook, id)
	}, at.one, "It is on its way once more.")
}
