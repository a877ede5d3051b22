package restapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-github/v84/github"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/webhook"
)

// hookClient is what GitHub's library has alike for organizations and repositories.
type hookClient struct {
	list       func(ctx context.Context, o *github.ListOptions) ([]*github.Hook, *github.Response, error)
	create     func(ctx context.Context, h *github.Hook) (*github.Hook, *github.Response, error)
	get        func(ctx context.Context, id int64) (*github.Hook, *github.Response, error)
	edit       func(ctx context.Context, id int64, h *github.Hook) (*github.Hook, *github.Response, error)
	ping, drop func(ctx context.Context, id int64) (*github.Response, error)
	deliveries func(ctx context.Context, id int64, o *github.ListCursorOptions) ([]*github.HookDelivery, *github.Response, error)
	delivery   func(ctx context.Context, hook, id int64) (*github.HookDelivery, *github.Response, error)
	redeliver  func(ctx context.Context, hook, id int64) (*github.HookDelivery, *github.Response, error)
}

func orgHooks(c *github.Client) hookClient {
	o := c.Organizations
	return hookClient{
		list: func(ctx context.Context, opts *github.ListOptions) ([]*github.Hook, *github.Response, error) {
			return o.ListHooks(ctx, "acme", opts)
		},
		create: func(ctx context.Context, h *github.Hook) (*github.Hook, *github.Response, error) {
			return o.CreateHook(ctx, "acme", h)
		},
		get: func(ctx context.Context, id int64) (*github.Hook, *github.Response, error) {
			return o.GetHook(ctx, "acme", id)
		},
		edit: func(ctx context.Context, id int64, h *github.Hook) (*github.Hook, *github.Response, error) {
			return o.EditHook(ctx, "acme", id, h)
		},
		ping: func(ctx context.Context, id int64) (*github.Response, error) { return o.PingHook(ctx, "acme", id) },
		drop: func(ctx context.Context, id int64) (*github.Response, error) { return o.DeleteHook(ctx, "acme", id) },
		deliveries: func(ctx context.Context, id int64, opts *github.ListCursorOptions) ([]*github.HookDelivery, *github.Response, error) {
			return o.ListHookDeliveries(ctx, "acme", id, opts)
		},
		delivery: func(ctx context.Context, hook, id int64) (*github.HookDelivery, *github.Response, error) {
			return o.GetHookDelivery(ctx, "acme", hook, id)
		},
		redeliver: func(ctx context.Context, hook, id int64) (*github.HookDelivery, *github.Response, error) {
			return o.RedeliverHookDelivery(ctx, "acme", hook, id)
		},
	}
}

func repoHooks(c *github.Client) hookClient {
	r := c.Repositories
	return hookClient{
		list: func(ctx context.Context, opts *github.ListOptions) ([]*github.Hook, *github.Response, error) {
			return r.ListHooks(ctx, "acme", "src", opts)
		},
		create: func(ctx context.Context, h *github.Hook) (*github.Hook, *github.Response, error) {
			return r.CreateHook(ctx, "acme", "src", h)
		},
		get: func(ctx context.Context, id int64) (*github.Hook, *github.Response, error) {
			return r.GetHook(ctx, "acme", "src", id)
		},
		edit: func(ctx context.Context, id int64, h *github.Hook) (*github.Hook, *github.Response, error) {
			return r.EditHook(ctx, "acme", "src", id, h)
		},
		ping: func(ctx context.Context, id int64) (*github.Response, error) {
			return r.PingHook(ctx, "acme", "src", id)
		},
		drop: func(ctx context.Context, id int64) (*github.Response, error) {
			return r.DeleteHook(ctx, "acme", "src", id)
		},
		deliveries: func(ctx context.Context, id int64, opts *github.ListCursorOptions) ([]*github.HookDelivery, *github.Response, error) {
			return r.ListHookDeliveries(ctx, "acme", "src", id, opts)
		},
		delivery: func(ctx context.Context, hook, id int64) (*github.HookDelivery, *github.Response, error) {
			return r.GetHookDelivery(ctx, "acme", "src", hook, id)
		},
		redeliver: func(ctx context.Context, hook, id int64) (*github.HookDelivery, *github.Response, error) {
			return r.RedeliverHookDelivery(ctx, "acme", "src", hook, id)
		},
	}
}

// telling is a server that may send webhooks to this machine.
func telling(t *testing.T) *berthtest.Server {
	t.Helper()
	return berthtest.New(t, berthtest.Options{Hooks: func(o *webhook.Options) {
		o.Networks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	}})
}

// taker is a receiver that answers "thanks".
func taker(t *testing.T) string {
	t.Helper()
	r := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "thanks") }))
	t.Cleanup(r.Close)
	return r.URL
}

// GitHub's own library manages webhooks.
func TestHooksByGoGitHub(t *testing.T) {
	t.Parallel()
	for name, pick := range map[string]func(*github.Client) hookClient{"organization": orgHooks, "repository": repoHooks} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := telling(t)
			send(s.As("ada"), "POST", "/orgs/acme/repos", `{"name":"src"}`).Want(201)
			c, err := github.NewClient(nil).WithAuthToken(s.Token("ada", berth.ScopeAll, 0)).WithEnterpriseURLs(s.URL, s.URL)
			if err != nil {
				t.Fatal(err)
			}
			tryHooks(t, s, pick(c))
		})
	}
}

func tryHooks(t *testing.T, s *berthtest.Server, c hookClient) {
	t.Helper()
	ctx, address := t.Context(), taker(t)
	ok := func(what string, resp *github.Response, err error, status int) {
		t.Helper()
		if _, is := errors.AsType[*github.AcceptedError](err); is {
			err = nil
		}
		if err != nil || resp.StatusCode != status {
			t.Fatalf("%s: %v, %v", what, resp, err)
		}
	}
	made, resp, err := c.create(ctx, &github.Hook{
		Events: []string{"package"}, Active: new(true),
		Config: &github.HookConfig{URL: &address, ContentType: new("json"), Secret: new("geheim"), InsecureSSL: new("0")},
	})
	ok("create", resp, err, 201)
	if made.GetConfig().GetSecret() != "********" || made.GetConfig().GetURL() != address || made.GetName() != "web" || !made.GetActive() || made.GetID() == 0 || made.GetCreatedAt().IsZero() {
		t.Errorf("%v", made)
	}
	if made.LastResponse["status"] != "unused" || made.LastResponse["code"] != nil {
		t.Errorf("%v", made.LastResponse)
	}
	s.TellHooks()
	resp, err = c.ping(ctx, made.GetID())
	ok("ping", resp, err, 204)
	s.TellHooks()
	got, resp, err := c.get(ctx, made.GetID())
	ok("get", resp, err, 200)
	if got.LastResponse["status"] != "active" || got.LastResponse["code"] != float64(200) {
		t.Errorf("%v", got.LastResponse)
	}
	edited, resp, err := c.edit(ctx, made.GetID(), &github.Hook{
		Active: new(false), Events: []string{"registry_package"}, Config: &github.HookConfig{URL: &address, Secret: new("********"), InsecureSSL: new("1"), ContentType: new("form")},
	})
	ok("edit", resp, err, 200)
	if edited.GetActive() || edited.GetConfig().GetInsecureSSL() != "1" || edited.GetConfig().GetContentType() != "form" || edited.GetConfig().GetSecret() != "********" || edited.Events[0] != "registry_package" {
		t.Errorf("%v", edited)
	}
	list, resp, err := c.list(ctx, nil)
	ok("list", resp, err, 200)
	if diff := cmp.Diff([]*github.Hook{edited}, list); diff != "" {
		t.Errorf("list (-want +got)\n%s", diff)
	}
	first, resp, err := c.deliveries(ctx, made.GetID(), &github.ListCursorOptions{PerPage: 1})
	ok("deliveries", resp, err, 200)
	if len(first) != 1 || resp.After == "" {
		t.Fatalf("%v, %v", first, resp)
	}
	for _, opts := range []*github.ListCursorOptions{{After: resp.After}, {Cursor: resp.After}} {
		older, resp, err := c.deliveries(ctx, made.GetID(), opts)
		ok("deliveries", resp, err, 200)
		if len(older) != 1 || resp.After != "" || older[0].GetID() >= first[0].GetID() || older[0].GetGUID() == first[0].GetGUID() {
			t.Errorf("%v, %v", older, resp)
		}
	}
	d, resp, err := c.delivery(ctx, made.GetID(), first[0].GetID())
	ok("delivery", resp, err, 200)
	payload, err := d.ParseRequestPayload()
	if ping, is := payload.(*github.PingEvent); err != nil || !is || ping.GetHookID() != made.GetID() || d.GetStatus() != "OK" || d.GetStatusCode() != 200 || d.GetRedelivery() || d.Duration == nil || *d.Duration <= 0 {
		t.Errorf("%v, %v", d, err)
	}
	if d.Request.GetHeader("X-GitHub-Event") != "ping" || !strings.HasPrefix(d.Request.GetHeader("X-Hub-Signature-256"), "sha256=") || string(*d.Response.RawPayload) != `"thanks"` || d.Response.GetHeader("Content-Length") != "6" {
		t.Errorf("%v %v", d.Request, d.Response)
	}
	_, resp, err = c.redeliver(ctx, made.GetID(), first[0].GetID())
	ok("redeliver", resp, err, 202)
	s.TellHooks()
	again, resp, err := c.deliveries(ctx, made.GetID(), nil)
	ok("deliveries", resp, err, 200)
	if len(again) != 3 || !again[0].GetRedelivery() || again[0].GetStatus() != "OK" {
		t.Errorf("%v", again)
	}
	resp, err = c.drop(ctx, made.GetID())
	ok("delete", resp, err, 204)
	if _, resp, _ = c.get(ctx, made.GetID()); resp.StatusCode != 404 {
		t.Errorf("after it was deleted: %v", resp)
	}
}

// What cannot be a webhook is told so, and not made.
func TestHookBodies(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	const good = `"config":{"url":"https://ci.example.com/"}`
	for body, want := range map[string]string{
		`{}`:                                  "url of the webhook is missing",
		`{"config":{"content_type":"json"}}`:  "url of the webhook is missing",
		`{"config":{"url":"ci.example.com"}}`: "is not like https://",
		`{"config":{"url":"https://ada:hunter2@ci.example.com"}}`:           "user name",
		`{"config":{"url":"https://ci.example.com/","content_type":"xml"}}`: "expected json or form",
		`{"config":{"url":"https://ci.example.com/","insecure_ssl":"2"}}`:   "an object of url",
		`{"config":{"url":"https://ci.example.com/","insecure_ssl":true}}`:  "an object of url",
		`{"config":{"url":"https://ci.example.com/","token":"x"}}`:          "an object of url",
		`{"config":[]}`:   "an object of url",
		`{"config":null}`: "an object of url",
		`{"config":{"url":"https://ci.example.com/","secret":"` + strings.Repeat("x", 1025) + `"}}`: "longer than 1024 bytes",
		`{` + good + `,"name":"irc"}`:                "expected web",
		`{` + good + `,"events":[]}`:                 "events is empty",
		`{` + good + `,"events":["push"]}`:           `event "push"`,
		`{` + good + `,"events":"package"}`:          "a list of strings",
		`{` + good + `,"remove_events":["package"]}`: "events is empty",
		`{` + good + `,"active":"yes"}`:              "true or false",
	} {
		before := s.State()
		r := send(c, "POST", "/orgs/acme/hooks", body).Want(422)
		if !strings.Contains(message(r), want) || strings.Contains(message(r), "hunter2") {
			t.Errorf("%.80s: %s", body, r.Body)
		}
		if s.State() != before {
			t.Errorf("%.80s: something changed", body)
		}
	}
	for _, body := range []string{
		`{"name":"web",` + good + `,"events":["*"],"active":false}`,
		`{"config":{"url":"https://ci.example.com/","insecure_ssl":1,"content_type":"form","secret":""}}`,
	} {
		send(c, "POST", "/user/hooks", body).Want(201)
	}
	var list []map[string]any
	if err := json.Unmarshal(send(c, "GET", "/user/hooks", "").Want(200).Body, &list); err != nil || len(list) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	config, _ := list[1]["config"].(map[string]any)
	want := map[string]any{"url": "https://ci.example.com/", "insecure_ssl": "1", "content_type": "form"}
	if diff := cmp.Diff(want, config); diff != "" || list[0]["active"] != false || list[0]["type"] != "User" {
		t.Errorf("%v (-want +got)\n%s", list[0], diff)
	}
}

// Lists go on after an entry, and a webhook is found only where it hangs.
func TestHookPages(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	ids := make([]int64, 3)
	for i := range ids {
		var h struct{ ID int64 }
		r := send(c, "POST", "/orgs/acme/hooks", fmt.Sprintf(`{"config":{"url":"https://ci.example.com/%d"}}`, i)).Want(201)
		if err := json.Unmarshal(r.Body, &h); err != nil {
			t.Fatal(err)
		}
		ids[i] = h.ID
	}
	r := send(c, "GET", "/orgs/acme/hooks?per_page=2", "").Want(200)
	want := fmt.Sprintf(`<%s/api/v3/orgs/acme/hooks?after=%d&page=2&per_page=2>; rel="next"`, s.URL, ids[1])
	if got := r.Header.Get("Link"); got != want {
		t.Errorf("Link: %s, want %s", got, want)
	}
	r = send(c, "GET", fmt.Sprintf("/orgs/acme/hooks?per_page=2&after=%d", ids[1]), "").Want(200)
	if r.Header.Get("Link") != "" || strings.Count(string(r.Body), `"Organization"`) != 1 {
		t.Errorf("%s", r.Body)
	}
	send(c, "POST", "/orgs/acme/repos", `{"name":"src"}`).Want(201)
	for path, of := range map[string]string{"/user/hooks/%d": "ada", "/repos/acme/src/hooks/%d": "acme/src", "/repos/acme/src/hooks/%d/deliveries": "acme/src"} {
		r := send(c, "GET", fmt.Sprintf(path, ids[0]), "").Want(404)
		if !strings.Contains(string(r.Body), "hook_unknown") || message(r) != "webhook unknown: "+of+" has none of that number" {
			t.Errorf("%s: %s", path, r.Body)
		}
	}
	r = send(c, "GET", fmt.Sprintf("/orgs/acme/hooks/%d/deliveries/987654", ids[0]), "").Want(404)
	if !strings.Contains(string(r.Body), "delivery_unknown") || message(r) != fmt.Sprintf("delivery unknown: webhook %d has none of that number; they are kept for 30 days", ids[0]) {
		t.Errorf("%s", r.Body)
	}
	for _, path := range []string{"/orgs/acme/hooks/x", "/orgs/acme/hooks/-1", "/orgs/acme/hooks/99999999999999999999"} {
		send(c, "GET", path, "").Want(404)
	}
	send(c, "GET", "/orgs/acme/hooks?after=x", "").Want(422)
	send(c, "GET", fmt.Sprintf("/orgs/acme/hooks/%d/deliveries?cursor=x", ids[0]), "").Want(422)
	// Nothing was sent yet, and this is how that looks.
	var pending []map[string]any
	if err := json.Unmarshal(send(c, "GET", fmt.Sprintf("/orgs/acme/hooks/%d/deliveries", ids[0]), "").Want(200).Body, &pending); err != nil || len(pending) != 1 {
		t.Fatalf("%v, %v", pending, err)
	}
	if d := pending[0]; d["status"] != "pending" || d["delivered_at"] != nil || d["next_attempt_at"] == nil || d["action"] != nil {
		t.Errorf("%v", d)
	}
}
