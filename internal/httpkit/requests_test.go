package httpkit_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth/internal/httpkit"
)

func TestRequests(t *testing.T) {
	t.Parallel()
	var clock atomic.Int64
	clock.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixMilli())
	q := httpkit.NewRequests(func() time.Time { return time.UnixMilli(clock.Load()) })
	answer := func(status int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			clock.Add(20)
			switch status {
			case 0:
				_, _ = io.WriteString(w, "fine")
			case -1:
				panic(http.ErrAbortHandler)
			default:
				w.WriteHeader(http.StatusEarlyHints)
				w.WriteHeader(status)
			}
		})
	}
	ask := func(face string, status int) {
		defer func() { _ = recover() }()
		q.Count(face, answer(status)).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	}
	for _, status := range []int{0, 200, 204, 302, 401, 404, 500, 503, 599, -1} {
		ask("v2", status)
	}
	ask("web", 200)
	clock.Add(time.Minute.Milliseconds())
	ask("v2", 404)
	check := func(face int, name string, want map[int]httpkit.RequestMinute) {
		t.Helper()
		f := q.Faces()[face]
		if f.Face != name || len(f.Minutes) != 60 {
			t.Fatalf("%s has %d minutes", f.Face, len(f.Minutes))
		}
		for i, m := range f.Minutes {
			expected := want[i]
			expected.At = time.UnixMilli(clock.Load()).UTC().Truncate(time.Minute).Add(time.Duration(i-59) * time.Minute)
			if diff := cmp.Diff(expected, m); diff != "" {
				t.Errorf("%s, minute %d (-want +got):\n%s", name, i, diff)
			}
		}
	}
	first := httpkit.RequestMinute{Classes: [4]int64{4, 1, 2, 3}, Total: 10, Took: 200 * time.Millisecond}
	second := httpkit.RequestMinute{Classes: [4]int64{0, 0, 1, 0}, Total: 1, Took: 20 * time.Millisecond}
	check(0, "v2", map[int]httpkit.RequestMinute{58: first, 59: second})
	check(1, "web", map[int]httpkit.RequestMinute{58: {Classes: [4]int64{1}, Total: 1, Took: 20 * time.Millisecond}})
	clock.Add(58 * time.Minute.Milliseconds())
	check(0, "v2", map[int]httpkit.RequestMinute{0: first, 1: second})
	clock.Add(time.Minute.Milliseconds())
	check(0, "v2", map[int]httpkit.RequestMinute{0: second})
	ask("v2", 200) // in the place of what was an hour ago
	check(0, "v2", map[int]httpkit.RequestMinute{0: second, 59: {Classes: [4]int64{1}, Total: 1, Took: 20 * time.Millisecond}})
}

// Counting keeps what faces do with the connection, and counts all of many at once.
func TestRequestsTogether(t *testing.T) {
	t.Parallel()
	now := time.Now()
	q := httpkit.NewRequests(func() time.Time { return now })
	h := q.Count("v2", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, ok := w.(io.ReaderFrom); !ok {
			t.Error("files are copied through memory")
		}
		if err := http.NewResponseController(w).SetWriteDeadline(time.Time{}); err != nil {
			t.Error(err)
		}
		_, _ = io.Copy(w, bytes.NewReader([]byte("some bytes")))
	}))
	server := httptest.NewServer(h)
	defer server.Close()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if status, body, err := get(t, server.URL); status != 200 || body != "some bytes" || err != nil {
				t.Errorf("%d %q %v", status, body, err)
			}
		})
	}
	wg.Wait()
	server.Close() // the last handlers may still be counting
	if total := q.Faces()[0].Minutes[59].Total; total != 20 {
		t.Errorf("counted %d", total)
	}
}

func BenchmarkRequests(b *testing.B) {
	h := httpkit.NewRequests(nil).Count("v2", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			h.ServeHTTP(nil, nil)
		}
	})
}
