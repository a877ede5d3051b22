package blobtest_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/berth-registry/berth/internal/blob"
	"github.com/berth-registry/berth/internal/blob/blobtest"
	"github.com/berth-registry/berth/internal/blob/memblob"
)

// A wrapper that never fails must be as good as the store in it.
func TestFaultyThatWorks(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(*testing.T) blob.Store { return blobtest.FailAfter(memblob.New(), -1) })
}

// put stores content in two pieces, commits and reads it, as a use case would.
func put(t *testing.T, s blob.Store, key, content string) (got string, err error) {
	t.Helper()
	half := len(content) / 2
	if _, err := s.Append(t.Context(), key, 0, strings.NewReader(content[:half])); err != nil {
		return "", err
	}
	if _, err := s.Append(t.Context(), key, int64(half), strings.NewReader(content[half:])); err != nil {
		return "", err
	}
	if err := s.Commit(t.Context(), key); err != nil {
		return "", err
	}
	r, err := s.Open(t.Context(), key, 0)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(r)
	return string(b), errors.Join(err, r.Close())
}

func TestFaultAtEachCall(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("0123456789", 100)
	for name, wrap := range map[string]func(blob.Store, int) *blobtest.Faulty{
		"fail": blobtest.FailAfter, "lose": blobtest.LoseAfter,
	} {
		for n := range 5 {
			t.Run(fmt.Sprintf("%s after %d", name, n), func(t *testing.T) {
				t.Parallel()
				inner, key := memblob.New(), blob.NewKey()
				s := wrap(inner, n)
				got, err := put(t, s, key, content)
				if n == 4 { // as many calls as there are
					if got != content || err != nil || s.Hits() != 0 {
						t.Fatalf("put = %d bytes, %v with %d faults, want it whole", len(got), err, s.Hits())
					}
					return
				}
				if !errors.Is(err, blobtest.ErrInjected) || s.Hits() != 1 {
					t.Fatalf("put = %v with %d faults, want one injected fault", err, s.Hits())
				}
				s.Heal()
				if got, err := put(t, s, blob.NewKey(), content); got != content || err != nil {
					t.Fatalf("put after Heal = %d bytes, %v, want it whole", len(got), err)
				}
			})
		}
	}
}

func TestFaultEffects(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		wrap     func(blob.Store, int) *blobtest.Faulty
		appended int  // bytes left behind by the failing Append
		deleted  bool // whether the failing Delete has worked
	}{
		{"fail", blobtest.FailAfter, 100, false},
		{"lose", blobtest.LoseAfter, 1000, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inner, key := memblob.New(), blob.NewKey()
			s := tt.wrap(inner, 0)
			n, err := s.Append(t.Context(), key, 0, strings.NewReader(strings.Repeat("x", 1000)))
			if n != 0 || !errors.Is(err, blobtest.ErrInjected) {
				t.Fatalf("Append = %d, %v, want 0 and the injected fault", n, err)
			}
			if _, err := inner.Open(t.Context(), key, int64(tt.appended)); err != nil {
				t.Errorf("left behind less than %d bytes: %v", tt.appended, err)
			}
			if _, err := inner.Open(t.Context(), key, int64(tt.appended)+1); !errors.Is(err, blob.ErrOffset) {
				t.Errorf("left behind more than %d bytes: %v", tt.appended, err)
			}
			if err := s.Delete(t.Context(), key); !errors.Is(err, blobtest.ErrInjected) {
				t.Errorf("Delete = %v, want the injected fault", err)
			}
			if _, err := inner.Open(t.Context(), key, 0); errors.Is(err, blob.ErrNotExist) != tt.deleted {
				t.Errorf("Open after Delete = %v, want deleted: %v", err, tt.deleted)
			}
			for _, err := range s.Keys(t.Context(), "") {
				if !errors.Is(err, blobtest.ErrInjected) {
					t.Errorf("Keys yields %v, want the injected fault", err)
				}
			}
			if s.Hits() != 3 {
				t.Errorf("Hits = %d, want 3", s.Hits())
			}
		})
	}
}
