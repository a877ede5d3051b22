package fsblob

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// makeDir creates dir and those above it, and makes their entries durable: a new
// name is only safe once the folder that holds it is flushed.
func (s *Store) makeDir(dir string) error {
	parent := filepath.Dir(dir)
	if _, err := os.Stat(dir); err == nil {
		// Whoever made it may have crashed before the flush. But it may as well
		// be a mount point below a folder that is not ours to open or to flush.
		_ = s.syncPath(parent)
		return nil
	}
	if err := s.makeDir(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return s.syncPath(parent)
}

func (s *Store) syncPath(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return s.syncAndClose(d)
}

// learnShards flushes the root and remembers the shards in it: an earlier
// process may have made one and crashed before its entry was durable. It also
// finds out at the start whether this file system can flush a folder at all.
func (s *Store) learnShards() error {
	names, err := s.readNames(".")
	if err != nil {
		return err
	}
	if err := s.syncDir("."); err != nil {
		return err
	}
	for _, name := range names {
		s.shards[name] = true
	}
	return nil
}

// makeShard creates a shard, durably, unless this process knows that it exists.
func (s *Store) makeShard(shard string) error {
	s.shardsMu.Lock()
	defer s.shardsMu.Unlock()
	if s.shards[shard] {
		return nil
	}
	if err := s.root.Mkdir(shard, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := s.syncDir("."); err != nil {
		// Make it anew next time: flushing this entry again would prove nothing.
		return errors.Join(err, s.root.Remove(shard))
	}
	s.shards[shard] = true
	return nil
}

// syncDir makes the entries of a folder below the root durable.
func (s *Store) syncDir(name string) error {
	d, err := s.root.Open(name)
	if err != nil {
		return err
	}
	return s.syncAndClose(d)
}

func (s *Store) syncAndClose(d *os.File) error {
	var err error
	if canSyncDirs {
		err = s.sync(d)
	}
	return errors.Join(err, d.Close())
}

func (s *Store) readNames(dir string) ([]string, error) {
	d, err := s.root.Open(dir)
	if err != nil {
		return nil, err
	}
	names, err := d.Readdirnames(-1)
	return names, errors.Join(err, d.Close())
}
