package berth_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/berth-registry/berth"
)

func TestParseScopes(t *testing.T) {
	t.Parallel()
	const read, write, remove = berth.ScopeReadPackages, berth.ScopeWritePackages, berth.ScopeDeletePackages
	tests := []struct {
		in   string
		want berth.Scopes
		msg  string
	}{
		{in: "read:packages", want: read},
		{in: "write:packages", want: read | write},
		{in: "delete:packages", want: read | remove},
		{in: "read:user", want: berth.ScopeReadUser},
		{in: "admin:org", want: berth.ScopeAdminOrg | berth.ScopeReadUser},
		{in: "user", want: berth.ScopeUser | berth.ScopeReadUser},
		{in: "write:repositories", want: berth.ScopeWriteRepositories},
		{in: "admin", want: berth.ScopeAdmin},
		{in: "read:packages,write:packages", want: read | write},
		{in: "delete:packages write:packages", want: read | write | remove},
		{in: " ,read:user,, read:user, ", want: berth.ScopeReadUser},
		{in: "read:packages,write:packages,delete:packages,read:user,admin:org,write:repositories,admin,user", want: berth.ScopeAll},
		{in: "", msg: "no scope given; choose from read:packages,"},
		{in: " , ", msg: "no scope given"},
		{in: "read", msg: `scope "read" is unknown; choose from read:packages,`},
		{in: "Read:packages", msg: `scope "Read:packages" is unknown`},
		{in: "read:packages\n", msg: `scope "read:packages\n" is unknown`},
		{in: "read:packages,none", msg: `scope "none" is unknown`},
		{in: "read:packages;write:packages", msg: "is unknown"},
	}
	for _, test := range tests {
		t.Run(test.in, func(t *testing.T) {
			t.Parallel()
			got, err := berth.ParseScopes(test.in)
			checkMessage(t, err, berth.ErrTokenInvalid, test.msg)
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestScopesString(t *testing.T) {
	t.Parallel()
	for in, want := range map[berth.Scopes]string{
		0:                                  "",
		berth.ScopeReadPackages:            "read:packages",
		berth.ScopeAdmin:                   "admin",
		berth.ScopesPackages:               "read:packages,write:packages,delete:packages",
		berth.ScopeAll:                     "read:packages,write:packages,delete:packages,read:user,admin:org,write:repositories,admin,user",
		berth.ScopeAll + 1:                 "",
		berth.ScopeAdminOrg | 1<<31:        "admin:org",
		berth.ScopeAll &^ berth.ScopeAdmin: "read:packages,write:packages,delete:packages,read:user,admin:org,write:repositories,user",
	} {
		if got := in.String(); got != want {
			t.Errorf("%#b: String() = %q, want %q", in, got, want)
		}
	}
}

func TestScopesRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := berth.Scopes(rapid.Uint32Range(1, uint32(berth.ScopeAll)).Draw(t, "scopes"))
		got, err := berth.ParseScopes(s.String())
		if err != nil {
			t.Fatal(err)
		}
		// What is added is reading, and only to writing, deleting or administering.
		want := s
		if s.Has(berth.ScopeWritePackages) || s.Has(berth.ScopeDeletePackages) {
			want |= berth.ScopeReadPackages
		}
		if s.Has(berth.ScopeUser) || s.Has(berth.ScopeAdminOrg) {
			want |= berth.ScopeReadUser
		}
		if got != want {
			t.Errorf("ParseScopes(%q) = %q", s, got)
		}
		if again, err := berth.ParseScopes(got.String()); err != nil || again != got {
			t.Errorf("ParseScopes(%q) = %q, %v", got, again, err)
		}
	})
}

func TestScopesHas(t *testing.T) {
	t.Parallel()
	tests := []struct {
		have, want berth.Scopes
		ok         bool
	}{
		{0, 0, true},
		{0, berth.ScopeReadPackages, false},
		{berth.ScopeReadPackages, berth.ScopeReadPackages, true},
		{berth.ScopeReadPackages, berth.ScopesPackages, false},
		{berth.ScopeAll, berth.ScopesPackages, true},
		{berth.ScopeAdmin, berth.ScopeReadPackages, false}, // it is no wildcard
	}
	for _, test := range tests {
		if got := test.have.Has(test.want); got != test.ok {
			t.Errorf("%q.Has(%q) = %t, want %t", test.have, test.want, got, test.ok)
		}
	}
}
