// Package berth is the vocabulary of the registry: names, digests, manifests,
// viewers, the permission rule and the errors. It does no I/O and imports only
// the standard library and the field's own types.
//
// # Words
//
//   - Owner: a User or an Org. Owns packages.
//   - Package: an image name inside an Owner, written "owner/path" ([Name]).
//   - Manifest: exact bytes, their digest and their media type ([Manifest]).
//   - Tag: a name for a manifest in a package ([Tag]).
//   - Blob: content by digest, stored once for the instance, visible only
//     through the packages that hold it.
//   - Upload: a resumable session for one blob, bound to a package and a user.
//   - Token: a personal access token, limited by [Scopes].
//   - Viewer: who asks ([Viewer]). It is an argument of every use case.
//
// # Packages
//
// Three layers stand on this one. The faces (internal/ociapi) parse requests
// and print answers. The core (internal/registry for packages,
// internal/account for people) decides. The memory (internal/meta for rows,
// internal/blob for bytes) remembers. cmd/berth wires them together.
//
// # Life of a push
//
// A client opens an upload (a row), sends bytes (the blob store, under a random
// key), and finishes it: the digest is checked, the bytes are made durable, and
// one transaction links the blob to the package. When all blobs are there, the
// manifest is put: one transaction checks that the package holds everything the
// manifest names, stores its bytes, and moves the tag.
//
// # Life of a pull
//
// A tag is a row that names a manifest row that holds the bytes: a pull of a
// manifest never touches the blob store. A blob is found through the row that
// links it to the package, and streamed from the store.
package berth
