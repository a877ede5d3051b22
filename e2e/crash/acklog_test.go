package crash_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// entry is one line of the ack log.
type entry struct {
	Seq    int    `json:"seq"`
	Acked  bool   `json:"acked"` // false: about to be asked for
	Kind   string `json:"kind"`  // blob or manifest
	Name   string `json:"name"`
	Digest string `json:"digest"`
	Size   int    `json:"size"`
	Tag    string `json:"tag,omitempty"`
}

func (e entry) String() string {
	return fmt.Sprintf("#%d %s %s@%s (%d bytes) tag=%q", e.Seq, e.Kind, e.Name, e.Digest, e.Size, e.Tag)
}

// ackLog remembers what the server has promised. It lives on a disk that is
// not cut.
type ackLog struct {
	mu      sync.Mutex
	file    *os.File
	closed  bool
	entries []entry
	acked   int
}

func openAckLog(t *testing.T) *ackLog {
	t.Helper()
	f, err := os.Create(filepath.Join(t.ArtifactDir(), "ack.log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return &ackLog{file: f}
}

// try notes that a push is about to start, so that a tag may be found moved by
// a push that was never acknowledged.
func (l *ackLog) try(e entry) error {
	_, err := l.append(e, false)
	return err
}

// ack notes a promise. It gives false when the crash came first: an answer that
// arrived too late to be written down was not acknowledged.
func (l *ackLog) ack(e entry) (bool, error) {
	e.Acked = true
	return l.append(e, false)
}

// ackLate is ack for the one who caused the crash and had the answer before it.
func (l *ackLog) ackLate(e entry) error {
	e.Acked = true
	_, err := l.append(e, true)
	return err
}

func (l *ackLog) append(e entry, late bool) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed && !late {
		return false, nil
	}
	e.Seq = len(l.entries)
	line, err := json.Marshal(e)
	if err != nil {
		return false, err
	}
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		return false, err
	}
	if e.Acked {
		if err := l.file.Sync(); err != nil {
			return false, err
		}
	}
	l.entries = append(l.entries, e)
	if e.Acked {
		l.acked++
	}
	return true, nil
}

// crash runs the crash while no line can be written, and keeps the log closed.
func (l *ackLog) crash(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	f()
}

// isClosed tells a pusher whether its error was the crash.
func (l *ackLog) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// reopen starts the next cycle.
func (l *ackLog) reopen() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = false
}

// len counts the lines.
func (l *ackLog) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}

// acks counts the promises.
func (l *ackLog) acks() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.acked
}

func (l *ackLog) all() []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries)
}

// tagKey is one tag of one package.
type tagKey struct{ name, tag string }

// tagState is what a tag may point to.
type tagState struct {
	acked   entry    // last acknowledged push, zero if none
	allowed []string // its digest and those tried after it
}

// tags computes what each tag may point to. One pusher writes each tag, one
// push after the other, so that the order of the log is the order of the pushes.
func tags(entries []entry) map[tagKey]tagState {
	out := map[tagKey]tagState{}
	for _, e := range entries {
		if e.Kind != "manifest" {
			continue
		}
		k := tagKey{e.Name, e.Tag}
		s := out[k]
		if e.Acked {
			s = tagState{acked: e}
		}
		s.allowed = append(s.allowed, e.Digest)
		out[k] = s
	}
	return out
}
