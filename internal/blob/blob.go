package blob

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// The errors of a [Store]. They arrive wrapped: test with [errors.Is].
var (
	// ErrNotExist says that nothing is stored under the key.
	ErrNotExist = errors.New("blob does not exist")
	// ErrOffset says that the offset is negative or beyond the stored bytes.
	ErrOffset = errors.New("offset is beyond the stored bytes")
	// ErrBusy says that another Append, Commit or Delete of the same key is
	// running. The caller may try again later.
	ErrBusy = errors.New("blob is in use by another writer")
	// ErrCommitted says that the key is committed and takes no more bytes.
	ErrCommitted = errors.New("blob is committed")
	// ErrKey says that the key breaks the grammar of [CheckKey].
	ErrKey = errors.New("invalid blob key")
)

// Store keeps byte strings under random keys. All methods may be called
// concurrently.
//
// A key is chosen with [NewKey] when an upload starts. It is never derived from
// the content and never used again after a Delete: so a late Delete cannot hit
// newer bytes. Every method refuses a key outside the grammar of [CheckKey] with
// [ErrKey], so no key can name anything outside the store.
//
// Every method returns ctx.Err() and does nothing when ctx is done before it
// starts. Only Append and Keys look at ctx again later.
//
// One process at a time may write to a store's keys; the guard behind [ErrBusy]
// is not shared between processes.
type Store interface {
	// Append writes the bytes of r at offset off and returns how many bytes of
	// this call are kept. Offset 0 creates the key, also when r is empty.
	//
	//   - Fewer than off bytes are stored (or none, and off is not 0): ErrOffset,
	//     and nothing changes; r is not read.
	//   - More than off bytes are stored, the leftover of an attempt that was
	//     never acknowledged: they are cut at off first. So off must be the
	//     length that the caller has recorded, never a guess.
	//   - The key is committed: ErrCommitted. Another call is at work on it:
	//     ErrBusy. In both cases r is not read.
	//   - r fails, or ctx ends between two reads: n and a *[SourceError]. All
	//     bytes that were read from r are kept, so a hash fed by an
	//     [io.TeeReader] stands at off+n. The caller may record off+n and go on
	//     later. A Read that blocks is not interrupted; close its source.
	//   - Any other error is the storage's: n is 0, the bytes of this call
	//     cannot be trusted and must not be acknowledged. The bytes before off
	//     are as good as they were. Append again at the same off may succeed.
	//
	// Whenever n bytes are reported as kept they are durable, the key with them:
	// they survive a power cut, so the caller may acknowledge them. A failed
	// flush is never repeated to see whether it works now, because the second
	// one would succeed without having written anything.
	Append(ctx context.Context, key string, off int64, r io.Reader) (int64, error)

	// Commit seals the key as it is: its bytes are durable, and it refuses
	// Append from now on. Commit of a committed key is fine and makes sure again
	// that it is durable, so it can be repeated after a crash. Nothing is stored
	// under the key: ErrNotExist.
	//
	// What is sealed is what is stored, leftovers of a failed Append included.
	// After any doubt (a restart, an Append that failed) first Append an empty
	// reader at the recorded length.
	//
	// After an error the key is not to be used as a blob. Commit may be called
	// again; when it then says ErrNotExist the bytes were not worth keeping (a
	// flush failed) and the upload starts anew under another key.
	Commit(ctx context.Context, key string) error

	// Open reads from offset off, of a committed key or of an unfinished one
	// (to hash it again). Nothing is stored: ErrNotExist. off is negative or
	// beyond the size: ErrOffset; at the size: an empty reader. A reader that is
	// open when the key is deleted may go on to the end or fail, but never
	// returns other bytes. The caller closes it.
	Open(ctx context.Context, key string, off int64) (io.ReadCloser, error)

	// URL returns an address that serves the committed key to anyone for ttl, or
	// "" when the store cannot redirect.
	URL(ctx context.Context, key string, ttl time.Duration) (string, error)

	// Delete removes the key, committed or not. A missing key is not an error.
	// ErrBusy when another call is writing it.
	//
	// Delete is not durable: after a power cut the key may be back. That is
	// harmless, as a key is never reused and no row names it; a sweep over Keys
	// finds it. Waiting for the disk on every deletion would buy nothing.
	Delete(ctx context.Context, key string) error

	// Keys lists all keys, committed or not, in ascending order, beginning after
	// the key (or any other string) after. It holds a small part of the keys in
	// memory at a time. A key that is added, committed or deleted meanwhile may
	// be listed or not: before acting on an absence, Open the key. The sequence
	// ends after the first error.
	Keys(ctx context.Context, after string) iter.Seq2[string, error]
}
