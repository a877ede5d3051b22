// Package blob is where bytes live: a small interface, [Store], with one
// implementation per kind of storage (fsblob, memblob, s3blob) and one
// conformance suite for all of them (blobtest).
//
// A store maps random keys to byte strings. A key is filled by [Store.Append],
// once or in many pieces, and sealed by [Store.Commit].
//
// It is not content-addressed: it knows no digests, packages or users. Checking
// digests, deciding who may read what, and remembering which key holds which
// digest is the work of the core and its database. Stores stay dumb.
//
// It may import the standard library and package berth only.
package blob
