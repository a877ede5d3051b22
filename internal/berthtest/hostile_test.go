package berthtest_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/blob/fsblob"
)

// raw sends bytes as they are and returns the answer: its status (0 where there is
// none), headers and body. After a body that is cut off it closes its side.
func raw(t *testing.T, s *berthtest.Server, request string) (int, http.Header, string) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, request)      // the server may have hung up already
	if strings.Contains(request, "cut off") { // else the server takes it that nobody waits for the answer
		_ = conn.(*net.TCPConn).CloseWrite()
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, nil, ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%q: %v", request[:min(len(request), 80)], err)
	}
	return resp.StatusCode, resp.Header, string(body)
}

// Requests that no client sends: each is answered 4xx, or hung up on, with an
// error document where the request had come as far as /v2/; nothing changes, and
// no goroutine and no file is left behind.
func TestHostileRequests(t *testing.T) { //nolint:paralleltest // counts goroutines
	store, err := fsblob.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	s := berthtest.New(t, berthtest.Options{Blobs: store})
	c := s.As("ada")
	c.PushImage("ada/app", "v1", "1")
	at := c.StartUpload("ada/app")
	auth := "Host: x\r\nAuthorization: Bearer " + s.Token("ada", berth.ScopeAll, 0) + "\r\n"
	const oci = "Content-Type: " + berth.MediaTypeOCIManifest + "\r\n"
	requests := map[string]string{
		"not HTTP":                  "hello\r\n\r\n",
		"no host":                   "GET /v2/ HTTP/1.1\r\n\r\n",
		"two hosts":                 "GET /v2/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"unknown method":            "FROB /v2/ada/app/manifests/v1 HTTP/1.1\r\n" + auth + "\r\n",
		"CONNECT":                   "CONNECT /v2/ HTTP/1.1\r\n" + auth + "\r\n",
		"traversal":                 "GET /v2/../../etc/passwd HTTP/1.1\r\n" + auth + "\r\n",
		"traversal, encoded":        "GET /v2/ada/%2e%2e/%2e%2e/etc/passwd/manifests/x HTTP/1.1\r\n" + auth + "\r\n",
		"traversal in the digest":   "GET /v2/ada/app/blobs/sha256:..%2f..%2fetc HTTP/1.1\r\n" + auth + "\r\n",
		"traversal in the upload":   "PATCH /v2/ada/app/blobs/uploads/..%2f..%2fberth.db HTTP/1.1\r\n" + auth + "Content-Length: 1\r\n\r\nx",
		"NUL":                       "GET /v2/ada/app%00/manifests/v1 HTTP/1.1\r\n" + auth + "\r\n",
		"CR LF in the tag":          "GET /v2/ada/app/manifests/a%0d%0aX-Evil:%201 HTTP/1.1\r\n" + auth + "\r\n",
		"CR LF in last":             "GET /v2/ada/app/tags/list?last=a%0d%0aX-Evil:%201 HTTP/1.1\r\n" + auth + "\r\n",
		"invalid UTF-8":             "GET /v2/ada/%ff%fe/manifests/v1 HTTP/1.1\r\n" + auth + "\r\n",
		"bad escape":                "GET /v2/ada/%zz/manifests/v1 HTTP/1.1\r\n" + auth + "\r\n",
		"long address":              "GET /v2/" + strings.Repeat("a/", 3000) + "manifests/v1 HTTP/1.1\r\n" + auth + "\r\n",
		"huge header":               "GET /v2/ HTTP/1.1\r\n" + auth + "X: " + strings.Repeat("x", 2<<20) + "\r\n\r\n",
		"length and chunks":         "PUT /v2/ada/app/manifests/x HTTP/1.1\r\n" + auth + oci + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"negative length":           "PUT /v2/ada/app/manifests/x HTTP/1.1\r\n" + auth + oci + "Content-Length: -1\r\n\r\n",
		"two lengths":               "PUT /v2/ada/app/manifests/x HTTP/1.1\r\n" + auth + oci + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
		"manifest cut off":          "PUT /v2/ada/app/manifests/x HTTP/1.1\r\n" + auth + oci + "Content-Length: 500\r\nX-Note: cut off\r\n\r\n{\"schemaVersion\":2",
		"manifest of a wrong chunk": "PUT /v2/ada/app/manifests/x HTTP/1.1\r\n" + auth + oci + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
		"ranged chunk cut off":      "PATCH " + at + " HTTP/1.1\r\n" + auth + "Content-Range: 0-999\r\nContent-Length: 1000\r\nX-Note: cut off\r\n\r\nabc",
		"last chunk cut off":        "PUT " + at + "?digest=sha256:" + strings.Repeat("0", 64) + " HTTP/1.1\r\n" + auth + "Content-Length: 1000\r\nX-Note: cut off\r\n\r\nabc",
		"single POST cut off":       "POST /v2/ada/app/blobs/uploads/?digest=sha256:" + strings.Repeat("0", 64) + " HTTP/1.1\r\n" + auth + "Content-Length: 1000\r\nX-Note: cut off\r\n\r\nabc",
		"unknown credentials":       "GET /v2/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + strings.Repeat("a.", 20000) + "\r\n\r\n",
		"token with a huge form":    "POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 200000\r\n\r\n" + strings.Repeat("scope=x&", 25000),
		"token with many scopes":    "GET /token?" + strings.Repeat("scope=repository:a/b:pull&", 200) + " HTTP/1.1\r\n" + auth + "\r\n",
	}
	clean := func() string { return dropDoomed(s.State()) }
	before, goroutines, files := clean(), runtime.NumGoroutine(), openFiles(t)
	for name, request := range requests {
		status, header, body := raw(t, s, request)
		gone := status == http.StatusServiceUnavailable && strings.Contains(name, "cut off")
		if status != 0 && (status < 400 || status >= 500) && !gone {
			t.Errorf("%s: %d %s", name, status, body)
		}
		if header.Get("X-Evil") != "" {
			t.Errorf("%s: a header was injected", name)
		}
		if strings.HasPrefix(header.Get("Docker-Distribution-Api-Version"), "registry") && !isErrorDocument(body) {
			t.Errorf("%s: not an error document: %q", name, body)
		}
	}
	if diff := cmp.Diff(before, clean()); diff != "" {
		t.Errorf("something changed: %s", diff)
	}
	s.CloseIdleConnections()
	settle(t, "goroutines", func() int { return runtime.NumGoroutine() }, goroutines+2)
	settle(t, "files", func() int { return openFiles(t) }, files)
}

func isErrorDocument(body string) bool {
	var doc struct {
		Errors []struct{ Code, Message string } `json:"errors"`
	}
	d := json.NewDecoder(bytes.NewReader([]byte(body)))
	return d.Decode(&doc) == nil && len(doc.Errors) == 1 && doc.Errors[0].Code != ""
}

// dropDoomed leaves out keys that wait for deletion, and how many bytes an open
// upload has beyond those that it has acknowledged.
func dropDoomed(state string) string {
	var keep []string
	for line := range strings.SplitSeq(state, "\n") {
		key := strings.Fields(line + " - -")[1]
		unfinished := strings.HasPrefix(line, "bytes") && strings.Contains(state, `"`+key+`" "sha256"`)
		if !strings.HasPrefix(line, "doomed_keys") && !unfinished {
			keep = append(keep, line)
		}
	}
	return strings.Join(keep, "\n")
}

// openFiles counts the process's files and connections.
func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0 // not Linux
	}
	return len(entries)
}

// settle waits until a count has gone down to what it may be.
func settle(t *testing.T, what string, count func() int, want int) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 500 {
		if count() <= want {
			return
		}
		<-tick.C
	}
	buf := make([]byte, 1<<20)
	t.Errorf("%d %s are left, %d were there before\n%s", count(), what, want, fmt.Sprintf("%.20000s", buf[:runtime.Stack(buf, true)]))
}
