package blobtest

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/berth-registry/berth/internal/blob"
)

// Run tests that the stores returned by open keep the promises of [blob.Store].
// Each call of open returns an empty store; open arranges for its end itself.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	t.Helper()
	tests := []struct {
		name string
		test func(t *testing.T, s blob.Store)
	}{
		{"Put", testPut},
		{"Zero", testZero},
		{"Big", testBig},
		{"Resume", testResume},
		{"WrongOffset", testWrongOffset},
		{"Leftovers", testLeftovers},
		{"LeftoversWhileReading", testLeftoversWhileReading},
		{"Restart", testRestart},
		{"SourceFails", testSourceFails},
		{"SourceFailsAtOnce", testSourceFailsAtOnce},
		{"CancelledInTheMiddle", testCancelledInTheMiddle},
		{"Commit", testCommit},
		{"Ranges", testRanges},
		{"Delete", testDelete},
		{"DeleteWhileReading", testDeleteWhileReading},
		{"URL", testURL},
		{"BusyKey", testBusyKey},
		{"OneWinner", testOneWinner},
		{"ManyKeys", testManyKeys},
		{"OpenDuringCommit", testOpenDuringCommit},
		{"Keys", testKeys},
		{"KeysPaging", testKeysPaging},
		{"InvalidKeys", testInvalidKeys},
		{"Cancelled", testCancelled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.test(t, open(t))
		})
	}
}

// appendOK appends content and fails the test unless all of it is kept.
func appendOK(t *testing.T, s blob.Store, key string, off int64, content string) {
	t.Helper()
	n, err := s.Append(t.Context(), key, off, strings.NewReader(content))
	if n != int64(len(content)) || err != nil {
		t.Fatalf("Append at %d = %d, %v, want %d", off, n, err, len(content))
	}
}

func commitOK(t *testing.T, s blob.Store, key string) {
	t.Helper()
	if err := s.Commit(t.Context(), key); err != nil {
		t.Fatalf("Commit: %v", err)
	}
}

// content returns what is stored from off.
func content(t *testing.T, s blob.Store, key string, off int64) string {
	t.Helper()
	r, err := s.Open(t.Context(), key, off)
	if err != nil {
		t.Fatalf("Open at %d: %v", off, err)
	}
	b, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatalf("read from %d: %v", off, err)
	}
	return string(b)
}

func wantContent(t *testing.T, s blob.Store, key, want string) {
	t.Helper()
	if got := content(t, s, key, 0); got != want {
		t.Fatalf("content = %.40q (%d bytes), want %.40q (%d bytes)", got, len(got), want, len(want))
	}
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("%s = %v, want %v", what, got, want)
	}
}

// wantSourceErr tests that err is the reader's error, not the store's.
func wantSourceErr(t *testing.T, err, cause error) {
	t.Helper()
	if _, ok := errors.AsType[*blob.SourceError](err); !ok || !errors.Is(err, cause) {
		t.Fatalf("Append = %v, want a SourceError of %v", err, cause)
	}
}

func testPut(t *testing.T, s blob.Store) {
	key := blob.NewKey()
	_, err := s.Open(t.Context(), key, 0)
	wantErr(t, "Open of a missing key", err, blob.ErrNotExist)
	appendOK(t, s, key, 0, "hello")
	wantContent(t, s, key, "hello") // an upload can be read, to hash it again
	commitOK(t, s, key)
	wantContent(t, s, key, "hello")
}

func testZero(t *testing.T, s blob.Store) {
	key := blob.NewKey()
	appendOK(t, s, key, 0, "")
	wantContent(t, s, key, "")
	commitOK(t, s, key)
	wantContent(t, s, key, "")
}

// testBig crosses every buffer of an implementation, in odd pieces.
func testBig(t *testing.T, s blob.Store) {
	data := make([]byte, 8<<20+13)
	if _, err := rand.Read(data); err != nil {
		t.Fatal(err)
	}
	key := blob.NewKey()
	for off, piece := 0, 1; off < len(data); piece = piece*7 + 3 {
		end := min(off+piece, len(data))
		n, err := s.Append(t.Context(), key, int64(off), bytes.NewReader(data[off:end]))
		if n != int64(end-off) || err != nil {
			t.Fatalf("Append at %d = %d, %v, want %d", off, n, err, end-off)
		}
		off = end
	}
	commitOK(t, s, key)
	r, err := s.Open(t.Context(), key, 0)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	n, err := io.Copy(sum, r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	if want := sha256.Sum256(data); n != int64(len(data)) || !bytes.Equal(sum.Sum(nil), want[:]) {
		t.Fatalf("read %d bytes with sha256 %x, want %d with %x", n, sum.Sum(nil), len(data), want)
	}
}

func testCommit(t *testing.T, s blob.Store) {
	key := blob.NewKey()
	wantErr(t, "Commit of a missing key", s.Commit(t.Context(), key), blob.ErrNotExist)
	appendOK(t, s, key, 0, "abc")
	commitOK(t, s, key)
	commitOK(t, s, key)
	for _, off := range []int64{0, 1, 3, 4} {
		r := strings.NewReader("x")
		n, err := s.Append(t.Context(), key, off, r)
		wantErr(t, "Append to a committed key", err, blob.ErrCommitted)
		if n != 0 || r.Len() != 1 {
			t.Fatalf("Append to a committed key = %d, and read %d bytes, want none", n, 1-r.Len())
		}
	}
	wantContent(t, s, key, "abc")
}

func testRanges(t *testing.T, s blob.Store) {
	const all = "0123456789"
	key := blob.NewKey()
	appendOK(t, s, key, 0, all)
	for _, state := range []string{"unfinished", "committed"} {
		for off := range len(all) + 1 {
			if got := content(t, s, key, int64(off)); got != all[off:] {
				t.Errorf("%s from %d = %q, want %q", state, off, got, all[off:])
			}
		}
		for _, off := range []int64{-1, int64(len(all)) + 1, 1 << 40} {
			_, err := s.Open(t.Context(), key, off)
			wantErr(t, state+" Open out of range", err, blob.ErrOffset)
		}
		commitOK(t, s, key)
	}
}

func testDelete(t *testing.T, s blob.Store) {
	missing, unfinished, committed, other := blob.NewKey(), blob.NewKey(), blob.NewKey(), blob.NewKey()
	for _, key := range []string{unfinished, committed, other} {
		appendOK(t, s, key, 0, "abc")
	}
	commitOK(t, s, committed)
	for _, key := range []string{missing, unfinished, committed, committed} {
		if err := s.Delete(t.Context(), key); err != nil {
			t.Fatalf("Delete: %v", err)
		}
		_, err := s.Open(t.Context(), key, 0)
		wantErr(t, "Open after Delete", err, blob.ErrNotExist)
		wantErr(t, "Commit after Delete", s.Commit(t.Context(), key), blob.ErrNotExist)
		_, err = s.Append(t.Context(), key, 3, strings.NewReader("x"))
		wantErr(t, "Append after Delete", err, blob.ErrOffset)
	}
	wantContent(t, s, other, "abc")
}

func testDeleteWhileReading(t *testing.T, s blob.Store) {
	key := blob.NewKey()
	appendOK(t, s, key, 0, "abc")
	commitOK(t, s, key)
	r, err := s.Open(t.Context(), key, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), key); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	if got, err := io.ReadAll(r); err == nil && string(got) != "abc" {
		t.Errorf("read %q after Delete, want abc or an error", got)
	}
	if err := r.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}
