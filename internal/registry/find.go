package registry

import (
	"context"
	"errors"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// VersionFilter says which versions are listed.
type VersionFilter string

// The filters.
const (
	FilterAll       VersionFilter = "all"
	FilterTagged    VersionFilter = "tagged"
	FilterUntagged  VersionFilter = "untagged"
	FilterBroken    VersionFilter = "broken"    // of which bytes are lost
	FilterProtected VersionFilter = "protected" // of which a rule protects a tag
)

// list puts a query into the terms of meta.
func (q VersionQuery) list() (meta.VersionList, error) {
	l := meta.VersionList{Before: q.Before}
	switch q.Filter {
	case "", FilterAll:
	case FilterTagged, FilterProtected:
		l.Tagged = true
	case FilterUntagged:
		l.Untagged = true
	case FilterBroken:
		l.Broken = true
	default:
		return l, berth.ErrRequestInvalid.With("%.40q is no filter; use all, tagged, untagged, broken or protected", q.Filter)
	}
	search, err := searched(q.Search)
	if err != nil {
		return l, err
	}
	if q.Deleted && (search != "" || l.Tagged || l.Untagged || l.Broken) {
		return l, berth.ErrRequestInvalid.With("the trash has no filters and no search")
	}
	if search != "" {
		l.Like, l.From, l.To = "%"+meta.Like(search)+"%", "-", "-" // no digest
		if from, to, ok := digests(search); ok {
			l.From, l.To = from, to
		}
	}
	return l, nil
}

// digests returns what lies around the digests that begin with a text, with the
// algorithm or without it; false when none can.
func digests(search string) (from, to string, ok bool) {
	algorithm, hex, found := strings.Cut(search, ":")
	if !found {
		algorithm, hex = "sha256", search
	}
	if algorithm != "sha256" && algorithm != "sha512" || len(hex) > 128 {
		return "", "", false
	}
	if strings.Trim(hex, "0123456789abcdef") != "" {
		return "", "", false
	}
	return algorithm + ":" + hex, algorithm + ":" + hex + "g", true
}

// searched returns what is looked for in lower case.
// Errors: berth.ErrRequestInvalid.
func searched(s string) (string, error) {
	s, err := berth.ParseSearch(s)
	return strings.ToLower(s), err
}

// TagQuery says which tags of a package are wanted.
type TagQuery struct {
	Search string // what the tag has to have in it, "" for any
	Newest bool   // first those that were moved last, else by name
	After  berth.Tag
	Skip   int // so many more
	Limit  int
}

// FindTags is [Service.TagDetails] with a search and another order. After a tag that is
// not there any more the list of the newest begins anew.
// Errors: those of [Service.TagDetails]; berth.ErrRequestInvalid for a search that is no
// text.
func (s *Service) FindTags(ctx context.Context, v berth.Viewer, n berth.Name, q TagQuery) ([]Tag, error) {
	var list []Tag
	err := s.findTags(ctx, v, n, q, func(tx *meta.Tx, l meta.TagList) error {
		rows, err := tx.FindTags(ctx, l)
		if err != nil {
			return err
		}
		h, err := s.shieldOf(ctx, tx, l.Package, berth.Viewer{})
		list = make([]Tag, len(rows))
		for i, row := range rows {
			list[i] = h.tagOf(row)
		}
		return err
	})
	return list, err
}

// findTags has tags of a package read that the viewer may pull.
func (s *Service) findTags(ctx context.Context, v berth.Viewer, n berth.Name, q TagQuery, read func(*meta.Tx, meta.TagList) error) error {
	search, err := searched(q.Search)
	if err != nil {
		return err
	}
	return s.meta.View(ctx, func(tx *meta.Tx) error {
		standing, err := s.published(ctx, tx, v, n, berth.ActionPull)
		if err != nil {
			return err
		}
		l := meta.TagList{
			Package: standing.PackageID, Like: "%" + meta.Like(search) + "%", Newest: q.Newest, After: s.fold(q.After),
			Skip: max(0, min(q.Skip, MaxSkip)), Limit: max(1, min(q.Limit, MaxList)),
		}
		if q.Newest && q.After != "" {
			if l.AfterTime, err = tx.GetTagTime(ctx, l.Package, l.After); errors.Is(err, berth.ErrManifestUnknown) {
				l.After = ""
			} else if err != nil {
				return err
			}
		}
		return read(tx, l)
	})
}

// PackageSort is an order of packages.
type PackageSort string

// The orders. Those but SortName begin with the most.
const (
	SortName      PackageSort = ""
	SortUpdated   PackageSort = "updated"
	SortDownloads PackageSort = "downloads"
)

// findPackages looks through the packages of an owner.
func (s *Service) findPackages(ctx context.Context, v berth.Viewer, q PackageQuery) ([]Package, error) {
	search, err := searched(q.Search)
	if err != nil {
		return nil, err
	}
	if _, err := searched(q.Kind); err != nil {
		return nil, err
	}
	if q.Sort != SortName && q.Sort != SortUpdated && q.Sort != SortDownloads {
		return nil, berth.ErrRequestInvalid.With("%.40q is no order; use updated, downloads, or none for the name", q.Sort)
	}
	want := meta.PackageFilter{
		Reader: reader(v), Like: "%" + meta.Like(search) + "%", Kind: q.Kind, Visibility: q.Visibility,
		Sort: string(q.Sort), Skip: max(0, min(q.Skip, MaxSkip)), Limit: max(1, min(q.Limit, MaxPage)),
	}
	if q.Sort == SortName {
		want.After = q.After
	}
	return s.findListed(ctx, v, func(tx *meta.Tx) ([]meta.ListedPackage, error) {
		standing, _, err := tx.OwnerStanding(ctx, q.Owner, v.UserID)
		if want.Owner = standing.OwnerID; err != nil || want.Owner == 0 {
			return nil, err
		}
		return tx.FilterPackages(ctx, want)
	})
}

// SearchQuery says what is looked for in the packages of all owners.
type SearchQuery struct {
	Text  string // words, of which the first five count
	Skip  int    // so many more, at most MaxSkip
	Limit int
}

// Search returns the packages of all owners that the viewer may read, and in whose name
// (owner/path) or description all words are: first what is called so, then what begins
// so, then by path, and of equal paths that of the older owner. It looks through the
// fifty thousand packages that were made last. Without words it returns all.
// Errors: berth.ErrRequestInvalid.
func (s *Service) Search(ctx context.Context, v berth.Viewer, q SearchQuery) ([]Package, error) {
	text, err := searched(q.Text)
	if err != nil {
		return nil, err
	}
	want := meta.PackageSearch{Reader: reader(v), Text: text, Skip: max(0, min(q.Skip, MaxSkip)), Limit: max(1, min(q.Limit, MaxPage))}
	for word := range strings.FieldsSeq(text) {
		if len(want.Words) < meta.MaxWords {
			want.Words = append(want.Words, word)
		}
	}
	return s.findListed(ctx, v, func(tx *meta.Tx) ([]meta.ListedPackage, error) { return tx.SearchPackages(ctx, want) })
}

// findListed returns the packages of a list as the viewer may know them.
func (s *Service) findListed(ctx context.Context, v berth.Viewer, find func(*meta.Tx) ([]meta.ListedPackage, error)) ([]Package, error) {
	var list []Package
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		list = nil
		if none, err := unlisted(ctx, tx, v); err != nil || none {
			return err
		}
		rows, err := find(tx)
		for _, row := range rows {
			list = append(list, listed(v, row))
		}
		return err
	})
	return list, err
}
