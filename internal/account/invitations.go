package account

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	invitationPrefix  = "bri_"
	invitationLife    = 7 * 24 * time.Hour
	maxInvitationLife = 90 * 24 * time.Hour
	maxNote           = 200 // bytes
)

// Invitation lets one person make an account.
type Invitation struct {
	ID        int64         `json:"id"`
	Secret    string        `json:"secret,omitempty"` // of one just made; shown once
	Note      string        `json:"note"`             // for whoever made it
	Org       string        `json:"org,omitempty"`    // whose member the account becomes
	Owner     bool          `json:"owner,omitempty"`  // or rather an owner
	Life      time.Duration `json:"-"`                // when making one; 0 is a week
	CreatedBy string        `json:"created_by"`
	CreatedAt time.Time     `json:"created_at"`
	ExpiresAt time.Time     `json:"expires_at"`
}

// Invite makes an invitation: into an organization whose owner asks, or into none
// where an administrator does. Errors: berth.ErrUnauthenticated, berth.ErrDenied,
// berth.ErrOwnerUnknown, berth.ErrRequestInvalid.
func (s *Service) Invite(ctx context.Context, v berth.Viewer, i Invitation) (Invitation, error) {
	switch {
	case i.Life < 0 || i.Life > maxInvitationLife:
		return i, berth.ErrRequestInvalid.With("an invitation lasts at most %d days", maxInvitationLife/(24*time.Hour))
	case i.Note != oneLine(i.Note, maxNote):
		return i, berth.ErrRequestInvalid.With("the note has to be one line of at most %d bytes", maxNote)
	case i.Owner && i.Org == "":
		return i, berth.ErrRequestInvalid.With("an owner of which organization?")
	case i.Life == 0:
		i.Life = invitationLife
	}
	i.Secret = invitationPrefix + rand.Text() + rand.Text()
	i.CreatedBy, i.CreatedAt = v.Login, s.now()
	i.ExpiresAt = i.CreatedAt.Add(i.Life)
	hash := hashSecret(i.Secret)
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		org, err := s.inviter(ctx, tx, v, i.Org)
		if err != nil {
			return err
		}
		i.Org = org.Name
		i.ID, err = tx.CreateInvitation(ctx, meta.Invitation{
			Hash: hash, Note: i.Note, OrgID: org.ID, Owner: i.Owner,
			CreatedBy: i.CreatedBy, CreatedByID: v.UserID, CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt,
		})
		if err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, berth.Event{
			At: i.CreatedAt, OwnerID: org.ID, Owner: org.Name, Action: "invitation.create", Target: org.Name, Detail: i.Note,
		})
	})
	if err != nil {
		return Invitation{}, err
	}
	return i, nil
}

// inviter returns the organization into which the viewer may invite, the zero
// Owner for none.
func (s *Service) inviter(ctx context.Context, tx *meta.Tx, v berth.Viewer, org string) (meta.Owner, error) {
	if org == "" {
		err := site(v)
		if denied, ok := errors.AsType[*berth.Error](err); ok && !v.Anonymous() {
			err = denied.With("or, for an organization that you own, name it: --org NAME")
		}
		return meta.Owner{}, err
	}
	return s.org(ctx, tx, v, org, berth.ActionAdminOrg)
}

// ListInvitations returns up to limit invitations that nobody has used yet, after
// one of them: into an organization for its owners, or all ("") for administrators.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied, berth.ErrOwnerUnknown.
func (s *Service) ListInvitations(ctx context.Context, v berth.Viewer, org string, after int64, limit int) ([]Invitation, error) {
	now := s.now()
	var rows []meta.Invitation
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		o, err := s.inviter(ctx, tx, v, org)
		if err != nil {
			return err
		}
		rows, err = tx.ListInvitations(ctx, o.ID, now, after, max(1, min(limit, MaxPage)))
		return err
	})
	list := make([]Invitation, len(rows))
	for i, row := range rows {
		list[i] = Invitation{
			ID: row.ID, Note: row.Note, Org: row.Org, Owner: row.Owner,
			CreatedBy: row.CreatedBy, CreatedAt: row.CreatedAt, ExpiresAt: row.ExpiresAt,
		}
	}
	return list, err
}

// DropInvitation takes an invitation back. It is unknown to those who could not
// have made it. Errors: berth.ErrUnauthenticated, berth.ErrInvitationUnknown.
func (s *Service) DropInvitation(ctx context.Context, v berth.Viewer, id int64) error {
	if v.Anonymous() {
		return berth.ErrUnauthenticated
	}
	now := s.now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		i, err := tx.GetInvitation(ctx, id)
		if err != nil {
			return err
		}
		org, err := s.inviter(ctx, tx, v, i.Org)
		if _, named := errors.AsType[*berth.Error](err); named {
			return berth.ErrInvitationUnknown
		}
		if err != nil {
			return err
		}
		if err := tx.DropInvitation(ctx, id); err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, berth.Event{
			At: now, OwnerID: org.ID, Owner: org.Name, Action: "invitation.delete", Target: org.Name, Detail: i.Note,
		})
	})
}

// GetInvitation tells whoever holds the secret of an invitation which organization
// it leads into, if any, and how long it lasts. Errors: berth.ErrInvitationUnknown.
func (s *Service) GetInvitation(ctx context.Context, secret string) (Invitation, error) {
	hash, now := hashSecret(secret), s.now()
	var row meta.Invitation
	err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		row, err = findInvitation(ctx, tx, hash, now)
		return err
	})
	if err != nil {
		return Invitation{}, noInvitation(err)
	}
	return Invitation{Org: row.Org, Owner: row.Owner, ExpiresAt: row.ExpiresAt}, nil
}

// findInvitation finds an invitation that whoever made it could still make.
// Errors: berth.ErrInvitationUnknown.
func findInvitation(ctx context.Context, tx *meta.Tx, hash string, now time.Time) (meta.Invitation, error) {
	i, err := tx.FindInvitation(ctx, hash, now)
	if err != nil || i.CreatedByID == berth.Operator().UserID {
		return i, err
	}
	maker, err := tx.GetSignInOf(ctx, i.CreatedByID)
	switch {
	case errors.Is(err, berth.ErrOwnerUnknown), err == nil && maker.Blocked:
		return i, berth.ErrInvitationUnknown
	case err != nil || maker.Admin:
		return i, err
	}
	place, err := tx.GetMember(ctx, i.OrgID, maker.ID) // of no organization nobody is an owner
	if err == nil && place != berth.MembershipOwner {
		err = berth.ErrInvitationUnknown
	}
	return i, err
}

func noInvitation(err error) error {
	if errors.Is(err, berth.ErrInvitationUnknown) {
		return berth.ErrInvitationUnknown.With("it was used, taken back, or has expired, or whoever made it may not invite any more; ask for another one")
	}
	return err
}

// Join makes an account for whoever holds the secret of an invitation, or for
// anybody ("") where registration is open. Names of owners who were deleted or
// renamed not long ago are taken. Errors: berth.ErrInvitationUnknown, berth.ErrDenied when
// registration is not open, berth.ErrOwnerInvalid, berth.ErrOwnerExists,
// berth.ErrPasswordInvalid, berth.ErrTooMany.
func (s *Service) Join(ctx context.Context, secret, name, password, address string) (berth.Viewer, error) {
	folded, err := berth.ParseOwner(name)
	if err != nil {
		return berth.Viewer{}, err
	}
	if secret == "" {
		if !s.opts.Registration {
			return berth.Viewer{}, berth.ErrDenied.With("an account needs an invitation here; ask an administrator for one")
		}
		if err := s.limits.join(address); err != nil {
			return berth.Viewer{}, err
		}
	} else if _, err := s.GetInvitation(ctx, secret); err != nil { // before the work of hashing
		return berth.Viewer{}, err
	}
	passwordHash, err := s.passwords.hash(ctx, password)
	if err != nil {
		return berth.Viewer{}, err
	}
	invitationHash, now := "", s.now()
	if secret != "" {
		invitationHash = hashSecret(secret)
	}
	v := berth.Viewer{Login: name, Scopes: berth.ScopeAll, Address: address}
	err = s.meta.Update(ctx, func(tx *meta.Tx) (err error) {
		invitation, err := useInvitation(ctx, tx, invitationHash, now)
		if err != nil {
			return err
		}
		owner := meta.Owner{Kind: meta.KindUser, Name: name, Folded: folded, CreatedAt: now}
		if v.UserID, err = newOwner(ctx, tx, v, owner); err != nil {
			return err
		}
		if err := tx.CreateUser(ctx, meta.User{ID: v.UserID, PasswordHash: passwordHash}); err != nil {
			return err
		}
		return addJoined(ctx, tx, v, invitation, now)
	})
	if err != nil {
		return berth.Viewer{}, noInvitation(err)
	}
	s.changed()
	return v, nil
}

// useInvitation uses an invitation up. Without a hash there is none.
func useInvitation(ctx context.Context, tx *meta.Tx, hash string, now time.Time) (meta.Invitation, error) {
	if hash == "" {
		return meta.Invitation{}, nil
	}
	i, err := findInvitation(ctx, tx, hash, now)
	if err != nil {
		return i, err
	}
	return i, tx.DropInvitation(ctx, i.ID)
}

// addJoined makes a new user a member of where he was invited, and tells both.
func addJoined(ctx context.Context, tx *meta.Tx, v berth.Viewer, i meta.Invitation, now time.Time) error {
	how := "registration"
	if i.ID != 0 {
		how = "invitation of " + i.CreatedBy
	}
	err := tx.AddEvent(ctx, v, berth.Event{At: now, OwnerID: v.UserID, Owner: v.Login, Action: "user.join", Target: v.Login, Detail: how})
	if err != nil || i.OrgID == 0 {
		return err
	}
	if err := tx.PutMember(ctx, i.OrgID, v.UserID, i.Owner, now); err != nil {
		return err
	}
	return tx.AddEvent(ctx, v, berth.Event{
		At: now, OwnerID: i.OrgID, Owner: i.Org, Action: "invitation.accept", Target: i.Org + "/" + v.Login, Detail: how,
	})
}
