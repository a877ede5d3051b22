//go:build !unix

package main

// lockDir does nothing where the system has no such locks.
func lockDir(string) (unlock func(), err error) { return func() {}, nil }
