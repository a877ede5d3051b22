package registry

import (
	"context"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// maxUnit bounds the manifests of a version that one request copies or deletes.
const maxUnit = 20_000

// whole returns a version's root and all that it holds or that refers to any of
// these, down to the last, whether others hold it too or not.
func whole(ctx context.Context, tx *meta.Tx, pkg int64, root meta.Part) ([]meta.Part, error) {
	return gather(ctx, tx, pkg, root, func(p meta.Part) bool { return p.TrashID == 0 })
}

// unit returns a version's root and all that is there only for it: what goes when it
// goes. What has a tag of its own, lies in another index or refers to something else
// stays.
func unit(ctx context.Context, tx *meta.Tx, pkg int64, root meta.Part) ([]meta.Part, error) {
	list, err := gather(ctx, tx, pkg, root, func(p meta.Part) bool { return p.TrashID == 0 && !p.Version })
	for err == nil {
		before := len(list)
		if list, err = withoutShared(ctx, tx, pkg, list); len(list) == before {
			break
		}
	}
	return list, err
}

// withoutShared leaves out what an index outside of the list holds or what refers to
// something there, and what then hangs on nothing in the list any more.
func withoutShared(ctx context.Context, tx *meta.Tx, pkg int64, list []meta.Part) ([]meta.Part, error) {
	inside := make(map[int64]bool, len(list))
	for _, p := range list {
		inside[p.ID] = true
	}
	shared := map[int64]bool{}
	for _, p := range list[1:] {
		holders, err := tx.ListHolders(ctx, pkg, p.Digest)
		if err != nil {
			return nil, err
		}
		for _, h := range holders {
			if h.TrashID == 0 && !inside[h.ID] {
				shared[p.ID] = true
			}
		}
	}
	if len(shared) == 0 {
		return list, nil
	}
	return gather(ctx, tx, pkg, list[0], func(p meta.Part) bool { return inside[p.ID] && !shared[p.ID] })
}

// gather walks from a root to what it holds and to what refers to that, as far as the
// condition lets it.
func gather(ctx context.Context, tx *meta.Tx, pkg int64, root meta.Part, wanted func(meta.Part) bool) ([]meta.Part, error) {
	list := []meta.Part{root}
	seen := map[int64]bool{root.ID: true}
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
		if len(list) > maxUnit {
			return nil, berth.ErrRequestTooLarge.With("the version has more than %d manifests", maxUnit)
		}
	}
	return list, nil
}
