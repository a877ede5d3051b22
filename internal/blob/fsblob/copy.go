package fsblob

import (
	"io"
	"os"
	"sync/atomic"
)

// piece is a buffer with n bytes to be written.
type piece struct {
	buf *[bufferSize]byte
	n   int
}

func (s *Store) buffer() *[bufferSize]byte {
	if buf, ok := s.buffers.Get().(*[bufferSize]byte); ok {
		return buf
	}
	return new([bufferSize]byte)
}

// copy writes what src yields and returns the bytes written, why src ended if it
// failed, and the error of the file. It writes all it has read, whatever happens
// to src, unless the file fails.
//
// What does not fit into one buffer is written by a goroutine of its own, so that
// the next piece is received, and hashed by the caller's reader, meanwhile.
func (s *Store) copy(f *os.File, off int64, src io.Reader) (written int64, sourceErr, err error) {
	first := s.buffer()
	n, sourceErr := fill(src, first[:])
	if sourceErr != nil {
		defer s.buffers.Put(first)
		if n > 0 {
			_, err = s.write(f, first[:n])
		}
		written = int64(n)
	} else {
		written, sourceErr, err = s.copyBehind(f, off, src, piece{first, n})
	}
	if err != nil {
		return 0, nil, err
	}
	if sourceErr == io.EOF { //nolint:errorlint // exactly: a wrapped EOF is a broken stream
		sourceErr = nil
	}
	return written, sourceErr, nil
}

// copyBehind goes on after the first piece, reading one buffer while another is
// being written.
func (s *Store) copyBehind(f *os.File, off int64, src io.Reader, p piece) (written int64, sourceErr, err error) {
	full, free := make(chan piece, 1), make(chan *[bufferSize]byte, 2)
	done := make(chan error, 1)
	var failed atomic.Bool
	go func() {
		err := s.writePieces(f, off, full, free, &failed)
		done <- err
	}()
	free <- s.buffer()
	for {
		full <- p
		written += int64(p.n)
		if sourceErr != nil || failed.Load() {
			break
		}
		p.buf = <-free
		p.n, sourceErr = fill(src, p.buf[:])
	}
	close(full)
	err = <-done
	for range cap(free) {
		s.buffers.Put(<-free)
	}
	return written, sourceErr, err
}

// writePieces writes pieces until there are no more. After a failure it only hands
// the buffers back.
func (s *Store) writePieces(f *os.File, off int64, full <-chan piece, free chan<- *[bufferSize]byte, failed *atomic.Bool) (err error) {
	var written, started int64 // started is how much the kernel was asked to write back
	for p := range full {
		if err == nil && p.n > 0 {
			_, err = s.write(f, p.buf[:p.n])
			written += int64(p.n)
		}
		if err != nil {
			failed.Store(true)
		} else if written-started >= writebackWindow {
			s.writeback(f, off+started, written-started)
			started = written
		}
		free <- p.buf
	}
	return err
}
