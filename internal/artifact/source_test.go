package artifact_test

import (
	"strings"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/artifact"
)

func hosts() []string {
	return []string{"git.example.com", "Forge.Example.com:3000", "example.org/gitea", "[::1]:8443", "std.example.com:443", "", "%zz"}
}

func TestParseSource(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://git.example.com/acme/web":                     "acme/web",
		" https://git.example.com/acme/web\n":                  "acme/web",
		"https://git.example.com/Acme/Web.git":                 "acme/web",
		"https://git.example.com/acme/web.GIT/":                "acme/web",
		"https://git.example.com/acme/web//":                   "acme/web",
		"https://git.example.com/acme/.github":                 "acme/.github",
		"HTTPS://GIT.Example.COM/acme/web":                     "acme/web",
		"http://git.example.com/acme/web":                      "acme/web",
		"http://git.example.com:80/acme/web":                   "acme/web",
		"https://git.example.com:443/acme/web":                 "acme/web",
		"https://git.example.com./acme/web":                    "acme/web",
		"https://user:pass@git.example.com/acme/web":           "acme/web",
		"https://git.example.com/acme/web.git#main:sub/dir":    "acme/web",
		"https://git.example.com/acme/web?tab=readme":          "acme/web",
		"https://git.example.com/acme/web/tree/main/a%20b":     "acme/web",
		"https://git.example.com/acme/web/blob/main/README.md": "acme/web",
		"https://git.example.com/acme/web/-/tree/main":         "acme/web",
		"https://git.example.com/acme/web/src/branch/main":     "acme/web",
		"https://git.example.com/acme/web/commit/0123":         "acme/web",
		"https://git.example.com/acme/web/releases/tag/v1":     "acme/web",
		"git@git.example.com:acme/web.git":                     "acme/web",
		"git@git.example.com:/acme/web":                        "acme/web",
		"git@Git.Example.com:Acme/Web.git#main":                "acme/web",
		"git@forge.example.com:acme/web.git":                   "acme/web",
		"git@example.org:acme/web.git":                         "acme/web",
		"ssh://git@git.example.com/acme/web":                   "acme/web",
		"ssh://git@git.example.com:2222/acme/web.git":          "acme/web",
		"ssh://git@forge.example.com:22/acme/web.git":          "acme/web",
		"ssh://git@example.org/gitea/acme/web.git":             "acme/web",
		"git+ssh://git@git.example.com/acme/web.git":           "acme/web",
		"git+https://git.example.com/acme/web.git":             "acme/web",
		"git+https://git.example.com/acme/web@refs/heads/main": "acme/web",
		"GIT+https://tok@git.example.com/acme/web.git@v1":      "acme/web",
		"git://git.example.com/acme/web.git":                   "acme/web",
		"https://forge.example.com:3000/acme/web":              "acme/web",
		"https://example.org/gitea/acme/web":                   "acme/web",
		"https://example.org/Gitea/acme/web/tree/main":         "acme/web",
		"https://[::1]:8443/acme/web":                          "acme/web",
		"https://std.example.com/acme/web":                     "acme/web",

		"": "", "acme/web": "", "git.example.com/acme/web": "", "https://git.example.com": "", "https://git.example.com/acme": "",
		"https://git.example.com/acme/":                                 "",
		"https://git.example.com//acme/web":                             "",
		"https://git.example.com/acme//web":                             "",
		"https://git.example.com/group/sub/project":                     "", // a group of GitLab is no owner of ours
		"https://git.example.com/acme/web.git.git":                      "",
		"https://git.example.com/acme/.git":                             "",
		"https://git.example.com/acme/..":                               "",
		"https://git.example.com/acme/we%62":                            "",
		"https://git.example.com/acme%2Fweb":                            "",
		"https://git.example.com/api/web":                               "", // a reserved owner
		"https://git.example.com/acme/wéb":                              "",
		"https://git.example.com/acme/web x":                            "",
		"https://git.example.com:8443/acme/web":                         "",
		"https://git.example.com:80/acme/web":                           "",
		"http://std.example.com/acme/web":                               "",
		"http://forge.example.com/acme/web":                             "",
		"https://example.org/acme/web":                                  "",
		"https://example.org/giteaacme/web":                             "",
		"https://evil.example/git.example.com/acme/web":                 "",
		"https://git.example.com@evil.example/acme/web":                 "",
		"https://evil.example#@git.example.com/acme/web":                "",
		`https://evil.example\@git.example.com/acme/web`:                "",
		"https://xgit.example.com/acme/web":                             "",
		"https://git.example.com.evil.example/acme/web":                 "",
		"git@evil.example:git.example.com/acme/web":                     "",
		"a:b@git.example.com:acme/web":                                  "",
		"git@git.example.com/acme/web":                                  "",
		"ssh://git@git.example.com:acme/web":                            "",
		"ftp://git.example.com/acme/web":                                "",
		"file:///git.example.com/acme/web":                              "",
		"javascript://git.example.com/acme/web":                         "",
		"git+git+https://git.example.com/acme/web":                      "",
		"https://git.example.com/acme/" + strings.Repeat("a", 101):      "",
		"https://git.example.com/acme/web#" + strings.Repeat("a", 2048): "",
	} {
		owner, repo, ok := artifact.ParseSource(in, hosts())
		got := ""
		if ok {
			got = owner + "/" + repo
		}
		if got != want || !ok && owner+repo != "" {
			t.Errorf("%.80q: %q, want %q", in, got, want)
		}
	}
	if _, _, ok := artifact.ParseSource("https://git.example.com/acme/web", nil); ok {
		t.Error("a host is known where none is")
	}
}

func FuzzParseSource(f *testing.F) {
	for _, s := range []string{
		"https://git.example.com/acme/web.git", "git@git.example.com:acme/web.git", "ssh://git@git.example.com:22/acme/web",
		"git+https://git.example.com/acme/web@v1#x", "https://example.org/gitea/acme/web/tree/main", "git.example.com",
	} {
		f.Add(s, "git.example.com")
	}
	f.Fuzz(func(t *testing.T, s, host string) {
		owner, repo, ok := artifact.ParseSource(s, append(hosts(), host))
		if !ok {
			if owner+repo != "" {
				t.Fatalf("%q: no, and %q %q", s, owner, repo)
			}
			return
		}
		if o, err := berth.ParseOwner(owner); err != nil || o != owner {
			t.Fatalf("%q: owner %q: %v", s, owner, err)
		}
		if r, err := berth.ParseRepository(repo); err != nil || r != repo {
			t.Fatalf("%q: repository %q: %v", s, repo, err)
		}
		again := "https://git.example.com/" + owner + "/" + repo
		if o, r, ok := artifact.ParseSource(again, []string{"git.example.com"}); !ok || o != owner || r != repo {
			t.Fatalf("%q became %q, and that %q %q %v", s, again, o, r, ok)
		}
	})
}
