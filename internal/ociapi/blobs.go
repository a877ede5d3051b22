package ociapi

import (
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strconv"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
)

const octets = "application/octet-stream"

func (a *API) headBlob(w *httpkit.Writer, r *http.Request, v berth.Viewer, p path) error {
	b, err := a.registry.StatBlob(r.Context(), v, p.name, p.digest)
	if err != nil {
		return err
	}
	setContentHeaders(w, octets, b.Digest, b.Size)
	w.Header().Set("Accept-Ranges", "bytes")
	w.WriteHeader(http.StatusOK)
	return nil
}

func (a *API) getBlob(w *httpkit.Writer, r *http.Request, v berth.Viewer, p path) error {
	b, err := a.registry.OpenBlob(r.Context(), v, p.name, p.digest)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Disposition", "attachment") // never shown by a browser as a page of ours
	if unchanged(w, r, b.Digest) {
		return nil
	}
	wanted := r.Header.Get("Range")
	if match := r.Header.Get("If-Range"); match != "" && match != etag(b.Digest) {
		wanted = ""
	}
	ranges, err := httpkit.ParseRange(wanted, b.Size)
	if err != nil {
		h.Set("Content-Range", fmt.Sprintf("bytes */%d", b.Size))
		return err
	}
	switch len(ranges) {
	case 0:
		return sendPart(w, r, b, httpkit.Range{Start: 0, Length: b.Size}, http.StatusOK)
	case 1:
		h.Set("Content-Range", contentRange(ranges[0], b.Size))
		return sendPart(w, r, b, ranges[0], http.StatusPartialContent)
	}
	return sendParts(w, r, b, ranges)
}

// sendPart sends a blob or one range of it. The reader is opened before the
// status is sent, so that lost bytes are an error and not a short success.
func sendPart(w *httpkit.Writer, r *http.Request, b *registry.Blob, part httpkit.Range, status int) error {
	body, err := b.Reader(r.Context(), part.Start)
	if err != nil {
		return err
	}
	defer body.Close()
	setContentHeaders(w, octets, b.Digest, part.Length)
	w.WriteHeader(status)
	return w.CopyBody(body, part.Length)
}

// sendParts sends several ranges as one multipart document, which clients that
// pull lazily ask for; the whole blob instead would make them fetch everything.
func sendParts(w *httpkit.Writer, r *http.Request, b *registry.Blob, parts []httpkit.Range) error {
	first, err := b.Reader(r.Context(), parts[0].Start)
	if err != nil {
		return err
	}
	if err := first.Close(); err != nil {
		return err
	}
	mw := multipart.NewWriter(w)
	w.Header().Set("Content-Type", "multipart/byteranges; boundary="+mw.Boundary())
	w.Header().Set("Docker-Content-Digest", string(b.Digest))
	w.WriteHeader(http.StatusPartialContent)
	for _, part := range parts {
		if _, err := mw.CreatePart(textproto.MIMEHeader{
			"Content-Type":  {octets},
			"Content-Range": {contentRange(part, b.Size)},
		}); err != nil {
			return err
		}
		if err := copyPart(w, r, b, part); err != nil {
			return err
		}
	}
	return mw.Close()
}

func copyPart(w *httpkit.Writer, r *http.Request, b *registry.Blob, part httpkit.Range) error {
	body, err := b.Reader(r.Context(), part.Start)
	if err != nil {
		return err
	}
	defer body.Close()
	return w.CopyBody(body, part.Length)
}

func contentRange(part httpkit.Range, size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", part.Start, part.Start+part.Length-1, size)
}

func (a *API) deleteBlob(w *httpkit.Writer, r *http.Request, v berth.Viewer, p path) error {
	if err := a.registry.DeleteBlob(r.Context(), v, p.name, p.digest); err != nil {
		return err
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// setContentHeaders describes content that never changes under its digest.
func setContentHeaders(w *httpkit.Writer, contentType string, d berth.Digest, size int64) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	h.Set("Docker-Content-Digest", string(d))
	h.Set("Etag", etag(d))
}

func etag(d berth.Digest) string { return `"` + string(d) + `"` }

// unchanged answers 304 to a client that has the content already.
func unchanged(w *httpkit.Writer, r *http.Request, d berth.Digest) bool {
	if r.Header.Get("If-None-Match") != etag(d) {
		return false
	}
	w.Header().Set("Docker-Content-Digest", string(d))
	w.Header().Set("Etag", etag(d))
	w.WriteHeader(http.StatusNotModified)
	return true
}

// writeBody sends a short document.
func writeBody(w *httpkit.Writer, status int, contentType string, body []byte) error {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}
