package berth

import "strings"

// MaxRepositoryLength is the longest name of a repository, in bytes.
const MaxRepositoryLength = 100

// ParseRepository checks the name of a source repository, without its owner, as a
// person wrote it (upper case is kept for display), and returns the folded form
// used in comparisons. The rules are those of forges. Errors: ErrRequestInvalid.
func ParseRepository(s string) (folded string, err error) {
	for i := range len(s) {
		if c := s[i]; !isAlnum(c) && (c < 'A' || c > 'Z') && c != '.' && c != '_' && c != '-' {
			return "", ErrRequestInvalid.With("repository name %.100q is not made of letters, digits, '.', '_' and '-'", s)
		}
	}
	folded = strings.ToLower(s)
	switch {
	case s == "":
		return "", ErrRequestInvalid.With("repository name is empty")
	case len(s) > MaxRepositoryLength:
		return "", ErrRequestInvalid.With("repository name is longer than %d bytes", MaxRepositoryLength)
	case s == ".", s == "..":
		return "", ErrRequestInvalid.With("repository name %q means a directory", s)
	case strings.HasSuffix(folded, ".git"):
		return "", ErrRequestInvalid.With("repository name %.100q ends in .git; leave that off", s)
	}
	return folded, nil
}
