package berth

// TypeContainer is the type of all packages that there are: images, charts and whatever
// else comes through the registry's protocol.
const TypeContainer = "container"

// TypeState is what may be done with packages of a type on the whole instance.
type TypeState string

// The states of a package type.
const (
	TypeOn TypeState = "on"
	// TypeReadOnly lets nobody change what packages hold.
	TypeReadOnly TypeState = "read-only"
	// TypeOff is TypeReadOnly, and only administrators of the instance may pull.
	TypeOff TypeState = "off"
)

// ParseTypeState reads the state of a package type. Errors: ErrRequestInvalid.
func ParseTypeState(s string) (TypeState, error) {
	switch t := TypeState(s); t {
	case TypeOn, TypeReadOnly, TypeOff:
		return t, nil
	}
	return "", ErrRequestInvalid.With("expected on, read-only or off, got %.40q", s)
}

// CheckSite refuses whoever does not administer the instance.
// Errors: ErrUnauthenticated, ErrDenied.
func CheckSite(v Viewer) error {
	if Can(v, Standing{}, ActionSite) {
		return nil
	}
	if v.Anonymous() {
		return ErrUnauthenticated
	}
	return Denial(v, Standing{}, "this registry", ActionSite)
}
