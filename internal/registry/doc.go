// Package registry decides what happens to packages: push, pull, list, mount and
// delete. Each use case takes the viewer as an argument, asks the permission rule
// in one place ([Service.enter]), and uses at most one transaction to change
// anything.
//
// It is not about HTTP: the faces parse and print. It may import packages berth,
// artifact, meta and blob.
//
// # Bytes and rows
//
// Bytes are written before the row that names them and removed after it. A blob's
// storage key is random, chosen when its upload starts, and never used twice.
// Finishing an upload, mounting, answering that a blob exists, and linking renew
// the blob's lease, by the database's clock, so that a collector of garbage can
// tell what somebody counts on.
package registry
