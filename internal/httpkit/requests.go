package httpkit

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// requestMinutes is for how long requests are told of, the minute under way included.
const requestMinutes = 60

// Requests counts the requests of the last hour, by minute, face and class of status.
// It is kept in memory: each replica has its own, and a restart begins anew.
type Requests struct {
	now   func() time.Time
	faces []*faceCounts
}

// faceCounts is a ring of minutes. Counting takes no lock but at the first request of a
// minute.
type faceCounts struct {
	name    string
	mu      sync.Mutex // held by who begins a minute
	minutes [requestMinutes]minuteCounts
}

type minuteCounts struct {
	minute  atomic.Int64 // since 1970, which tells whether the counts are of this hour
	classes [4]atomic.Int64
	micros  atomic.Int64
}

// RequestMinute is how many requests there were in a minute.
type RequestMinute struct {
	At      time.Time // its beginning
	Classes [4]int64  // of status 2xx (and less), 3xx, 4xx, 5xx
	Total   int64
	Took    time.Duration // all of them together
}

// FaceRequests are the requests to a face in the last hour.
type FaceRequests struct {
	Face    string
	Minutes []RequestMinute // 60 of them, the minute under way last
}

// NewRequests returns a counter; nil is the real clock.
func NewRequests(now func() time.Time) *Requests {
	if now == nil {
		now = time.Now
	}
	return &Requests{now: now}
}

// Count returns a handler that counts what goes to another one, under the name of a
// face. Handlers of the same face count together. It must not be called any more once
// requests come in.
func (q *Requests) Count(face string, h http.Handler) http.Handler {
	f := q.face(face)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := q.now()
		counted := &countedWriter{ResponseWriter: w}
		defer func() { // also where the handler breaks the connection
			now := q.now()
			f.add(now.Unix()/60, counted.status, now.Sub(start))
		}()
		h.ServeHTTP(counted, r)
	})
}

func (q *Requests) face(name string) *faceCounts {
	for _, f := range q.faces {
		if f.name == name {
			return f
		}
	}
	f := &faceCounts{name: name}
	q.faces = append(q.faces, f)
	return f
}

func (f *faceCounts) add(minute int64, status int, took time.Duration) {
	m := &f.minutes[minute%requestMinutes]
	if m.minute.Load() != minute {
		f.begin(m, minute)
	}
	// No status is 200, as net/http has it.
	m.classes[max(0, min(status/100, 5)-2)].Add(1)
	m.micros.Add(took.Microseconds())
}

// begin empties what was counted an hour ago. One who still counts there is lost.
func (f *faceCounts) begin(m *minuteCounts, minute int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m.minute.Load() >= minute {
		return
	}
	for i := range m.classes {
		m.classes[i].Store(0)
	}
	m.micros.Store(0)
	m.minute.Store(minute)
}

// Faces returns the requests of the last hour, by face in the order in which they were
// named.
func (q *Requests) Faces() []FaceRequests {
	last := q.now().Unix() / 60
	list := make([]FaceRequests, len(q.faces))
	for i, f := range q.faces {
		list[i] = FaceRequests{f.name, make([]RequestMinute, requestMinutes)}
		for j := range list[i].Minutes {
			list[i].Minutes[j] = f.read(last - requestMinutes + 1 + int64(j))
		}
	}
	return list
}

func (f *faceCounts) read(minute int64) RequestMinute {
	r := RequestMinute{At: time.Unix(minute*60, 0).UTC()}
	m := &f.minutes[minute%requestMinutes]
	if m.minute.Load() != minute {
		return r
	}
	for i := range m.classes {
		r.Classes[i] = m.classes[i].Load()
		r.Total += r.Classes[i]
	}
	r.Took = time.Duration(m.micros.Load()) * time.Microsecond
	return r
}

// countedWriter remembers the status of an answer, and leaves all else as it is.
type countedWriter struct {
	http.ResponseWriter

	status int
}

// Unwrap lets http.ResponseController find the connection.
func (w *countedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader notes the last status that is no 1xx.
func (w *countedWriter) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// ReadFrom keeps sendfile, see [Writer.ReadFrom].
func (w *countedWriter) ReadFrom(r io.Reader) (int64, error) { return io.Copy(w.ResponseWriter, r) }
