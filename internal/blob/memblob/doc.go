// Package memblob keeps blobs in memory, for tests and for trying Berth out. It
// forgets everything when the process ends, so "durable" means nothing here.
//
// It may import the standard library and package blob only.
package memblob
