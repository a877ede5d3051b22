//go:build unix

package fsblob

// canSyncDirs says whether a folder can be opened and flushed.
const canSyncDirs = true
