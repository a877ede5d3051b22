package fsblob_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/berth-registry/berth/internal/blob"
	"github.com/berth-registry/berth/internal/blob/fsblob"
)

// openBench opens a store where TMPDIR points, which has to be a real disk for
// the figures to mean anything.
func openBench(b *testing.B, opts ...fsblob.Option) *fsblob.Store {
	b.Helper()
	s, err := fsblob.Open(b.TempDir(), opts...)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

func benchAppend(b *testing.B, size int, opts ...fsblob.Option) {
	b.Helper()
	s, data := openBench(b, opts...), bytes.Repeat([]byte{0x5a}, size)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		key := blob.NewKey()
		// The wrapper hides WriteTo: bytes arrive in pieces, as from a connection.
		if _, err := s.Append(b.Context(), key, 0, struct{ io.Reader }{bytes.NewReader(data)}); err != nil {
			b.Fatal(err)
		}
		if err := s.Delete(b.Context(), key); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend64MiB(b *testing.B)  { benchAppend(b, 64<<20) }
func BenchmarkAppend256MiB(b *testing.B) { benchAppend(b, 256<<20) }

// BenchmarkAppend256MiBWithoutSync is the speed of the copy to the page cache.
func BenchmarkAppend256MiBWithoutSync(b *testing.B) {
	benchAppend(b, 256<<20, fsblob.WithoutSync())
}

func benchSmall(b *testing.B, opts ...fsblob.Option) {
	b.Helper()
	s, data := openBench(b, opts...), bytes.Repeat([]byte{0x5a}, 2048)
	b.ReportAllocs()
	for b.Loop() {
		key := blob.NewKey()
		if _, err := s.Append(b.Context(), key, 0, bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
		if err := s.Commit(b.Context(), key); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPutSmall appends and commits a blob of 2 KiB, as most configs are.
func BenchmarkPutSmall(b *testing.B)            { benchSmall(b) }
func BenchmarkPutSmallWithoutSync(b *testing.B) { benchSmall(b, fsblob.WithoutSync()) }

func BenchmarkCommitSmall(b *testing.B) {
	s := openBench(b)
	for b.Loop() {
		b.StopTimer()
		key := blob.NewKey()
		if _, err := s.Append(b.Context(), key, 0, bytes.NewReader(make([]byte, 2048))); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if err := s.Commit(b.Context(), key); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	s, key := openBench(b), blob.NewKey()
	if _, err := s.Append(b.Context(), key, 0, bytes.NewReader(nil)); err != nil {
		b.Fatal(err)
	}
	if err := s.Commit(b.Context(), key); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r, err := s.Open(b.Context(), key, 0)
		if err != nil {
			b.Fatal(err)
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
