package registry

import (
	"context"
	"slices"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// maxUnit bounds the manifests that one request copies or deletes.
const maxUnit = 20_000

// maxLinks bounds how often manifests of a version name each other: a few thousand
// indexes can hold the same few thousand others.
const maxLinks = 200_000

// whole returns a version's root and all that it holds or that refers to any of
// these, down to the last, whether others hold it too or not.
func whole(ctx context.Context, tx *meta.Tx, pkg int64, root meta.Part) ([]meta.Part, error) {
	return gather(ctx, tx, pkg, root, maxUnit, func(p meta.Part) bool { return p.TrashID == 0 })
}

// unit returns a version's root and all that is there only for it: what goes when it
// goes. What has a tag of its own, lies in another index or refers to something else
// stays. It refuses to look at more manifests than there is room for, and takes those at
// which it looked from that. Errors: berth.ErrRequestTooLarge.
func unit(ctx context.Context, tx *meta.Tx, pkg int64, root meta.Part, room *int) ([]meta.Part, error) {
	list, err := gather(ctx, tx, pkg, root, *room, func(p meta.Part) bool { return p.TrashID == 0 && !p.Version })
	if err != nil {
		return nil, err
	}
	*room -= len(list)
	stays, err := shared(ctx, tx, pkg, list)
	return slices.DeleteFunc(list, func(p meta.Part) bool { return stays[p.ID] }), err
}

// shared returns the ids of what stays of a list when its first goes: what something
// outside of the list holds, and what that holds again. Each is looked at once, or a
// chain of them would cost the square of its length.
func shared(ctx context.Context, tx *meta.Tx, pkg int64, list []meta.Part) (map[int64]bool, error) {
	inside := make(map[int64]bool, len(list))
	for _, p := range list {
		inside[p.ID] = true
	}
	stays, next := map[int64]bool{}, []int64{}
	stay := func(ids ...int64) {
		for _, id := range ids {
			if !stays[id] {
				stays[id] = true
				next = append(next, id)
			}
		}
	}
	holds := map[int64][]int64{}
	for _, p := range list[1:] {
		holders, err := tx.ListHolders(ctx, pkg, p.Digest)
		if err != nil {
			return nil, err
		}
		for _, h := range holders {
			if inside[h.ID] {
				holds[h.ID] = append(holds[h.ID], p.ID)
			} else if h.TrashID == 0 {
				stay(p.ID)
			}
		}
	}
	for i := 0; i < len(next); i++ {
		stay(holds[next[i]]...)
	}
	return stays, nil
}

// gather walks from a root to what it holds and to what refers to that, as far as the
// condition lets it.
func gather(ctx context.Context, tx *meta.Tx, pkg int64, root meta.Part, most int, wanted func(meta.Part) bool) ([]meta.Part, error) {
	list := []meta.Part{root}
	seen := map[int64]bool{root.ID: true}
	links := 0
	for i := 0; i < len(list); i++ {
		children, err := tx.ListChildren(ctx, list[i].ID)
		if err != nil {
			return nil, err
		}
		attached, err := tx.ListAttached(ctx, pkg, list[i].Digest)
		if err != nil {
			return nil, err
		}
		for _, p := range append(children, attached...) {
			if !seen[p.ID] && wanted(p) {
				seen[p.ID] = true
				list = append(list, p)
			}
		}
		links += len(children) + len(attached)
		if len(list) > most || links > maxLinks {
			return nil, berth.ErrRequestTooLarge.With("these are more than %d manifests, or they name each other more than %d times; take fewer versions at once", maxUnit, maxLinks)
		}
	}
	return list, nil
}
