package blobtest

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/berth-registry/berth/internal/blob"
)

var errDropped = errors.New("client dropped")

func testResume(t *testing.T, s blob.Store) {
	key := blob.NewKey()
	appendOK(t, s, key, 0, "abc")
	appendOK(t, s, key, 3, "")
	appendOK(t, s, key, 3, "de")
	wantContent(t, s, key, "abcde")
	appendOK(t, s, key, 5, "f")
	commitOK(t, s, key)
	wantContent(t, s, key, "abcdef")
}

func testWrongOffset(t *testing.T, s blob.Store) {
	missing, key := blob.NewKey(), blob.NewKey()
	appendOK(t, s, key, 0, "abc")
	for _, tt := range []struct {
		key string
		off int64
	}{{key, 4}, {key, -1}, {key, 1 << 40}, {missing, 1}, {missing, -1}} {
		r := strings.NewReader("xyz")
		n, err := s.Append(t.Context(), tt.key, tt.off, r)
		wantErr(t, "Append at a wrong offset", err, blob.ErrOffset)
		if n != 0 || r.Len() != 3 {
			t.Fatalf("Append at %d = %d, and read %d bytes, want none", tt.off, n, 3-r.Len())
		}
	}
	wantContent(t, s, key, "abc")
	_, err := s.Open(t.Context(), missing, 0)
	wantErr(t, "Open of a key that was never begun", err, blob.ErrNotExist)
}

// testLeftovers cuts bytes beyond the offset, and writes none, fewer or more.
func testLeftovers(t *testing.T, s blob.Store) {
	for _, next := range []string{"", "x", "xyz0123"} {
		key := blob.NewKey()
		appendOK(t, s, key, 0, "abcdef")
		appendOK(t, s, key, 2, next)
		wantContent(t, s, key, "ab"+next)
		commitOK(t, s, key)
		wantContent(t, s, key, "ab"+next)
	}
}

// testLeftoversWhileReading is for stores that share memory with their readers.
func testLeftoversWhileReading(t *testing.T, s blob.Store) {
	key := blob.NewKey()
	appendOK(t, s, key, 0, "abcdef")
	r, err := s.Open(t.Context(), key, 0)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		got, err := io.ReadAll(r)
		if err == nil && !strings.HasPrefix(string(got), "ab") {
			err = errors.New("reader sees " + string(got))
		}
		done <- errors.Join(err, r.Close())
	}()
	appendOK(t, s, key, 2, "xyz0")
	if err := <-done; err != nil {
		t.Error(err)
	}
	wantContent(t, s, key, "abxyz0")
}

// testRestart appends at 0 again and again, which is a new beginning each time.
func testRestart(t *testing.T, s blob.Store) {
	key := blob.NewKey()
	for _, text := range []string{"abcdef", "xy", ""} {
		appendOK(t, s, key, 0, text)
		wantContent(t, s, key, text)
	}
}

func testSourceFails(t *testing.T, s blob.Store) {
	for _, size := range []int{1, 1000, 256 << 10, 1<<20 + 1} {
		key, part := blob.NewKey(), strings.Repeat("p", size)
		appendOK(t, s, key, 0, "ab")
		r := io.MultiReader(strings.NewReader(part), iotest.ErrReader(errDropped))
		n, err := s.Append(t.Context(), key, 2, r)
		wantSourceErr(t, err, errDropped)
		if n != int64(size) {
			t.Fatalf("Append of a reader that fails after %d bytes = %d", size, n)
		}
		wantContent(t, s, key, "ab"+part)
		appendOK(t, s, key, 2+n, "cd")
		commitOK(t, s, key)
		wantContent(t, s, key, "ab"+part+"cd")
	}
}

func testSourceFailsAtOnce(t *testing.T, s blob.Store) {
	key := blob.NewKey()
	for range 2 {
		n, err := s.Append(t.Context(), key, 0, iotest.ErrReader(errDropped))
		wantSourceErr(t, err, errDropped)
		if n != 0 {
			t.Fatalf("Append = %d, want 0", n)
		}
		wantContent(t, s, key, "")
	}
	appendOK(t, s, key, 0, "abc")
	wantContent(t, s, key, "abc")
}

// cancelReader ends a context when it is read for the second time.
type cancelReader struct {
	cancel context.CancelFunc
	reads  int
}

func (c *cancelReader) Read(p []byte) (int, error) {
	if c.reads++; c.reads == 2 {
		c.cancel()
	}
	p[0] = 'x'
	return 1, nil
}

func testCancelledInTheMiddle(t *testing.T, s blob.Store) {
	key := blob.NewKey()
	ctx, cancel := context.WithCancel(t.Context())
	n, err := s.Append(ctx, key, 0, &cancelReader{cancel: cancel})
	wantSourceErr(t, err, context.Canceled)
	if n != 2 {
		t.Fatalf("Append = %d, want the 2 bytes that were read", n)
	}
	appendOK(t, s, key, 2, "y")
	wantContent(t, s, key, "xxy")
}

// testBusyKey holds an Append open and tries everything else on its key.
func testBusyKey(t *testing.T, s blob.Store) {
	key := blob.NewKey()
	appendOK(t, s, key, 0, "ab")
	pr, pw := io.Pipe()
	type result struct {
		n   int64
		err error
	}
	first := make(chan result, 1)
	go func() {
		n, err := s.Append(t.Context(), key, 2, pr)
		_ = pr.CloseWithError(errors.New("append has returned"))
		first <- result{n, err}
	}()
	if _, err := io.WriteString(pw, "cd"); err != nil { // returns when it was read: we are inside
		t.Fatal(err)
	}
	for _, off := range []int64{0, 2, 4} {
		r := strings.NewReader("x")
		n, err := s.Append(t.Context(), key, off, r)
		wantErr(t, "second Append", err, blob.ErrBusy)
		if n != 0 || r.Len() != 1 {
			t.Fatalf("second Append = %d, and read %d bytes, want none", n, 1-r.Len())
		}
	}
	wantErr(t, "Commit during Append", s.Commit(t.Context(), key), blob.ErrBusy)
	wantErr(t, "Delete during Append", s.Delete(t.Context(), key), blob.ErrBusy)
	appendOK(t, s, blob.NewKey(), 0, "another key is free")
	if got := content(t, s, key, 0); !strings.HasPrefix(got, "ab") {
		t.Errorf("content during Append = %q, want a beginning of ab", got)
	}

	if err := errors.Join(writeString(pw, "ef"), pw.Close()); err != nil {
		t.Fatal(err)
	}
	if got := <-first; got != (result{4, nil}) {
		t.Fatalf("first Append = %d, %v, want 4", got.n, got.err)
	}
	wantContent(t, s, key, "abcdef")
	commitOK(t, s, key)
}

func writeString(w io.Writer, s string) error {
	_, err := io.WriteString(w, s)
	return err
}
