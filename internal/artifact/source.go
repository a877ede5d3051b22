package artifact

import (
	"net/url"
	"slices"
	"strings"

	"github.com/berth-registry/berth"
)

// address is where source code lives, taken apart.
type address struct {
	host  string // folded, without a port
	port  string // the scheme's own when the address has none
	usual bool   // the port is the scheme's own
	web   bool   // http or https; else only git understands it
	path  string // as it is written, without slashes around it
}

// ParseSource returns the owner and the repository, both folded, that an address of
// source code names on one of the hosts. It knows the forms that people and tools
// write: of the web, of ssh, of git, with "git+" before and ".git" behind, and what a
// browser shows of a branch or a file. An entry of hosts is a host, a host with a port,
// or either with a path that comes before the owner ("git.example.com/gitea").
func ParseSource(s string, hosts []string) (owner, repo string, ok bool) {
	a, ok := parseAddress(strings.TrimSpace(s))
	if !ok {
		return "", "", false
	}
	for _, host := range hosts {
		if path, ok := a.below(host); ok {
			if owner, repo, ok = splitRepository(path); ok {
				return owner, repo, true
			}
		}
	}
	return "", "", false
}

// parseAddress takes an address of source code apart. User and password count for
// nothing, as do a query and a fragment.
func parseAddress(s string) (address, bool) {
	if s == "" || len(s) > maxURL || strings.ContainsFunc(s, notInAddress) {
		return address{}, false
	}
	plus := len(s) > 4 && strings.EqualFold(s[:4], "git+")
	if plus {
		s = s[4:]
	}
	if !strings.Contains(s, "://") {
		return parseSCP(s)
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || strings.HasPrefix(u.EscapedPath(), "//") {
		return address{}, false
	}
	port, ok := portOf(u.Scheme)
	a := address{host: foldHost(u.Hostname()), port: u.Port(), path: u.EscapedPath()}
	a.web = u.Scheme == "http" || u.Scheme == "https"
	if a.usual = a.port == "" || a.port == port; a.usual {
		a.port = port
	}
	if plus { // pip and SLSA write git+https://host/owner/repo@ref
		a.path, _, _ = strings.Cut(a.path, "@")
	}
	a.path = strings.Trim(a.path, "/")
	return a, ok
}

func notInAddress(c rune) bool { return c <= ' ' || c >= 0x7f || c == '\\' }

// portOf returns the usual port of a scheme, and false for one that git does not speak.
func portOf(scheme string) (string, bool) {
	switch scheme {
	case "http":
		return "80", true
	case "https":
		return "443", true
	case "ssh":
		return "22", true
	case "git":
		return "9418", true
	}
	return "", false
}

// parseSCP reads git@host:owner/repo.git.
func parseSCP(s string) (address, bool) {
	user, rest, ok := strings.Cut(s, "@")
	if !ok || user == "" || strings.ContainsAny(user, "/:") {
		return address{}, false
	}
	host, path, ok := strings.Cut(rest, ":")
	if !ok || host == "" || path == "" || strings.ContainsAny(host, "/@[]%?#") {
		return address{}, false
	}
	path, _, _ = strings.Cut(path, "#")
	path, _, _ = strings.Cut(path, "?")
	return address{host: foldHost(host), path: strings.Trim(path, "/")}, true
}

func foldHost(s string) string { return strings.ToLower(strings.TrimSuffix(s, ".")) }

// below returns the path of the address below an entry of hosts.
func (a address) below(entry string) (string, bool) {
	u, err := url.Parse("//" + strings.TrimSpace(entry))
	if err != nil || u.Hostname() == "" || foldHost(u.Hostname()) != a.host {
		return "", false
	}
	prefix := strings.Trim(u.Path, "/")
	if !a.web { // ssh and git have ports of their own, and no path before the owner
		if rest, ok := cutPrefixFold(a.path, prefix); ok {
			return rest, true
		}
		return a.path, true
	}
	if port := u.Port(); port != a.port && (port != "" || !a.usual) {
		return "", false
	}
	return cutPrefixFold(a.path, prefix)
}

// cutPrefixFold takes whole segments off the front of a path.
func cutPrefixFold(path, prefix string) (string, bool) {
	if prefix == "" {
		return path, true
	}
	if len(path) <= len(prefix) || path[len(prefix)] != '/' || !strings.EqualFold(path[:len(prefix)], prefix) {
		return "", false
	}
	return path[len(prefix)+1:], true
}

// pages are what forges put behind a repository: people copy the address of what they
// see. Any other third segment means that the second is a group, and no repository.
func pages() []string {
	return []string{"-", "blob", "branches", "commit", "commits", "raw", "releases", "src", "tags", "tree"}
}

func splitRepository(path string) (owner, repo string, ok bool) {
	segments := strings.SplitN(path, "/", 4)
	if len(segments) < 2 || len(segments) > 2 && !slices.Contains(pages(), segments[2]) {
		return "", "", false
	}
	owner, err := berth.ParseOwner(segments[0])
	if err != nil {
		return "", "", false
	}
	repo = segments[1]
	if i := len(repo) - len(".git"); i > 0 && strings.EqualFold(repo[i:], ".git") {
		repo = repo[:i]
	}
	if repo, err = berth.ParseRepository(repo); err != nil {
		return "", "", false
	}
	return owner, repo, true
}
