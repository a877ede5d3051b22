//go:build linux && !arm

package fsblob

import (
	"os"
	"syscall"
)

// syncFileRangeWrite is SYNC_FILE_RANGE_WRITE: start writing, wait for nothing.
// The flags that wait would also take a write error away from the final fsync,
// which has to see it.
const syncFileRangeWrite = 2

// startWriteback asks the kernel to begin writing a range of f. It is a hint:
// that it cannot is no failure, since the flush at the end does the whole work.
func startWriteback(f *os.File, off, n int64) {
	conn, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) {
		_ = syscall.SyncFileRange(int(fd), off, n, syncFileRangeWrite)
	})
}
