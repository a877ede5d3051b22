package blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/berth-registry/berth/internal/blob"
)

func TestNewKey(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for range 1000 {
		key := blob.NewKey()
		if err := blob.CheckKey(key); err != nil {
			t.Fatalf("CheckKey(NewKey()) = %v", err)
		}
		if seen[key] {
			t.Fatalf("NewKey returned %s twice", key)
		}
		seen[key] = true
	}
}

func TestCheckKey(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, key string
		ok        bool
	}{
		{"shortest", strings.Repeat("a", 26), true},
		{"longest", strings.Repeat("9", 64), true},
		{"hex", "0123456789abcdef0123456789abcdef", true},
		{"too short", strings.Repeat("a", 25), false},
		{"too long", strings.Repeat("a", 65), false},
		{"before 0", strings.Repeat("/", 26), false},
		{"after 9", strings.Repeat(":", 26), false},
		{"before a", strings.Repeat("`", 26), false},
		{"after z", strings.Repeat("{", 26), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := blob.CheckKey(tt.key); (err == nil) != tt.ok || (err != nil && !errors.Is(err, blob.ErrKey)) {
				t.Errorf("CheckKey(%q) = %v, want ok = %v", tt.key, err, tt.ok)
			}
		})
	}
}

// emptyReader never gets anywhere.
type emptyReader struct{}

func (emptyReader) Read([]byte) (int, error) { return 0, nil }

func TestSource(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	wrappedEOF := fmt.Errorf("stream: %w", io.EOF)
	tests := []struct {
		name string
		ctx  context.Context
		r    io.Reader
		want string
		err  error
	}{
		{"all", t.Context(), strings.NewReader("abc"), "abc", nil},
		{"bytes with EOF", t.Context(), iotest.DataErrReader(strings.NewReader("abc")), "abc", nil},
		{"failure", t.Context(), io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(io.ErrUnexpectedEOF)), "ab", io.ErrUnexpectedEOF},
		{"wrapped EOF is a failure", t.Context(), iotest.ErrReader(wrappedEOF), "", wrappedEOF},
		{"cancelled", ended, strings.NewReader("abc"), "", context.Canceled},
		{"no progress", t.Context(), emptyReader{}, "", io.ErrNoProgress},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got bytes.Buffer
			_, err := got.ReadFrom(blob.Source(tt.ctx, tt.r))
			if got.String() != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("read %q, %v; want %q, %v", got.String(), err, tt.want, tt.err)
			}
			if source, ok := errors.AsType[*blob.SourceError](err); ok != (tt.err != nil) {
				t.Errorf("source error = %v, want one: %v", source, tt.err != nil)
			}
		})
	}
}
