// Package powercut is a disk that can lose power: a FUSE file system with one
// file, disk.img, to be attached as a loop device and formatted.
//
// Blocks written since the last fsync live in memory only. A cut drops all of
// them, or a random half of them (a real disk reorders its cache), and every
// write after it fails with EIO. What a program did not sync is then gone, as
// it is gone after a real power failure.
//
// It models lost and reordered blocks, not torn ones: a 4 KiB block is written
// as a whole or not at all. The base file itself is never synced, because the
// machine that runs the test keeps its power.
//
// It may import go-fuse and the standard library.
package powercut
