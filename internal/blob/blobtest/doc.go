// Package blobtest holds what every blob store is tested with: [Run], the
// conformance suite, and [FailAfter] and [LoseAfter], which make a working store
// fail on purpose, to test those who use one.
//
// It is not a mock: the faulty store wraps a real one. It may import the standard
// library and package blob only, and only tests import it.
package blobtest
