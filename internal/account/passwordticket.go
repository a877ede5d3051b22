package account

import (
	"time"

	"github.com/berth-registry/berth"
)

const (
	sealPassword = "password that waits for a code"
	passwordLife = 5 * time.Minute
)

// heldPassword is what somebody typed who is asked for a code next.
type heldPassword struct {
	Name     string    `json:"n"`
	Password string    `json:"p"`
	Expires  time.Time `json:"e"`
}

// SealPassword makes a ticket of a name and a password, for a form that asks for
// the code that is missing still. It is good for five minutes, and proves nothing:
// both are checked again.
func (s *Service) SealPassword(name, password string) (string, error) {
	return s.sealJSON(sealPassword, heldPassword{name, password, s.now().Add(passwordLife)})
}

// OpenPassword returns what SealPassword was given. Errors: berth.ErrSignInInvalid.
func (s *Service) OpenPassword(ticket string) (name, password string, err error) {
	var held heldPassword
	if err := s.openJSON(sealPassword, ticket, &held); err != nil || !s.now().Before(held.Expires) {
		return "", "", berth.ErrSignInInvalid.With("it took longer than %s; type name and password again", passwordLife).Because(err)
	}
	return held.Name, held.Password, nil
}
