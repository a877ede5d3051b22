package account

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// MaxReadme is the longest README, in bytes.
const MaxReadme = 512 << 10

// Readme is what the page of a repository says of it, in Markdown.
type Readme struct {
	Repository Repository
	Text       string    // "" when there is none
	UpdatedAt  time.Time // zero when there is none
}

// GetReadme returns the README of a repository that the viewer may read.
// Errors: berth.ErrUnauthenticated, berth.ErrRepositoryUnknown.
func (s *Service) GetReadme(ctx context.Context, v berth.Viewer, owner, name string) (Readme, error) {
	var r Readme
	err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		_, r.Repository, err = s.repository(ctx, tx, v, owner, name, berth.ActionReadRepository)
		if err == nil {
			r.Text, r.UpdatedAt, err = tx.GetReadme(ctx, r.Repository.ID)
		}
		return err
	})
	return r, err
}

// ReadmeOf is [Service.GetReadme] for the page of a package that is linked to the
// repository: the zero Readme where the viewer may not read that, or there is no link
// (""). Errors: none that has a name.
func (s *Service) ReadmeOf(ctx context.Context, v berth.Viewer, repository string) (Readme, error) {
	owner, name, _ := strings.Cut(repository, "/")
	if name == "" {
		return Readme{}, nil
	}
	r, err := s.GetReadme(ctx, v, owner, name)
	if hidden(err) {
		return Readme{}, nil
	}
	return r, err
}

// PutReadme writes the README of a repository, "" for none. Only the repository's
// administrators may. Errors: berth.ErrUnauthenticated, berth.ErrRepositoryUnknown,
// berth.ErrDenied, berth.ErrRequestInvalid, berth.ErrRequestTooLarge.
func (s *Service) PutReadme(ctx context.Context, v berth.Viewer, owner, name, text string) (Readme, error) {
	if len(text) > MaxReadme {
		return Readme{}, berth.ErrRequestTooLarge.With("a README has at most %d bytes", MaxReadme)
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	control := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\f' }
	if !utf8.ValidString(text) || strings.ContainsFunc(text, control) {
		return Readme{}, berth.ErrRequestInvalid.With("a README is text in UTF-8, without control characters")
	}
	r := Readme{Text: text}
	now := s.now()
	if text != "" {
		r.UpdatedAt = now
	}
	err := s.meta.Update(ctx, func(tx *meta.Tx) (err error) {
		if _, r.Repository, err = s.repository(ctx, tx, v, owner, name, berth.ActionAdminRepository); err != nil {
			return err
		}
		if err := tx.PutReadme(ctx, r.Repository.ID, text, now); err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, event(now, r.Repository, "repo.readme", strconv.Itoa(len(text))+" bytes"))
	})
	return r, err
}

// ReadmePage returns the README of a repository as HTML and what that was made of, as
// [Service.KeepReadmePage] was told; "" when none is kept. It asks nobody for rights: who
// calls it has read the README. Errors: none that has a name.
func (s *Service) ReadmePage(ctx context.Context, repository int64) (madeOf, html string, err error) {
	err = s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		madeOf, html, err = tx.GetReadmePage(ctx, repository)
		return err
	})
	return madeOf, html, err
}

// KeepReadmePage keeps the README of a repository as HTML, which says nothing that the
// README does not say, so that it is made once. Errors: none that has a name.
func (s *Service) KeepReadmePage(ctx context.Context, repository int64, madeOf, html string) error {
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		return tx.PutReadmePage(ctx, repository, madeOf, html)
	})
}
