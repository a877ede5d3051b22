package account

import (
	"fmt"

	"github.com/berth-registry/berth"
)

// SealFields makes a ticket of fields that a browser keeps for the next page, which asks
// for a password before it sends them once more, or shows them once: what is secret among
// them must not lie there for all to read. It opens for the same session and the same
// form, and proves nothing.
func (s *Service) SealFields(v berth.Viewer, form string, fields map[string][]string) (string, error) {
	return s.sealJSON(sealedFields(v, form), fields)
}

// OpenFields returns what SealFields was given. Errors: berth.ErrRequestInvalid.
func (s *Service) OpenFields(v berth.Viewer, form, ticket string) (map[string][]string, error) {
	var fields map[string][]string
	if err := s.openJSON(sealedFields(v, form), ticket, &fields); err != nil {
		return nil, berth.ErrRequestInvalid.With("the form belongs to another session; fill it in again").Because(err)
	}
	return fields, nil
}

func sealedFields(v berth.Viewer, form string) string {
	return fmt.Sprintf("fields of %s in session %d", form, v.SessionID)
}
