package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/webhook"
)

// A new webhook is sent a ping, and one more when somebody asks.
func TestPing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	r := newReceiver(t, nil)
	h, err := w.Account.CreateHook(t.Context(), w.Viewer("ada"), acme(), account.HookChange{URL: &r.URL, Secret: new("geheim")})
	if err != nil {
		t.Fatal(err)
	}
	w.TellHooks()
	if err := w.Account.PingHook(t.Context(), w.Viewer("ada"), acme(), h.ID); err != nil {
		t.Fatal(err)
	}
	w.TellHooks()
	w.TellHooks()
	got := r.taken()
	if len(got) != 2 {
		t.Fatalf("%d requests", len(got))
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "Berth-Hookshot/test", "X-GitHub-Event": "ping", "X-GitHub-Hook-ID": strconv.FormatInt(h.ID, 10),
	} {
		if is := got[0].header.Get(name); is != want {
			t.Errorf("%s is %q, want %q", name, is, want)
		}
	}
	doc := parse(t, got[0].body)
	hook, _ := doc["hook"].(map[string]any)
	config, _ := hook["config"].(map[string]any)
	sender, _ := doc["sender"].(map[string]any)
	org, _ := doc["organization"].(map[string]any)
	if config["secret"] != "********" || config["url"] != r.URL || doc["hook_id"] != float64(h.ID) || sender["login"] != "ada" || org["login"] != "acme" || hook["type"] != "Organization" {
		t.Errorf("%s", got[0].body)
	}
	if strings.Contains(string(got[0].body), "geheim") {
		t.Errorf("the secret is sent: %s", got[0].body)
	}
	if a, b := got[0].header.Get("X-GitHub-Delivery"), got[1].header.Get("X-GitHub-Delivery"); a == b || len(a) != 36 {
		t.Errorf("deliveries %q and %q", a, b)
	}
}

// What is sent is signed as the receiver gets it, byte by byte.
func TestSignature(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	r := newReceiver(t, nil)
	for _, kind := range []string{"json", "form"} {
		h := w.hook(acme(), r, account.HookChange{Secret: new("geheim"), ContentType: &kind})
		w.push("v1")
		w.TellHooks()
		got := r.taken()
		if len(got) != 1 {
			t.Fatalf("%d requests", len(got))
		}
		mac := hmac.New(sha256.New, []byte("geheim"))
		mac.Write(got[0].body)
		if want := "sha256=" + hex.EncodeToString(mac.Sum(nil)); got[0].header.Get("X-Hub-Signature-256") != want {
			t.Errorf("%s: signature %q, want %q", kind, got[0].header.Get("X-Hub-Signature-256"), want)
		}
		body := string(got[0].body)
		if kind == "form" {
			form, err := url.ParseQuery(body)
			if err != nil || got[0].header.Get("Content-Type") != "application/x-www-form-urlencoded" {
				t.Errorf("%v, %v", err, got[0].header)
			}
			body = form.Get("payload")
		}
		if doc := parse(t, []byte(body)); doc["action"] != "published" {
			t.Errorf("%s", body)
		}
		if err := w.Account.DeleteHook(t.Context(), w.Viewer("ada"), acme(), h.ID); err != nil {
			t.Fatal(err)
		}
	}
	w.hook(acme(), r, account.HookChange{})
	w.push("v2")
	w.TellHooks()
	if got := r.taken(); len(got) != 1 || got[0].header.Get("X-Hub-Signature-256") != "" {
		t.Errorf("without a secret: %+v", got)
	}
}

// The example in docs/operating.md.
func TestSign(t *testing.T) {
	t.Parallel()
	const want = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17" // GitHub's own example
	if got := webhook.Sign([]byte("It's a Secret to Everybody"), []byte("Hello, World!")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Eight tries in a day, each after a longer while, then never again.
func TestRetries(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	r := newReceiver(t, status(http.StatusBadGateway))
	h := w.hook(acme(), r, account.HookChange{})
	w.Clock.Advance(48 * time.Hour) // the ping is not tried again either, below
	for range 9 {
		w.TellHooks()
		w.Clock.Advance(48 * time.Hour)
	}
	r.taken()
	w.push("v1")
	w.TellHooks()
	guid := ""
	for i, pause := range webhook.Pauses() {
		got := r.taken()
		if len(got) != 1 {
			t.Fatalf("try %d: %d requests", i+1, len(got))
		}
		if i == 0 {
			guid = got[0].header.Get("X-GitHub-Delivery")
		} else if got[0].header.Get("X-GitHub-Delivery") != guid {
			t.Errorf("try %d is called otherwise", i+1)
		}
		d := w.log(acme(), h.ID)[0]
		if d.StatusCode != 502 || d.Attempts != i+1 || d.Error != "the receiver answered 502 Bad Gateway" || d.NotBefore.IsZero() {
			t.Errorf("try %d: %+v", i+1, d)
		}
		w.Clock.Advance(pause*9/10 - time.Second)
		w.TellHooks()
		if early := r.taken(); len(early) != 0 {
			t.Errorf("try %d came early", i+2)
		}
		w.Clock.Advance(pause/5 + 2*time.Second)
		w.TellHooks()
	}
	if got := r.taken(); len(got) != 1 {
		t.Errorf("the last try: %d requests", len(got))
	}
	w.Clock.Advance(48 * time.Hour)
	w.TellHooks()
	d := w.log(acme(), h.ID)[0]
	if got := r.taken(); len(got) != 0 || d.Attempts != 8 || !d.NotBefore.IsZero() {
		t.Errorf("after the last: %d requests, %+v", len(got), d)
	}
	total := time.Duration(0)
	for _, p := range webhook.Pauses() {
		total += p
	}
	if total < 18*time.Hour || total > 30*time.Hour {
		t.Errorf("all tries take %s", total)
	}
}

// What the receiver says decides whether there is another try.
func TestAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	elsewhere := newReceiver(t, nil)
	r := newReceiver(t, nil)
	h := w.hook(acme(), r, account.HookChange{})
	for _, test := range []struct {
		code  int
		again bool
	}{
		{200, false},
		{201, false},
		{204, false},
		{299, false},
		{410, false},
		{301, true},
		{302, true},
		{304, true},
		{307, true},
		{308, true},
		{400, true},
		{401, true},
		{404, true},
		{429, true},
		{500, true},
		{503, true},
		{599, true},
	} {
		r.answers(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", elsewhere.URL)
			w.WriteHeader(test.code)
		})
		w.push("v" + strconv.Itoa(test.code))
		w.TellHooks()
		d := w.log(acme(), h.ID)[0]
		good := test.code < 300
		if d.StatusCode != test.code || (d.Error == "") != good || d.NotBefore.IsZero() == test.again {
			t.Errorf("%d: %+v", test.code, d)
		}
		r.answers(nil)
		w.Clock.Advance(time.Hour)
		w.TellHooks()
		if got, want := len(r.taken()), map[bool]int{false: 1, true: 2}[test.again]; got != want {
			t.Errorf("%d: sent %d times, want %d", test.code, got, want)
		}
	}
	if got := elsewhere.taken(); len(got) != 0 {
		t.Errorf("%d redirects were followed", len(got))
	}
}

// The log has what was sent and what came back, the beginning of it.
func TestLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Add("X-Two", "a")
		w.Header().Add("X-Two", "b")
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write([]byte("\xff\x00" + strings.Repeat("x", 2*webhook.MaxResponse)))
	})
	h := w.hook(acme(), r, account.HookChange{Secret: new("geheim")})
	w.push("v1")
	w.TellHooks()
	sent := r.taken()[0]
	d := w.log(acme(), h.ID)[0]
	var request, response map[string]string
	if json.Unmarshal([]byte(d.RequestHeaders), &request) != nil || json.Unmarshal([]byte(d.ResponseHeaders), &response) != nil {
		t.Fatalf("%+v", d)
	}
	if len(d.ResponseBody) != webhook.MaxResponse || response["X-Two"] != "a, b" || string(d.Payload) != string(sent.body) ||
		request["X-Hub-Signature-256"] != sent.header.Get("X-Hub-Signature-256") || d.At.IsZero() || d.Duration <= 0 || d.Action != "published" || d.Event != "package" {
		t.Errorf("%+v", d)
	}
	if strings.Contains(w.State(), "geheim") {
		t.Error("the secret is in the database")
	}
	hook, err := w.Account.GetHook(t.Context(), w.Viewer("ada"), acme(), h.ID)
	if err != nil || hook.LastCode != http.StatusAccepted || hook.LastError != "" || !hook.Tried {
		t.Errorf("%+v, %v", hook, err)
	}
}

// Addresses inside are not dialed unless they are allowed, whatever they are called,
// and the log does not tell which are there.
func TestPrivateAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "", func(o *webhook.Options) { o.Networks = nil })
	r := newReceiver(t, nil)
	port := r.URL[strings.LastIndex(r.URL, ":"):]
	for _, address := range []string{
		r.URL, "http://localhost" + port, "http://[::ffff:127.0.0.1]" + port, "http://0.0.0.0" + port, "http://127.0.0.1:1", "http://10.0.0.1/",
		"http://169.254.169.254/latest/meta-data/", "http://no-such-host.invalid/", "http://2130706433" + port, "http://0x7f.1" + port,
	} {
		h := w.hook(acme(), r, account.HookChange{URL: &address})
		d := w.log(acme(), h.ID)[0]
		want := berth.HookAttempt{At: d.At, Error: webhook.Unreachable, RequestHeaders: d.RequestHeaders}
		if diff := cmp.Diff(want, d.HookAttempt); diff != "" {
			t.Errorf("%s (-want +got)\n%s", address, diff)
		}
	}
	if got := r.taken(); len(got) != 0 {
		t.Errorf("%d requests came through", len(got))
	}
}

// Certificates are checked, unless the webhook says not to.
func TestCertificates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	r := startTLS(t)
	h := w.hook(acme(), r, account.HookChange{})
	if d := w.log(acme(), h.ID)[0]; d.Error != "the certificate of the receiver was not accepted" || len(r.taken()) != 0 {
		t.Errorf("%+v", d)
	}
	if _, err := w.Account.UpdateHook(t.Context(), w.Viewer("ada"), acme(), h.ID, account.HookChange{InsecureSSL: new(true)}); err != nil {
		t.Fatal(err)
	}
	w.push("v1")
	w.TellHooks()
	if d := w.log(acme(), h.ID)[0]; d.Error != "" || len(r.taken()) != 1 {
		t.Errorf("%+v", d)
	}
}

// A secret that was sealed with another key is not left out silently.
func TestLostSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	r := newReceiver(t, nil)
	h := w.hook(acme(), r, account.HookChange{Secret: new("geheim")})
	w.Exec(`UPDATE hooks SET secret = X'0011'`)
	w.push("v1")
	w.TellHooks()
	if d := w.log(acme(), h.ID)[0]; !strings.Contains(d.Error, "secret") || len(r.taken()) != 0 {
		t.Errorf("%+v", d)
	}
}

// What was asked to be sent once more is sent at once, as a delivery of its own, and
// the old one is not tried any more.
func TestRedelivery(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	r := newReceiver(t, nil)
	h := w.hook(acme(), r, account.HookChange{})
	r.answers(status(500))
	w.push("v1")
	w.TellHooks()
	first := r.taken()
	old := w.log(acme(), h.ID)[0]
	r.answers(nil)
	if err := w.Account.Redeliver(t.Context(), w.Viewer("ada"), acme(), h.ID, old.ID); err != nil {
		t.Fatal(err)
	}
	w.TellHooks()
	w.Clock.Advance(time.Hour)
	w.TellHooks()
	got := r.taken()
	list := w.log(acme(), h.ID)
	if len(got) != 1 || string(got[0].body) != string(first[0].body) || got[0].header.Get("X-GitHub-Event") != "package" || !list[0].Redelivery || list[0].Error != "" {
		t.Fatalf("%d requests, %+v", len(got), list[0])
	}
	if list[1].Error == "" || !list[1].NotBefore.IsZero() || list[0].GUID == list[1].GUID {
		t.Errorf("the old one: %+v", list[1])
	}
	for what, err := range map[string]error{
		"of nothing": w.Account.Redeliver(t.Context(), w.Viewer("ada"), acme(), h.ID, old.ID+1000),
	} {
		if err == nil {
			t.Error(what)
		}
	}
}

// What a replica had begun when it died is sent by another when its lease is over.
func TestDeadReplica(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		w := newWorld(t, address)
		r := newReceiver(t, nil)
		h := w.hook(acme(), r, account.HookChange{})
		w.push("v1")
		ctx := t.Context()
		if _, err := w.Hooks.Expand(ctx); err != nil {
			t.Fatal(err)
		}
		err := w.Meta.Update(ctx, func(tx *meta.Tx) error {
			now := w.Clock.Now()
			hook, id, err := tx.FindDueDelivery(ctx, now)
			if err != nil || hook != h.ID {
				t.Errorf("due is %d of %d, %v", id, hook, err)
			}
			if _, err := tx.LeaseHook(ctx, hook, now, now.Add(webhook.LeaseDuration)); err != nil {
				return err
			}
			_, err = tx.LeaseDelivery(ctx, id, now, now.Add(webhook.LeaseDuration), []byte("{}"))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(webhook.LeaseDuration - time.Second)
		w.TellHooks()
		if got := r.taken(); len(got) != 0 {
			t.Error("sent while another had it")
		}
		w.Clock.Advance(2 * time.Second)
		w.TellHooks()
		if got := r.taken(); len(got) != 1 {
			t.Errorf("sent %d times after that", len(got))
		}
	})
}

// When the server stops, what is under way may still end, within a moment; nothing new
// is begun, and what did not end is sent again.
func TestStop(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string]bool{"in time": true, "not in time": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "")
			came, held := make(chan struct{}, 10), make(chan struct{})
			r := newReceiver(t, nil)
			h := w.hook(acme(), r, account.HookChange{})
			r.answers(func(_ http.ResponseWriter, req *http.Request) {
				came <- struct{}{}
				select {
				case <-held:
				case <-req.Context().Done():
				}
			})
			w.push("v1")
			w.push("v2")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if _, err := w.Hooks.Expand(ctx); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Hooks.Start(ctx); err != nil {
				t.Fatal(err)
			}
			<-came
			cancel()
			if ends {
				close(held)
			}
			w.Hooks.Wait()
			d := w.log(acme(), h.ID)
			if done := !d[1].At.IsZero(); done != ends || d[1].NotBefore.IsZero() != ends || d[0].Attempts != 0 {
				t.Errorf("%+v", d[1])
			}
			r.answers(nil)
			r.taken()
			w.Clock.Advance(webhook.LeaseDuration)
			w.TellHooks()
			if got, want := len(r.taken()), map[bool]int{true: 1, false: 2}[ends]; got != want {
				t.Errorf("sent %d after that, want %d", got, want)
			}
		})
	}
}
