package registry_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/blob"
	"github.com/berth-registry/berth/internal/blob/blobtest"
	"github.com/berth-registry/berth/internal/blob/memblob"
)

// push uploads a blob in two chunks and a last one, and reports the first status
// that is not a success.
func push(c *berthtest.Client, name string) (int, string) {
	r := c.Do("POST", "/v2/"+name+"/blobs/uploads/", nil)
	if r.Status != http.StatusAccepted {
		return r.Status, ""
	}
	at := r.Header.Get("Location")
	return resume(c, at, 0), at
}

const content = "0123456789abcdefghijklmnopqrstuvwxyz"

func resume(c *berthtest.Client, at string, from int) int {
	for ; from < 24; from += 12 {
		r := c.Do("PATCH", at, strings.NewReader(content[from:from+12]), "Content-Range", fmt.Sprintf("%d-%d", from, from+11))
		if r.Status != http.StatusAccepted {
			return r.Status
		}
	}
	return c.Do("PUT", at+"?digest="+digest.FromString(content).String(), strings.NewReader(content[from:])).Status
}

// The storage fails at its n-th call, for every n: the client hears 5xx and never
// success, nothing is claimed to exist that does not, and when the storage works
// again the session goes on from where it says it is, and a new push succeeds.
func TestStorageFaults(t *testing.T) {
	t.Parallel()
	for kind, inject := range map[string]func(blob.Store, int) *blobtest.Faulty{"fail": blobtest.FailAfter, "lose": blobtest.LoseAfter} {
		for n := 0; ; n++ {
			store := inject(memblob.New(), n)
			s := berthtest.New(t, berthtest.Options{Blobs: store})
			c := s.As("ada")
			status, at := push(c, "ada/app")
			store.Heal()
			if store.Hits() == 0 {
				if status != http.StatusCreated {
					t.Fatalf("%s after %d: %d without a fault", kind, n, status)
				}
				if n < 4 {
					t.Fatalf("only %d calls to the store could fail", n)
				}
				break
			}
			if status < 500 {
				t.Errorf("%s after %d: status %d although the storage failed", kind, n, status)
			}
			blobPath := "/v2/ada/app/blobs/" + digest.FromString(content).String()
			c.Get(blobPath).Want(http.StatusNotFound)
			received := 0
			if _, err := fmt.Sscanf(c.Get(at).Want(http.StatusNoContent).Header.Get("Range"), "0-%d", &received); err != nil {
				t.Fatal(err)
			}
			if received > 0 {
				received++
			}
			if status := resume(c, at, received); status != http.StatusCreated {
				t.Errorf("%s after %d: resumed at %d: %d", kind, n, received, status)
			}
			if got := c.Get(blobPath).Want(http.StatusOK).Body; string(got) != content {
				t.Errorf("%s after %d: content %q", kind, n, got)
			}
			if status, _ := push(c, "ada/two"); status != http.StatusCreated {
				t.Errorf("%s after %d: pushing again: %d", kind, n, status)
			}
		}
	}
}

// brokenBody ends with an error, as the body of a client that goes away.
type brokenBody struct{ r io.Reader }

var errGone = errors.New("client went away")

func (b brokenBody) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err == io.EOF {
		err = errGone
	}
	return n, err
}

// When a client breaks off in the middle of a streamed chunk, what came is kept
// and the session says how much that is.
func TestClientBreaksOff(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	c.Break("PATCH", c.StartUpload("ada/other"), brokenBody{strings.NewReader("x")}) // warms nothing, harms nothing
	at := c.StartUpload("ada/app")
	c.Break("PATCH", at, brokenBody{strings.NewReader(content[:12])})
	r := c.Await(func() *berthtest.Response { return c.Get(at) }, func(r *berthtest.Response) bool { return r.Header.Get("Range") == "0-11" })
	if r == nil {
		t.Fatalf("the bytes of a broken chunk are lost: %s", c.Get(at).Header.Get("Range"))
	}
	c.Do("PATCH", at, strings.NewReader(content[12:]), "Content-Range", fmt.Sprintf("12-%d", len(content)-1)).Want(http.StatusAccepted)
	c.Do("PUT", at+"?digest="+digest.FromString(content).String(), nil).Want(http.StatusCreated)

	// A chunk with a range counts whole or not at all.
	at = c.StartUpload("ada/app")
	c.Break("PATCH", at, brokenBody{strings.NewReader(content[:12])}, "Content-Range", "0-23")
	c.Do("PATCH", at, strings.NewReader(content[:24]), "Content-Range", "0-23").Want(http.StatusAccepted)
}

// A server that died between sealing the bytes and writing that down leaves a
// session that goes on as if the last request had not been.
func TestSealedButNotWrittenDown(t *testing.T) {
	t.Parallel()
	for _, last := range []string{content[24:], ""} {
		s := berthtest.New(t)
		c := s.As("ada")
		at := c.StartUpload("ada/app")
		c.Do("PATCH", at, strings.NewReader(content[:24])).Want(http.StatusAccepted)
		if last == "" {
			c.Do("PATCH", at, strings.NewReader(content[24:])).Want(http.StatusAccepted)
		}
		seal(t, s, last)
		c.Do("PUT", at+"?digest="+digest.FromString(content).String(), strings.NewReader(last)).Want(http.StatusCreated)
		if got := c.Get("/v2/ada/app/blobs/" + digest.FromString(content).String()).Want(http.StatusOK).Body; string(got) != content {
			t.Errorf("content %q", got)
		}
	}
}

// seal does to the only key what the last request of an upload does before it
// writes to the database.
func seal(t *testing.T, s *berthtest.Server, last string) {
	t.Helper()
	for key, err := range s.Blobs.Keys(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if last != "" {
			if _, err := s.Blobs.Append(t.Context(), key, 24, strings.NewReader(last)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Blobs.Commit(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
}

// What a push replaces is deleted later, and what it brought stays.
func TestReplacedBytesAreDeleted(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	for range 3 {
		c.PushBlob("ada/app", content)
	}
	s.Clock.Advance(berthtest.Day)
	if n, err := s.Registry.DeleteDoomed(t.Context()); err != nil || n != 2 {
		t.Errorf("deleted %d keys, %v; want 2", n, err)
	}
	if got := c.Get("/v2/ada/app/blobs/" + digest.FromString(content).String()).Want(http.StatusOK).Body; string(got) != content {
		t.Errorf("content %q", got)
	}
	if got := strings.Count(s.State(), "bytes "); got != 1 {
		t.Errorf("%d keys are left", got)
	}
}
