//go:build !unix

package fsblob

// canSyncDirs says whether a folder can be opened and flushed. Windows cannot; the
// journal of NTFS keeps the order of changes to names.
const canSyncDirs = false
