// Package fsblob keeps blobs as files in one directory. It is not shared: one
// process at a time may write to a directory.
//
// # On disk
//
//	DIR/ab/abcd….part    unfinished: mode 0600, grows by Append
//	DIR/ab/abcd…         committed: mode 0440, never changes
//
// where "ab" are the first two characters of the key. Both names are in the same
// folder, so Commit is one atomic rename and one flush of one folder.
//
// # What a crash leaves
//
//   - During Append: a .part file, perhaps with bytes beyond the acknowledged
//     ones. The next Append cuts them.
//   - In Commit before the rename: the .part file. Commit again.
//   - In Commit after the rename: the final file, perhaps not yet durable or
//     still writable. Commit again flushes the folder and repairs the mode.
//   - During Delete: the file is there or not.
//
// A file is only renamed after its bytes are flushed, so a final name never
// shows an incomplete file. Nothing needs to be repaired when a store is opened.
//
// It may import the standard library and package blob only.
package fsblob
