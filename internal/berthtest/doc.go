// Package berthtest boots the whole server in a test: a temporary SQLite file (or
// a schema in PostgreSQL), blobs in memory, a clock that the test owns, and a real
// HTTP listener. It may import everything; nothing but tests may import it.
package berthtest
