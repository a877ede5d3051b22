// Package metatest holds the tests of package meta that need nothing but its
// exported face, so that they run alike on each database, and opens databases
// for other tests.
package metatest
