package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// What the scenarios push in preparation.
const (
	smallBlob  = 1 << 10
	bigBlob    = 64 << 20
	layerBlob  = 256 << 20
	tagCount   = 1000
	tagPage    = 100
	imageLayer = 64 << 10
)

// errSkip means that a scenario does not apply to a target.
var errSkip = errors.New("does not apply")

// env is one target with what was pushed to it in this run.
type env struct {
	target target
	c      *client
	runID  string // makes repositories and content new in every run
	serial atomic.Int64
	notes  []string

	img       image    // in repo("base") under the tag "latest"
	big       string   // digest in repo("base"), or empty
	contended []image  // of the latest round, one per wave
	tagsSize  [2]int64 // bytes of the first page and of the whole list
	tagsDone  bool
}

// newEnv connects to a target.
func newEnv(ctx context.Context, t target, allowRemote bool) (*env, error) {
	e := &env{target: t, c: newClient(t, allowRemote), runID: strings.ToLower(rand.Text()[:8])}
	return e, e.c.ping(ctx)
}

// repo names a repository of this run.
func (e *env) repo(name string) string {
	return e.target.namespace + "/bench-" + e.runID + "-" + name
}

// seed returns a seed that was not used before.
func (e *env) seed() string {
	return fmt.Sprintf("%s/%s/%d", e.target.name, e.runID, e.serial.Add(1))
}

// needImage pushes the image that the read scenarios fetch, and a small blob as
// its first layer.
func needImage(ctx context.Context, e *env) error {
	if e.img.manifest != nil {
		return nil
	}
	img, err := newImage(e.seed(), 2, smallBlob)
	if err != nil {
		return err
	}
	if err := e.c.pushImage(ctx, e.repo("base"), "latest", img); err != nil {
		return err
	}
	e.img = img
	return nil
}

// needBig pushes the blob that the download scenario fetches.
func needBig(ctx context.Context, e *env) error {
	if e.big != "" {
		return nil
	}
	seed := e.seed()
	digest, err := digestStream(seed, bigBlob)
	if err != nil {
		return err
	}
	if err := e.c.pushStreamed(ctx, e.repo("base"), digest, streamBody(seed, bigBlob)); err != nil {
		return err
	}
	e.big = digest
	return nil
}

// streamBody returns a body that is the stream of a seed.
func streamBody(seed string, size int64) func() io.Reader {
	return func() io.Reader {
		s, err := newStream(seed, size)
		if err != nil {
			return errReader{err}
		}
		return s
	}
}

// errReader fails: it carries an error to where bodies are read.
type errReader struct{ err error }

// Read returns the error.
func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// needTags pushes one image under a thousand tags and notes how long the lists
// are, so that the timed requests need no JSON decoding.
func needTags(ctx context.Context, e *env) error {
	if e.tagsDone {
		return nil
	}
	img, err := newImage(e.seed(), 1, smallBlob)
	if err != nil {
		return err
	}
	repo := e.repo("tags")
	if err := e.c.pushImage(ctx, repo, tagName(0), img); err != nil {
		return err
	}
	if err := e.pushTags(ctx, repo, img); err != nil {
		return err
	}
	page, next, size, err := e.readTags(ctx, tagsPath(repo, tagPage))
	if err != nil {
		return err
	}
	if page != tagPage {
		e.notes = append(e.notes, fmt.Sprintf("%s answers ?n=%d with %d tags", e.target.name, tagPage, page))
	} else if next == "" {
		return fmt.Errorf("tags: %d of %d without a Link to more", page, tagCount)
	}
	e.tagsSize[0] = size
	total := 0
	for link := tagsPath(repo, 0); link != ""; {
		n, next, size, err := e.readTags(ctx, link)
		if err != nil {
			return err
		}
		total += n
		e.tagsSize[1] += size
		link = next
	}
	if total != tagCount {
		return fmt.Errorf("tags: %d listed of %d", total, tagCount)
	}
	e.tagsDone = true
	return nil
}

// pushTags stores img under all tags but the first over 8 connections.
func (e *env) pushTags(ctx context.Context, repo string, img image) error {
	const conns = 8
	errs := make([]error, conns)
	var wg sync.WaitGroup
	for w := range conns {
		wg.Go(func() {
			for i := 1 + w; i < tagCount && errs[w] == nil; i += conns {
				errs[w] = e.c.pushManifest(ctx, repo, tagName(i), img)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// readTags fetches and counts one page of tags.
func (e *env) readTags(ctx context.Context, link string) (count int, next string, size int64, err error) {
	a, err := e.c.read(ctx, request{method: http.MethodGet, repo: e.repo("tags"), url: link}, http.StatusOK)
	if err != nil {
		return 0, "", 0, err
	}
	var list struct {
		Tags []string `json:"tags"`
	}
	if err := json.Unmarshal(a.data, &list); err != nil {
		return 0, "", 0, fmt.Errorf("tags: %w", err)
	}
	return len(list.Tags), nextLink(a.header.Get("Link")), a.size, nil
}

func tagName(i int) string { return fmt.Sprintf("v1.%04d", i) }

// tagsPath is the tag list, in pages of n unless n is 0.
func tagsPath(repo string, n int) string {
	p := "/v2/" + repo + "/tags/list"
	if n > 0 {
		p += fmt.Sprintf("?n=%d", n)
	}
	return p
}
