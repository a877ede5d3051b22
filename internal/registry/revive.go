package registry

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// freeTags returns the tags that name nothing now. Unless those that do may be left
// out, it refuses them. Those that name what they did before are there already.
func (s *Service) freeTags(ctx context.Context, tx *meta.Tx, pkg int64, tags []hadTag, skipTaken bool) ([]hadTag, error) {
	var free []hadTag
	var taken []string
	for _, t := range tags {
		row, err := tx.ResolveTag(ctx, pkg, s.fold(t.Name))
		switch {
		case err == nil && row.Digest == t.Digest:
		case err == nil:
			taken = append(taken, string(t.Name))
		case errors.Is(err, berth.ErrManifestUnknown):
			free = append(free, t)
		default:
			return nil, err
		}
	}
	if len(taken) == 0 || skipTaken {
		return free, nil
	}
	return nil, berth.ErrExists.With("the tags %s name another version now; delete them first, or restore without those (skip_taken_tags)", strings.Join(taken, ", "))
}

// revival takes a version out of the trash.
type revival struct {
	tx      *meta.Tx
	service *Service
	pkg     int64
	trash   meta.Trash
	now     time.Time
	tags    []hadTag // that it gets back

	parts []meta.Part
	seen  map[int64]bool
	other map[int64][]hadTag // of the other deletions from which it takes parts
}

// run revives what was deleted together, and what that holds and was deleted with
// another version since, with what refers to this. It returns the root.
func (r *revival) run(ctx context.Context) (root meta.Part, err error) {
	r.seen, r.other = map[int64]bool{}, map[int64][]hadTag{}
	parts, err := r.tx.ListInTrash(ctx, r.trash.ID)
	if err != nil {
		return root, err
	}
	r.add(parts...)
	if root, err = r.tx.GetPart(ctx, r.pkg, r.trash.Digest); err != nil {
		return root, err
	}
	for i := 0; i < len(r.parts); i++ {
		if err := r.follow(ctx, r.parts[i]); err != nil {
			return root, err
		}
		if len(r.parts) > maxUnit {
			return root, berth.ErrRequestTooLarge.With("the version has more than %d manifests", maxUnit)
		}
	}
	return root, r.write(ctx)
}

func (r *revival) add(parts ...meta.Part) {
	for _, p := range parts {
		if p.TrashID != 0 && !r.seen[p.ID] {
			r.seen[p.ID] = true
			r.parts = append(r.parts, p)
		}
	}
}

// follow adds what a part holds, and what was deleted with it because it refers to it.
func (r *revival) follow(ctx context.Context, p meta.Part) error {
	children, err := r.tx.ListChildren(ctx, p.ID)
	if err != nil {
		return err
	}
	r.add(children...)
	if p.TrashID == r.trash.ID {
		return nil
	}
	attached, err := r.tx.ListAttached(ctx, r.pkg, p.Digest)
	if err != nil {
		return err
	}
	for _, a := range attached {
		if a.TrashID == p.TrashID {
			r.add(a)
		}
	}
	return r.followTags(ctx, p)
}

// followTags adds what was deleted with a part because it refers to it by a tag, unless
// that names something else by now.
func (r *revival) followTags(ctx context.Context, p meta.Part) error {
	tags, err := r.tagsOf(ctx, p.TrashID)
	if err != nil {
		return err
	}
	for _, t := range tags {
		if t.Name.Subject() != p.Digest || t.Digest == p.Digest {
			continue
		}
		a, err := r.tx.GetPart(ctx, r.pkg, t.Digest)
		if errors.Is(err, berth.ErrManifestUnknown) || err == nil && a.TrashID != p.TrashID {
			continue
		}
		if err != nil {
			return err
		}
		free, err := r.service.freeTags(ctx, r.tx, r.pkg, []hadTag{t}, true)
		if err != nil {
			return err
		}
		if len(free) > 0 {
			r.tags = append(r.tags, t)
			r.add(a)
		}
	}
	return nil
}

// tagsOf returns the tags that went with a deletion.
func (r *revival) tagsOf(ctx context.Context, trash int64) ([]hadTag, error) {
	if tags, ok := r.other[trash]; ok {
		return tags, nil
	}
	t, err := r.tx.GetTrash(ctx, trash)
	if err != nil {
		return nil, err
	}
	var tags []hadTag
	if err := json.Unmarshal([]byte(t.Tags), &tags); err != nil {
		return nil, err
	}
	r.other[trash] = tags
	return tags, nil
}

func (r *revival) write(ctx context.Context) error {
	changed := make([]berth.Digest, 0, len(r.parts))
	for _, p := range r.parts {
		if err := r.tx.ReviveManifest(ctx, r.pkg, p.ID); err != nil {
			return err
		}
		changed = append(changed, p.Digest)
	}
	for _, t := range r.tags {
		if p, err := r.tx.GetPart(ctx, r.pkg, t.Digest); errors.Is(err, berth.ErrManifestUnknown) || err == nil && p.TrashID != 0 {
			continue // it was pushed again since, and then deleted by itself
		} else if err != nil {
			return err
		}
		row := meta.TagDetails{
			Folded: r.service.fold(t.Name), Name: t.Name, Digest: t.Digest,
			CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, Downloads: t.Downloads, LastPulledAt: t.LastPulledAt,
		}
		if err := r.tx.RestoreTag(ctx, r.pkg, row); err != nil {
			return err
		}
		changed = append(changed, t.Digest)
	}
	return settle(ctx, r.tx, r.pkg, r.now, changed...)
}
