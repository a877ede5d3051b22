//go:build nosync

package main

import "github.com/berth-registry/berth/internal/blob/fsblob"

// openBlobs of a nosync build loses data in a power cut, so that the power-cut
// test can prove that it would notice.
func openBlobs(dir string) (*fsblob.Store, error) { return fsblob.Open(dir, fsblob.WithoutSync()) }
