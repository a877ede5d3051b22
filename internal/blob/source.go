package blob

import (
	"context"
	"io"
)

// SourceError is a failure of the reader given to [Store.Append], not of the
// store: the bytes that were read before it are kept and durable. Test with
// [errors.As].
type SourceError struct {
	Err error // what the reader returned, or why the context ended
}

// Error returns the reader's message.
func (e *SourceError) Error() string { return "read source: " + e.Err.Error() }

// Unwrap returns the reader's error.
func (e *SourceError) Unwrap() error { return e.Err }

// Source returns a reader for implementations of [Store.Append]: it reads from r
// until ctx ends, and each error it returns is io.EOF or a *[SourceError]. So an
// error of copying from it that is neither comes from the storage.
func Source(ctx context.Context, r io.Reader) io.Reader {
	return &source{ctx: ctx, r: r}
}

type source struct {
	ctx context.Context
	r   io.Reader
}

// maxEmptyReads is how often a reader may return nothing before it is given up,
// as in package bufio.
const maxEmptyReads = 100

func (s *source) Read(p []byte) (int, error) {
	for range maxEmptyReads {
		if err := s.ctx.Err(); err != nil {
			return 0, &SourceError{Err: err}
		}
		n, err := s.r.Read(p)
		switch {
		case err == io.EOF: // exactly: a wrapped EOF is a broken stream, not its end
			return n, io.EOF
		case err != nil:
			return n, &SourceError{Err: err}
		case n > 0 || len(p) == 0:
			return n, nil
		}
	}
	return 0, &SourceError{Err: io.ErrNoProgress}
}
