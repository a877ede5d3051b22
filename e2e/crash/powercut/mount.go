package powercut

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// FileName is the only file of the mounted file system.
const FileName = "disk.img"

// Mounted is a disk that the kernel can see.
type Mounted struct {
	server *fuse.Server
}

// Mount shows the disk as DIR/disk.img. It needs root.
func Mount(dir string, d *Disk) (*Mounted, error) {
	// The size never changes and there is one name, so the kernel need not ask.
	forever := time.Hour
	server, err := fs.Mount(dir, &root{disk: d}, &fs.Options{
		EntryTimeout: &forever,
		AttrTimeout:  &forever,
		MountOptions: fuse.MountOptions{
			FsName:        "powercut",
			Name:          "powercut",
			MaxWrite:      1 << 20,
			DirectMount:   true,
			DisableXAttrs: true,
			// A request of a mebibyte and its header do not fit into a pipe.
			DisableSplice: true,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("powercut: mount %s: %w", dir, err)
	}
	return &Mounted{server: server}, nil
}

// Unmount fails with EBUSY while a loop device still holds the file.
func (m *Mounted) Unmount() error { return m.server.Unmount() }

// Wait blocks until the file system is unmounted.
func (m *Mounted) Wait() { m.server.Wait() }

type root struct {
	fs.Inode
	disk *Disk
}

// OnAdd creates the one file.
func (r *root) OnAdd(ctx context.Context) {
	child := r.NewPersistentInode(ctx, &file{disk: r.disk}, fs.StableAttr{Mode: fuse.S_IFREG})
	r.AddChild(FileName, child, true)
}

type file struct {
	fs.Inode
	disk *Disk
}

var (
	_ fs.NodeOnAdder   = (*root)(nil)
	_ fs.NodeGetattrer = (*file)(nil)
	_ fs.NodeOpener    = (*file)(nil)
	_ fs.NodeReader    = (*file)(nil)
	_ fs.NodeWriter    = (*file)(nil)
	_ fs.NodeFsyncer   = (*file)(nil)
	_ fs.NodeFlusher   = (*file)(nil)
)

// Getattr tells the size.
func (f *file) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	out.Mode = fuse.S_IFREG | 0o600
	out.Size = uint64(f.disk.Size())
	out.Blocks = out.Size / 512
	return 0
}

// Open needs no state. The loop device opens with direct I/O, so nothing but
// the disk caches a block.
func (f *file) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return nil, 0, 0
}

// Read serves from the cache of the disk, then from the base.
func (f *file) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	n, err := f.disk.ReadAt(dest, off)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fs.ToErrno(err)
	}
	return fuse.ReadResultData(dest[:n]), 0
}

// Write goes to the cache of the disk.
func (f *file) Write(_ context.Context, _ fs.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	n, err := f.disk.WriteAt(data, off)
	if err != nil {
		return uint32(n), fs.ToErrno(err)
	}
	return uint32(n), 0
}

// Fsync is the cache flush of the disk: the loop device sends it for every
// flush that ext4 asks for.
func (f *file) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	if err := f.disk.Sync(); err != nil {
		return fs.ToErrno(err)
	}
	return 0
}

// Flush is close(2), which promises nothing about a disk.
func (f *file) Flush(context.Context, fs.FileHandle) syscall.Errno { return 0 }
