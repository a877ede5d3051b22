package berth_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/distribution/reference"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/berth-registry/berth"
)

// specName is the <name> of the distribution-spec, word for word.
var specName = regexp.MustCompile(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`)

// nameAllowed says what ParseName should: the grammar, our limits, an owner.
func nameAllowed(s string) bool {
	owner, _, ok := strings.Cut(s, "/")
	return ok && len(s) <= berth.MaxNameLength && len(owner) <= berth.MaxOwnerLength && specName.MatchString(s)
}

func TestParseName(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", berth.MaxNameLength)
	tests := []struct {
		in   string
		want berth.Name
		msg  string // a part of the message; "" when the name is good
	}{
		{in: "alice/app", want: berth.Name{Owner: "alice", Path: "app"}},
		{in: "a/b/c/d", want: berth.Name{Owner: "a", Path: "b/c/d"}},
		{in: "0/1", want: berth.Name{Owner: "0", Path: "1"}},
		{in: "a.b/c_d/e__f/g---h", want: berth.Name{Owner: "a.b", Path: "c_d/e__f/g---h"}},
		{in: long[:64] + "/" + long[:164], want: berth.Name{Owner: long[:64], Path: long[:164]}},
		{in: long[:64] + "/" + long[:165], msg: "longer than 229 bytes"},
		{in: long[:65] + "/a", msg: "owner longer than 64 bytes"},
		{in: "", msg: "empty segment"},
		{in: "/app", msg: "empty segment"},
		{in: "alice/", msg: "empty segment"},
		{in: "alice//app", msg: "empty segment"},
		{in: "Alice/app", msg: "use lower case"},
		{in: "alice/App", msg: "use lower case"},
		{in: "alice/App-", msg: "each segment"},
		{in: "alice/..", msg: "each segment"},
		{in: "../alice", msg: "each segment"},
		{in: "alice/.app", msg: "each segment"},
		{in: "alice/app.", msg: "each segment"},
		{in: "alice/a..b", msg: "each segment"},
		{in: "alice/a___b", msg: "each segment"},
		{in: "alice/a_-b", msg: "each segment"},
		{in: "alice/a.-b", msg: "each segment"},
		{in: "alice/_app", msg: "each segment"},
		{in: "alice/app-", msg: "each segment"},
		{in: "alice/app_", msg: "each segment"},
		{in: "alice/app\n", msg: "each segment"},
		{in: "alice/a%2fb", msg: "each segment"},
		{in: "alice/a b", msg: "each segment"},
		{in: "alice/\u00e9", msg: "each segment"},
		{in: "alice/a\x00", msg: "each segment"},
		{in: "alice/\xff", msg: "each segment"},
		{in: "\u212a8s/app", msg: "lower case"}, // the Kelvin sign folds to k
	}
	for _, test := range tests {
		t.Run(test.in, func(t *testing.T) {
			t.Parallel()
			got, err := berth.ParseName(test.in)
			checkMessage(t, err, berth.ErrNameInvalid, test.msg)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if test.msg == "" && got.String() != test.in {
				t.Errorf("String() = %q, want %q", got.String(), test.in)
			}
		})
	}
}

// A good name that only lacks its owner has an error of its own.
func TestParseNameWithoutOwner(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"app", "a.b__c--d", "0"} {
		_, err := berth.ParseName(s)
		checkMessage(t, err, berth.ErrNameWithoutOwner, "package name has no owner: write OWNER/"+s)
	}
	for _, s := range []string{"App", "app-", ""} {
		_, err := berth.ParseName(s)
		checkMessage(t, err, berth.ErrNameInvalid, "package name invalid")
	}
}

// checkMessage wants no error for "", else one of the kind with the text in it.
func checkMessage(t *testing.T, err error, kind *berth.Error, msg string) {
	t.Helper()
	if msg == "" {
		if err != nil {
			t.Errorf("unexpected error: %v", err)
		}
		return
	}
	if !errors.Is(err, kind) {
		t.Fatalf("error %v, want %s", err, kind.ID)
	}
	if !strings.Contains(err.Error(), msg) {
		t.Errorf("error %q does not say %q", err, msg)
	}
}

// names draws names that are right, nearly right and wrong.
func names() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[a-z0-9]{1,3}((\.|_|__|-{1,3})[a-z0-9]{1,3}){0,2}(/[a-z0-9]{1,3}((\.|_|__|-{1,3})[a-z0-9]{1,3}){0,2}){0,3}`),
		rapid.StringMatching(`[a-z0-9]{60,68}/[a-z]{150,170}`),
		rapid.StringOfN(rapid.SampledFrom([]rune("ab0._-/A\u00e9\u212a ")), 0, 12, -1),
		rapid.String(),
	)
}

func TestParseNameProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { checkName(t, names().Draw(t, "name")) })
}

// checkName compares ParseName with the spec's expression and with the parser
// that Docker and containerd use.
func checkName(t interface {
	Helper()
	Errorf(string, ...any)
}, s string,
) {
	t.Helper()
	n, err := berth.ParseName(s)
	if allowed := nameAllowed(s); allowed != (err == nil) {
		t.Errorf("ParseName(%q): error %v, but allowed is %t", s, err, allowed)
	}
	if err != nil {
		kind := berth.ErrNameInvalid
		if len(s) <= berth.MaxNameLength && !strings.Contains(s, "/") && specName.MatchString(s) {
			kind = berth.ErrNameWithoutOwner
		}
		if !errors.Is(err, kind) || n != (berth.Name{}) {
			t.Errorf("ParseName(%q) = %+v, %v", s, n, err)
		}
		return
	}
	if n.String() != s {
		t.Errorf("ParseName(%q).String() = %q", s, n)
	}
	ref, err := reference.WithName("registry.example/" + s)
	if err != nil {
		t.Errorf("ParseName accepts %q, distribution/reference does not: %v", s, err)
	} else if reference.Path(ref) != s {
		t.Errorf("distribution/reference reads %q as %q", s, reference.Path(ref))
	}
}

func FuzzParseName(f *testing.F) {
	for _, s := range []string{"alice/app", "a/b/c", "a__b/c---d", "A/b", "a//b", "a/.", "", "a/b_", "\u212a/x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkName(t, s) })
}

func TestParseOwner(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want, msg string }{
		{in: "alice", want: "alice"},
		{in: "Alice", want: "alice"},
		{in: "ACME-Corp.io", want: "acme-corp.io"},
		{in: "v3", want: "v3"},
		{in: strings.Repeat("A", 64), want: strings.Repeat("a", 64)},
		{in: strings.Repeat("a", 65), msg: "longer than 64 bytes"},
		{in: "", msg: "not made of"},
		{in: "a/b", msg: "not made of"},
		{in: "-a", msg: "not made of"},
		{in: "a b", msg: "not made of"},
		{in: "a\n", msg: "not made of"},
		{in: "_catalog", msg: "not made of"},
		{in: ".well-known", msg: "not made of"},
		{in: "v2", msg: `"v2" is reserved`},
		{in: "V2", msg: `"V2" is reserved`},
		{in: "ca.crt", msg: "reserved"},
		{in: "healthz", msg: "reserved"},
		{in: "Token", msg: "reserved"},
		{in: "well-known", msg: "reserved"},
		// Letters that only fold to ASCII: two names on a page that look alike.
		{in: "\u212aubernetes", msg: "not made of"},
		{in: "adm\u0130n", msg: "not made of"},
	}
	for _, test := range tests {
		t.Run(test.in, func(t *testing.T) {
			t.Parallel()
			got, err := berth.ParseOwner(test.in)
			checkMessage(t, err, berth.ErrOwnerInvalid, test.msg)
			if got != test.want {
				t.Errorf("ParseOwner(%q) = %q, want %q", test.in, got, test.want)
			}
		})
	}
}

// Every owner must be usable in image names.
func TestParseOwnerFitsNames(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(names(), rapid.StringMatching(`[A-Za-z0-9]{1,4}([._-][A-Za-z0-9]{1,4}){0,3}`)).Draw(t, "owner")
		folded, err := berth.ParseOwner(s)
		if err != nil {
			return
		}
		if _, err := berth.ParseName(folded + "/app"); err != nil {
			t.Errorf("owner %q folds to %q: %v", s, folded, err)
		}
		if len(folded) != len(s) {
			t.Errorf("owner %q folds to %q of another length", s, folded)
		}
		if again, err := berth.ParseOwner(folded); err != nil || again != folded {
			t.Errorf("owner %q folds to %q, which folds to %q, %v", s, folded, again, err)
		}
	})
}
