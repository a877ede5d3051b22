// Package meta keeps the registry's metadata in SQL: people, packages,
// manifests, tags, uploads, and which blob lies under which storage key.
//
// It speaks SQLite and PostgreSQL with one SQL text; what differs is in
// dialect.go. Methods of [Tx] are one statement each, named by noun and verb;
// only the core (registry, account) opens transactions. It decides nothing
// about permissions and never touches the bytes of blobs.
//
// It may import package berth and the database drivers, which nobody else may.
package meta
