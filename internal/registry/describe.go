package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/artifact"
	"github.com/berth-registry/berth/internal/blob"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	pushBatch = 100
	// A push about which nothing can be done now is tried again after a while that
	// doubles each time, up to an hour.
	firstRetry = 5 * time.Second
	lastRetry  = time.Hour
)

// FollowUp does what is left to do after pushes: it reads what the manifests and their
// configs say, links packages to repositories, and tells of moved tags. It returns how
// many pushes it dealt with. It can stop anywhere and run on several replicas.
func (s *Service) FollowUp(ctx context.Context) (int, error) {
	done := 0
	for {
		var due []meta.Push
		err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
			due, err = tx.ListPushes(ctx, s.opts.Now(), pushBatch)
			return err
		})
		if err != nil {
			return done, err
		}
		var failed error
		for _, p := range due {
			if err := s.tryFollowUp(ctx, p); err != nil {
				failed = errors.Join(failed, fmt.Errorf("follow up push %d: %w", p.ID, err), s.postpone(ctx, p))
				continue
			}
			done++
		}
		if failed != nil || len(due) < pushBatch || ctx.Err() != nil {
			return done, failed
		}
	}
}

// tryFollowUp is followUp that turns a panic into an error: one push on which the job
// breaks must not keep the others waiting.
func (s *Service) tryFollowUp(ctx context.Context, p meta.Push) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return s.followUp(ctx, p)
}

func (s *Service) postpone(ctx context.Context, p meta.Push) error {
	wait := min(firstRetry<<min(p.Attempts, 16), lastRetry)
	at := s.opts.Now().Add(wait)
	return s.meta.Update(ctx, func(tx *meta.Tx) error { return tx.PostponePush(ctx, p.ID, at) })
}

func (s *Service) followUp(ctx context.Context, p meta.Push) error {
	m, d, err := s.understand(ctx, p.ManifestID, 0)
	if errors.Is(err, berth.ErrManifestUnknown) {
		return nil // the row of the push has gone with it
	}
	if err != nil {
		return err
	}
	now := s.opts.Now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		// First of all, in the order in which pushes lock.
		err := tx.LockPackage(ctx, p.PackageID)
		deleted := errors.Is(err, berth.ErrPackageUnknown)
		if err != nil && !deleted {
			return err
		}
		mine, err := tx.DropPush(ctx, p.ID)
		if err != nil || !mine {
			return err
		}
		if err := describe(ctx, tx, m, d, now); err != nil {
			return err
		}
		if p.Tag == "" || deleted {
			return nil
		}
		return s.afterTag(ctx, tx, p, m, d, now)
	})
}

// maxNested is how far down the first image in nested indexes is looked for.
const maxNested = 4

// understand reads what a manifest and its config say. An index is told by its first
// image too, which is read here where the job has not come to it yet.
func (s *Service) understand(ctx context.Context, id int64, depth int) (m meta.Described, d artifact.Description, err error) {
	var first *artifact.Description
	undescribed := int64(0)
	err = s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		if m, err = tx.GetDescribed(ctx, id); err == nil {
			first, undescribed, err = firstChild(ctx, tx, m)
		}
		return err
	})
	if err != nil {
		return m, d, err
	}
	if undescribed != 0 && depth < maxNested {
		_, child, err := s.understand(ctx, undescribed, depth+1)
		if err != nil {
			return m, d, err
		}
		first = &child
	}
	config, problem, err := s.readConfig(ctx, m)
	if err != nil {
		return m, d, err
	}
	d = artifact.Describe(artifact.Input{
		Manifest: m.Body, MediaType: m.MediaType, ArtifactType: m.ArtifactType, Config: config, First: first,
	})
	if d.Problem == "" {
		d.Problem = problem
	}
	return m, d, nil
}

// firstChild returns what was read of the image that stands for an index, or its id
// when that is still to come.
func firstChild(ctx context.Context, tx *meta.Tx, m meta.Described) (first *artifact.Description, undescribed int64, err error) {
	child, ok := artifact.FirstChild(m.Body)
	if !ok {
		return nil, 0, nil
	}
	part, err := tx.GetPart(ctx, m.PackageID, child.Digest)
	if errors.Is(err, berth.ErrManifestUnknown) {
		return nil, 0, nil // a blob in an index
	}
	if err != nil {
		return nil, 0, err
	}
	d, err := readDescription(ctx, tx, part.ID)
	if err != nil || d.Kind == "" {
		return nil, part.ID, err
	}
	return &d, 0, nil
}

// readDescription returns what was written down of a manifest, the zero value when
// that is still to come.
func readDescription(ctx context.Context, tx *meta.Tx, manifest int64) (artifact.Description, error) {
	row, err := tx.GetDescription(ctx, manifest)
	if err != nil || row.Kind == "" {
		return artifact.Description{}, err
	}
	d := artifact.Description{Kind: artifact.Kind(row.Kind), Problem: row.Problem}
	err = errors.Join(json.Unmarshal([]byte(row.Summary), &d.Summary), json.Unmarshal([]byte(row.Details), &d.Details))
	return d, err
}

// readConfig reads the config of an image, if it is one of the blobs for which the push
// was checked: others are none of its business. Bytes that are lost are a problem of
// the image, and not of the job.
func (s *Service) readConfig(ctx context.Context, m meta.Described) (config []byte, problem string, err error) {
	want, ok := artifact.ConfigDescriptor(m.Body)
	if !ok {
		return nil, "", nil
	}
	var row meta.Blob
	err = s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		row, err = tx.FindBlobOf(ctx, m.ID, want.Digest)
		return err
	})
	if err == nil {
		config, err = s.readBlob(ctx, row, artifact.MaxConfig)
	}
	if errors.Is(err, berth.ErrBlobUnknown) {
		return nil, "the config is missing; push the image again", nil
	}
	return config, "", err
}

func (s *Service) readBlob(ctx context.Context, row meta.Blob, limit int64) ([]byte, error) {
	r, err := s.blob(row).Reader(ctx, 0)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, limit))
	if err != nil {
		return nil, storage("read config", err)
	}
	return content, nil
}

// describe writes down what a manifest says of itself.
func describe(ctx context.Context, tx *meta.Tx, m meta.Described, d artifact.Description, now time.Time) error {
	size, err := tx.Measure(ctx, m.ID)
	if err != nil {
		return err
	}
	for i, p := range d.Summary.Platforms {
		if p.Digest == "" || p.Size != 0 {
			continue
		}
		if part, err := tx.GetPart(ctx, m.PackageID, p.Digest); err == nil {
			if d.Summary.Platforms[i].Size, err = tx.Measure(ctx, part.ID); err != nil {
				return err
			}
		}
	}
	summary, err := json.Marshal(d.Summary)
	if err != nil {
		return err
	}
	details, err := json.Marshal(d.Details)
	if err != nil {
		return err
	}
	row := meta.Description{Kind: string(d.Kind), Size: size, Summary: string(summary), Details: string(details), Problem: d.Problem}
	return tx.PutDescription(ctx, m.ID, row, now)
}

// afterTag does what follows when a tag was pushed: what the manifest says is said of
// the package, the package is linked, and those who asked for it are told.
func (s *Service) afterTag(ctx context.Context, tx *meta.Tx, p meta.Push, m meta.Described, d artifact.Description, now time.Time) error {
	part, err := tx.GetPart(ctx, p.PackageID, m.Digest)
	if err != nil || !part.Version || part.TrashID != 0 {
		return err // a signature, or a child that was tagged and is not any more
	}
	row, err := tx.GetPackage(ctx, p.PackageID)
	if errors.Is(err, berth.ErrPackageUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	late := false
	if p.Attempts > 0 { // else pushes are dealt with in the order in which they came
		if late, err = tx.PushedSince(ctx, p.PackageID, p.PushedAt); err != nil {
			return err
		}
	}
	if !late {
		if err := tx.DescribePackage(ctx, p.PackageID, string(d.Kind), d.Summary.Description, d.Summary.Licenses); err != nil {
			return err
		}
		if err := s.autoLink(ctx, tx, p, row, d, now); err != nil {
			return err
		}
	}
	if p.Before == m.Digest {
		return nil
	}
	e := berth.PackageEvent{
		At: p.PushedAt, Action: "published", OwnerID: row.OwnerID, PackageID: row.ID, Name: row.Name,
		VersionID: m.ID, Digest: m.Digest, Tag: string(p.Tag), UserID: p.UserID, User: p.Login,
	}
	if p.Before != "" {
		e.Action = "updated"
	}
	return tx.AddPackageEvent(ctx, e)
}

// tell leaves word of what a person did to a version, or (the zero part) to a package.
func tell(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, standing berth.Standing, action string, root meta.Part, now time.Time) error {
	return tx.AddPackageEvent(ctx, berth.PackageEvent{
		At: now, Action: action, OwnerID: standing.OwnerID, PackageID: standing.PackageID, Name: n,
		VersionID: root.ID, Digest: root.Digest, UserID: v.UserID, User: v.Login,
	})
}

// checkBatch is how many blobs are looked for at a time.
const checkBatch = 1000

// settingChecked is the digest up to which [Service.CheckBlobs] has come.
const settingChecked = "blobs.checked"

// CheckBlobs looks whether the bytes of blobs are where they should be, some of them
// each time it runs, and notes those that are not: so it is known of each version
// whether it is whole. It returns how many are newly lost or found.
func (s *Service) CheckBlobs(ctx context.Context) (int, error) {
	var list []meta.CheckedBlob
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		after, err := tx.GetSetting(ctx, settingChecked)
		if err == nil {
			list, err = tx.ListBlobs(ctx, berth.Digest(after), checkBatch)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	var changed []meta.CheckedBlob
	for _, b := range list {
		lost, err := s.lost(ctx, b.Blob)
		if err != nil {
			return 0, err
		}
		if lost != b.Lost {
			b.Lost = lost
			changed = append(changed, b)
		}
	}
	after := ""
	if len(list) == checkBatch {
		after = list[len(list)-1].Digest.String()
	}
	now := s.opts.Now()
	err = s.meta.Update(ctx, func(tx *meta.Tx) error {
		for _, b := range changed {
			mark := tx.MarkFound
			if b.Lost {
				mark = func(ctx context.Context, b meta.Blob) error { return tx.MarkLost(ctx, b, now) }
			}
			if err := mark(ctx, b.Blob); err != nil {
				return err
			}
		}
		return tx.PutSetting(ctx, settingChecked, after)
	})
	return len(changed), err
}

func (s *Service) lost(ctx context.Context, row meta.Blob) (bool, error) {
	r, err := s.blobs.Open(ctx, row.Key, row.Size)
	if errors.Is(err, blob.ErrNotExist) || errors.Is(err, blob.ErrOffset) {
		return true, nil
	}
	if err != nil {
		return false, storage("look for a blob", err)
	}
	return false, r.Close()
}
