package webhook_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/berth-registry/berth/internal/account"
)

// A receiver that agrees to another protocol which nobody offered owns the connection
// from then on as far as net/http is concerned: no timeout of the client ends a read.
func TestReceiverSwitchesProtocols(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	r := newReceiver(t, nil)
	h := w.hook(acme(), r, account.HookChange{})
	open := make(chan struct{})
	t.Cleanup(func() { close(open) })
	r.answers(func(rw http.ResponseWriter, _ *http.Request) {
		conn, _, err := rw.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = conn.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tea\r\n\r\n"))
		<-open
		_ = conn.Close()
	})
	w.push("v1")
	sent := make(chan struct{})
	go func() { w.TellHooks(); close(sent) }()
	select {
	case <-sent:
	case <-time.After(20 * time.Second):
		t.Fatal("the delivery still waits for the receiver")
	}
	d := w.log(acme(), h.ID)[0]
	if d.StatusCode != http.StatusSwitchingProtocols || !strings.Contains(d.Error, "101") {
		t.Errorf("the log says %d, %q", d.StatusCode, d.Error)
	}
}
