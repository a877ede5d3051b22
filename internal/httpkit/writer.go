package httpkit

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/berth-registry/berth"
)

// Writer is the http.ResponseWriter that handlers get. It counts what was sent
// and carries what the access log should say.
type Writer struct {
	http.ResponseWriter

	// Op, Package and Viewer are for the access log, and for who prints an error.
	Op, Package string
	Viewer      berth.Viewer
	// Path stands for the request's own in the access log, where that is a secret.
	Path string

	id     string
	start  time.Time
	status int
	bytes  int64
}

// Unwrap lets http.ResponseController find the connection.
func (w *Writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader sends the status line and headers.
func (w *Writer) WriteHeader(status int) {
	w.begin(status)
	w.ResponseWriter.WriteHeader(status)
}

// begin notes the status and sets a deadline for the answer. It is set here and
// not with the request, whose body may take hours to come.
func (w *Writer) begin(status int) {
	if w.status != 0 {
		return
	}
	w.status = status
	_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(pieceTimeout)) // not every connection can
}

// Write sends bytes of the body.
func (w *Writer) Write(p []byte) (int, error) {
	w.begin(http.StatusOK)
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// ReadFrom sends a reader's bytes. It exists so that io.Copy from a file still
// reaches the connection's own ReadFrom, which is sendfile: a wrapper with only
// Write would copy every byte through user space.
func (w *Writer) ReadFrom(r io.Reader) (int64, error) {
	w.begin(http.StatusOK)
	n, err := io.Copy(w.ResponseWriter, r)
	w.bytes += n
	return n, err
}

// Sent reports whether the status line is out, so that no error document can
// follow any more.
func (w *Writer) Sent() bool { return w.status != 0 }

// RequestID names the request in the log and in answers to internal errors.
func (w *Writer) RequestID() string { return w.id }

const (
	// idleTimeout is how long a peer may neither send nor take anything.
	idleTimeout = time.Minute
	// minProgress is how many bytes of a body count as progress.
	minProgress = 1 << 10
	// pieceSize is how much is sent under one deadline.
	pieceSize = 512 << 10
	// pieceTimeout is how long a piece may take: 4.4 KB/s is the least.
	pieceTimeout = 2 * time.Minute
)

// CopyBody sends exactly n bytes of r, in pieces that each have a deadline, so
// that a slow client may take its time and a dead one may not.
func (w *Writer) CopyBody(r io.Reader, n int64) error {
	rc := http.NewResponseController(w.ResponseWriter)
	for n > 0 {
		_ = rc.SetWriteDeadline(time.Now().Add(pieceTimeout)) // not every connection can
		sent, err := io.CopyN(w, r, min(n, pieceSize))
		n -= sent
		if err != nil {
			return err
		}
	}
	return nil
}

// Body returns the request's body with a deadline for each read, instead of one
// for the whole, which would cut off large uploads.
func Body(w *Writer, r *http.Request) io.Reader {
	return &patientBody{body: r.Body, rc: http.NewResponseController(w.ResponseWriter), got: minProgress}
}

type patientBody struct {
	body io.Reader
	rc   *http.ResponseController
	got  int // bytes since the deadline was last moved
}

func (b *patientBody) Read(p []byte) (int, error) {
	if b.got >= minProgress {
		b.got = 0
		_ = b.rc.SetReadDeadline(time.Now().Add(idleTimeout)) // not every connection can
	}
	n, err := b.body.Read(p)
	b.got += n
	if errors.Is(err, io.EOF) {
		// Else the deadline would strike while the answer is being made. After
		// any other error it stays: what is left of the body is still to be read
		// by the server, before it answers.
		_ = b.rc.SetReadDeadline(time.Time{})
	}
	return n, err
}

// limitBody gives a body that no handler may read a deadline too: the server reads
// what is left of it before it answers.
func limitBody(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(idleTimeout)) // not every connection can
	}
}
