//go:build !nosync

package main

import "github.com/berth-registry/berth/internal/blob/fsblob"

func openBlobs(dir string) (*fsblob.Store, error) { return fsblob.Open(dir) }
