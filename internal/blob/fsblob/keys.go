package fsblob

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"github.com/berth-registry/berth/internal/blob"
)

// Keys implements [blob.Store]. It holds the names of one shard, about one in a
// thousand, in memory at a time, and no folder open while it yields.
func (s *Store) Keys(ctx context.Context, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		shards, err := s.readNames(".")
		if err = cmp.Or(ctx.Err(), err); err != nil {
			yield("", fmt.Errorf("list blobs: %w", err))
			return
		}
		slices.Sort(shards)
		for _, shard := range shards {
			// Everything in a shard begins with its name.
			if len(shard) != shardLen || shard < after[:min(shardLen, len(after))] {
				continue
			}
			keys, err := s.shardKeys(ctx, shard)
			if err != nil {
				yield("", fmt.Errorf("list blobs: %w", err))
				return
			}
			for _, key := range keys {
				if key > after && !yield(key, nil) {
					return
				}
			}
		}
	}
}

// shardKeys returns the keys in a shard in ascending order. What is not ours (the
// droppings of desktops, lost+found) is passed over.
func (s *Store) shardKeys(ctx context.Context, shard string) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	info, err := s.root.Lstat(shard)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && !info.IsDir()) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	names, err := s.readNames(shard)
	if err != nil {
		return nil, err
	}
	keys := names[:0]
	for _, name := range names {
		key := strings.TrimSuffix(name, partSuffix)
		if blob.CheckKey(key) == nil && strings.HasPrefix(key, shard) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys), nil
}
