package registry

import (
	"errors"
	"strconv"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// What is large is read once, few of it are remembered, and nobody waits behind many.
func TestReadLarge(t *testing.T) {
	t.Parallel()
	s, err := New(nil, nil, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	reads := 0
	read := func(key string) error {
		_, err := s.readLarge(t.Context(), key, func() ([]Document, error) {
			reads++
			return []Document{{Title: key}}, nil
		})
		return err
	}
	for range 3 {
		if err := read("a"); err != nil || reads != 1 {
			t.Errorf("%d reads, %v", reads, err)
		}
	}
	for i := range 2 * maxReading { // each gives its place back
		if err := read(strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := read("a"); err != nil || reads != 2*maxReading+2 || s.documents.Len() != keptDocuments {
		t.Errorf("%d reads, %d kept, %v", reads, s.documents.Len(), err)
	}
	if _, err := s.readLarge(t.Context(), "lost", func() ([]Document, error) { return []Document{{Problem: missing}}, nil }); err != nil || s.documents.Contains("lost") {
		t.Errorf("what was lost is remembered, %v", err)
	}
	for range maxReading {
		s.reading <- struct{}{}
	}
	if err := read("b"); !errors.Is(err, berth.ErrUnavailable) {
		t.Errorf("behind too many: %v", err)
	}
	if err := read("a"); err != nil {
		t.Errorf("what is remembered, behind too many: %v", err)
	}
	lost := keyOf("sha256:a", []meta.Blob{{}})
	if there := keyOf("sha256:a", []meta.Blob{{Digest: "sha256:b"}}); lost == there {
		t.Error("what was lost and is there again is not read")
	}
}
