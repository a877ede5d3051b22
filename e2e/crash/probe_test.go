package crash_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// probe is one push that kills the server at a chosen point, and goes on after
// the restart where the server says it is.
type probe struct {
	log  *ackLog
	rng  *rand.Rand
	name string
	blob blob
	kill func() // kills the server and closes the log

	location  string // of the open upload, empty for none
	acked     int    // bytes of it that were acknowledged
	sent      int    // bytes of it that the server can have at most
	finishing bool   // the last request was sent, so that the upload may be over
	done      bool   // the blob was acknowledged
}

// phase is a point of a push. It gives an error only if it did not get there.
type phase struct {
	name string
	run  func(p *probe, ctx context.Context, c *client) error
}

func phases() []phase {
	return []phase{
		{"after POST", (*probe).afterPost},
		{"in PATCH", (*probe).inPatch},
		{"after PATCH", (*probe).afterPatch},
		{"in PUT", (*probe).inPut},
		{"in commit", (*probe).inCommit},
		{"after PUT", (*probe).afterPut},
		{"in manifest PUT", (*probe).inManifest},
		{"after manifest PUT", (*probe).afterManifest},
	}
}

func (p *probe) afterPost(ctx context.Context, c *client) error {
	if err := p.open(ctx, c, 0); err != nil {
		return err
	}
	p.kill()
	return nil
}

func (p *probe) inPatch(ctx context.Context, c *client) error {
	if err := p.open(ctx, c, len(p.blob.data)/4); err != nil {
		return err
	}
	return p.dieInside(ctx, c, http.MethodPatch, p.location)
}

func (p *probe) afterPatch(ctx context.Context, c *client) error {
	if err := p.open(ctx, c, len(p.blob.data)/2); err != nil {
		return err
	}
	p.kill()
	return nil
}

func (p *probe) inPut(ctx context.Context, c *client) error {
	if err := p.open(ctx, c, len(p.blob.data)/4); err != nil {
		return err
	}
	p.finishing = true
	return p.dieInside(ctx, c, http.MethodPut, withDigest(p.location, p.blob.digest))
}

// inCommit kills a few milliseconds after the server has got the last byte,
// while it makes the blob durable.
func (p *probe) inCommit(ctx context.Context, c *client) error {
	if err := p.open(ctx, c, len(p.blob.data)/2); err != nil {
		return err
	}
	p.finishing, p.sent = true, len(p.blob.data)
	delay := time.Duration(p.rng.IntN(10_000)) * time.Microsecond
	var killed sync.WaitGroup
	last := sync.OnceFunc(func() {
		killed.Go(func() {
			timer := time.NewTimer(delay)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
			p.kill()
		})
	})
	body := &lastByte{Reader: bytes.NewReader(p.blob.data[p.acked:]), reached: last}
	res, err := c.do(ctx, call{
		method: http.MethodPut, url: withDigest(p.location, p.blob.digest), name: p.name,
		header: map[string]string{"Content-Type": "application/octet-stream"},
		body:   func() io.Reader { return body },
	})
	last() // if it answered before it read all
	killed.Wait()
	if err == nil && res.status == http.StatusCreated {
		p.done = true
		return p.log.ackLate(p.blobEntry())
	}
	if err == nil {
		return fmt.Errorf("PUT: %d %.200s", res.status, res.body)
	}
	return ctx.Err() // no answer: it died first, as it should
}

// lastByte tells when the body has been read.
type lastByte struct {
	io.Reader
	reached func()
}

// Read implements io.Reader.
func (r *lastByte) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if errors.Is(err, io.EOF) {
		r.reached()
	}
	return n, err
}

func (p *probe) afterPut(ctx context.Context, c *client) error {
	if err := p.open(ctx, c, len(p.blob.data)/2); err != nil {
		return err
	}
	if err := c.finishUpload(ctx, p.name, p.location, p.blob.digest, p.blob.data[p.acked:]); err != nil {
		return err
	}
	p.kill()
	p.done = true
	return p.log.ackLate(p.blobEntry())
}

// inManifest moves four tags as fast as it can and kills at a random time.
func (p *probe) inManifest(ctx context.Context, c *client) error {
	if err := p.pushAll(ctx, c); err != nil {
		return err
	}
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = p.moveTag(ctx, c, fmt.Sprintf("moving-%d", i)) })
	}
	timer := time.NewTimer(20*time.Millisecond + time.Duration(p.rng.IntN(30_000))*time.Microsecond)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	p.kill()
	wg.Wait()
	return errors.Join(errs...)
}

// moveTag pushes one manifest after the other until the server is gone.
func (p *probe) moveTag(ctx context.Context, c *client, tag string) error {
	for n := 0; ctx.Err() == nil; n++ {
		manifest, err := makeManifest([]blob{p.blob}, fmt.Sprintf("%s %s %d", p.name, tag, n))
		if err != nil {
			return err
		}
		e := p.manifestEntry(manifest, tag)
		if err := p.log.try(e); err != nil {
			return err
		}
		if err := c.putManifest(ctx, p.name, tag, manifest); err != nil {
			if p.log.isClosed() {
				return nil
			}
			return err
		}
		if ok, err := p.log.ack(e); err != nil || !ok {
			return err
		}
	}
	return ctx.Err()
}

func (p *probe) afterManifest(ctx context.Context, c *client) error {
	if err := p.pushAll(ctx, c); err != nil {
		return err
	}
	manifest, err := makeManifest([]blob{p.blob}, p.name)
	if err != nil {
		return err
	}
	e := p.manifestEntry(manifest, "latest")
	if err := p.log.try(e); err != nil {
		return err
	}
	if err := c.putManifest(ctx, p.name, "latest", manifest); err != nil {
		return err
	}
	p.kill()
	return p.log.ackLate(e)
}

// open starts the upload and sends its first bytes.
func (p *probe) open(ctx context.Context, c *client, first int) error {
	var err error
	if p.location, err = c.startUpload(ctx, p.name); err != nil || first == 0 {
		return err
	}
	p.location, err = c.patch(ctx, p.name, p.location, 0, p.blob.data[:first])
	p.acked, p.sent = first, first
	return err
}

// dieInside sends the rest of the blob and kills the server while bytes of it
// are on their way.
func (p *probe) dieInside(ctx context.Context, c *client, method, location string) error {
	rest := p.blob.data[p.acked:]
	deadly := &deadlyReader{data: rest, at: 1 + p.rng.IntN(len(rest)), kill: p.kill}
	header := map[string]string{"Content-Type": "application/octet-stream"}
	if method == http.MethodPatch {
		header["Content-Range"] = fmt.Sprintf("%d-%d", p.acked, len(p.blob.data)-1)
	}
	res, err := c.do(ctx, call{method: method, url: location, name: p.name, header: header, body: func() io.Reader { return deadly }})
	if !deadly.killed {
		// It answered before it read the body.
		return fmt.Errorf("%s %s: %d %.200s: %w", method, location, res.status, res.body, err)
	}
	p.sent = p.acked + deadly.at
	return nil
}

// deadlyReader kills the server when it has given out so many bytes.
type deadlyReader struct {
	data   []byte
	pos    int
	at     int
	kill   func()
	killed bool
}

// Read implements io.Reader.
func (r *deadlyReader) Read(b []byte) (int, error) {
	if r.pos == r.at {
		r.kill()
		r.killed = true
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(b, r.data[r.pos:r.at])
	r.pos += n
	return n, nil
}

// pushAll pushes the blob and logs it.
func (p *probe) pushAll(ctx context.Context, c *client) error {
	if _, err := pushBlob(ctx, c, p.name, p.blob, 2); err != nil {
		return err
	}
	p.done = true
	return ackOrCrashed(p.log, p.blobEntry())
}

// resume finishes the upload on the restarted server.
func (p *probe) resume(ctx context.Context, c *client) (from int, err error) {
	if p.done {
		return 0, nil
	}
	status, err := c.do(ctx, call{method: http.MethodGet, url: p.location, name: p.name})
	if err != nil {
		return 0, err
	}
	if status.status == http.StatusNotFound && p.finishing {
		return len(p.blob.data), p.isThere(ctx, c)
	}
	if status.status != http.StatusNoContent {
		return 0, fmt.Errorf("status of the open upload: %d %.200s", status.status, status.body)
	}
	if from, err = uploadOffset(status); err != nil {
		return from, err
	}
	if from < p.acked || from > p.sent {
		return from, fmt.Errorf("the server has %d bytes; %d were acknowledged and %d sent", from, p.acked, p.sent)
	}
	if l := status.header.Get("Location"); l != "" {
		p.location = l
	}
	if from < len(p.blob.data) {
		if p.location, err = c.patch(ctx, p.name, p.location, from, p.blob.data[from:]); err != nil {
			return from, err
		}
	}
	if err := c.finishUpload(ctx, p.name, p.location, p.blob.digest, nil); err != nil {
		return from, err
	}
	return from, ackOrCrashed(p.log, p.blobEntry())
}

// isThere checks the blob of an upload that is over but was not acknowledged:
// all or nothing means that it is complete.
func (p *probe) isThere(ctx context.Context, c *client) error {
	res, err := c.want(ctx, http.StatusOK, call{method: http.MethodGet, url: "/v2/" + p.name + "/blobs/" + p.blob.digest, name: p.name})
	if err != nil {
		return fmt.Errorf("the upload is over, yet its blob is not there: %w", err)
	}
	if got := digestOf(res.body); got != p.blob.digest {
		return fmt.Errorf("the upload is over with %d bytes and digest %s, want %s", len(res.body), got, p.blob.digest)
	}
	return ackOrCrashed(p.log, p.blobEntry())
}

func (p *probe) blobEntry() entry {
	return entry{Kind: "blob", Name: p.name, Digest: p.blob.digest, Size: len(p.blob.data)}
}

func (p *probe) manifestEntry(manifest []byte, tag string) entry {
	return entry{Kind: "manifest", Name: p.name, Digest: digestOf(manifest), Size: len(manifest), Tag: tag}
}
