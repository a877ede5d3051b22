//go:build !linux || arm

package fsblob

import "os"

// startWriteback does nothing where the kernel offers no such hint.
func startWriteback(*os.File, int64, int64) {}
