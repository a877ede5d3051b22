package account_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

// peopleCase is a use case with what each actor gets. It acts on things that were
// made for it alone, whose names end in tag.
type peopleCase struct {
	name string
	// want has a letter for each of the actors: + may, u has to sign in, - is told
	// that there is no such thing, d is denied.
	want string
	act  func(ctx context.Context, s *account.Service, v berth.Viewer, tag string) error
}

func outcome(err error) string {
	switch {
	case err == nil:
		return "+"
	case errors.Is(err, berth.ErrUnauthenticated):
		return "u"
	case errors.Is(err, berth.ErrOwnerUnknown):
		return "-"
	case errors.Is(err, berth.ErrDenied):
		return "d"
	}
	return "(" + err.Error() + ")"
}

// peopleActors are, in the order of the letters: anonymous, a stranger, a member, an
// owner, an administrator; an owner and an administrator whose tokens lack the
// scopes; an owner whose token reaches the organization only; an owner's registry
// bearer.
func peopleActors(t *testing.T, s *berthtest.Server) []berth.Viewer {
	t.Helper()
	token := func(user string, scopes berth.Scopes) berth.Viewer { return viewer(t, s, s.Token(user, scopes, 0)) }
	bearer := token("ada", berth.ScopeAll)
	bearer.Bearer = true
	return []berth.Viewer{
		{},
		token("bob", berth.ScopeAll), token("mia", berth.ScopeAll), token("ada", berth.ScopeAll), token("root", berth.ScopeAll),
		token("ada", berth.ScopesPackages), token("root", berth.ScopesPackages),
		limited(t, s, "ada", "acme", ""), bearer,
	}
}

const (
	forSite    = "uddd+dddd"
	forSelf    = "u++++dddd"
	forMembers = "u-+++d-+d"
	forOwners  = "u-d++d-+d"
)

func peopleCases() []peopleCase {
	only := func(_ any, err error) error { return err }
	refuse := account.Disposal{}
	return []peopleCase{
		{"MakeUser", forSite, func(ctx context.Context, s *account.Service, v berth.Viewer, tag string) error {
			return only(s.MakeUser(ctx, v, "new"+tag, "long enough", false))
		}},
		{"ListUsers", forSite, func(ctx context.Context, s *account.Service, v berth.Viewer, _ string) error {
			return only(s.ListUsers(ctx, v, "", 10))
		}},
		{"SetBlocked", forSite, func(ctx context.Context, s *account.Service, v berth.Viewer, tag string) error {
			return s.SetBlocked(ctx, v, "user"+tag, true)
		}},
		{"SetAdmin", forSite, func(ctx context.Context, s *account.Service, v berth.Viewer, tag string) error {
			return s.SetAdmin(ctx, v, "user"+tag, true)
		}},
		{"DeleteUser", forSite, func(ctx context.Context, s *account.Service, v berth.Viewer, tag string) error {
			return s.DeleteUser(ctx, v, "user"+tag, refuse)
		}},
		{"MakeOrg", forSite, func(ctx context.Context, s *account.Service, v berth.Viewer, tag string) error {
			return only(s.MakeOrg(ctx, v, "new"+tag, "ada"))
		}},
		{"ListOrgs", forSite, func(ctx context.Context, s *account.Service, v berth.Viewer, _ string) error {
			return only(s.ListOrgs(ctx, v, "", 10))
		}},
		{"Self", forSelf, func(ctx context.Context, s *account.Service, v berth.Viewer, _ string) error {
			return only(s.Self(ctx, v))
		}},
		{"PutDefaultVisibility", forSelf, func(ctx context.Context, s *account.Service, v berth.Viewer, _ string) error {
			return only(s.PutDefaultVisibility(ctx, v, berth.VisibilityInternal))
		}},
		{"ListOwnOrgs", forSelf, func(ctx context.Context, s *account.Service, v berth.Viewer, _ string) error {
			return only(s.ListOwnOrgs(ctx, v, "", 10))
		}},
		{"GetUser", forSelf, func(ctx context.Context, s *account.Service, v berth.Viewer, tag string) error {
			return only(s.GetUser(ctx, v, "user"+tag))
		}},
		{"GetUser of a service account", "u-+++dddd", func(ctx context.Context, s *account.Service, v berth.Viewer, tag string) error {
			return only(s.GetUser(ctx, v, "robot"+tag))
		}},
		{"GetOrg", forMembers, func(ctx context.Context, s *account.Service, v berth.Viewer, _ string) error {
			return only(s.GetOrg(ctx, v, "acme"))
		}},
		{"UpdateOrg", forOwners, func(ctx context.Context, s *account.Service, v berth.Viewer, _ string) error {
			role := berth.RoleWrite
			return only(s.UpdateOrg(ctx, v, "acme", account.OrgChange{BaseRole: &role}))
		}},
		{"ListMembers", forMembers, func(ctx context.Context, s *account.Service, v berth.Viewer, _ string) error {
			return only(s.ListMembers(ctx, v, "acme", "", 10))
		}},
		{"GetMember", forMembers, func(ctx context.Context, s *account.Service, v berth.Viewer, _ string) error {
			return only(s.GetMember(ctx, v, "acme", "mia"))
		}},
		{"AddMember", forOwners, func(ctx context.Context, s *account.Service, v berth.Viewer, tag string) error {
			return s.AddMember(ctx, v, "acme", "user"+tag, false)
		}},
		{"AddMember who is one", forOwners, func(ctx context.Context, s *account.Service, v berth.Viewer, tag string) error {
			return s.AddMember(ctx, v, "acme", "member"+tag, true)
		}},
		{"RemoveMember", forOwners, func(ctx context.Context, s *account.Service, v berth.Viewer, tag string) error {
			return s.RemoveMember(ctx, v, "acme", "member"+tag)
		}},
		{"ListTeams", forMembers, func(ctx context.Context, s *account.Service, v berth.Viewer, _ string) error {
			return only(s.ListTeams(ctx, v, "acme", "", 10))
		}},
		{"GetTeam", forMembers, func(ctx context.Context, s *account.Service, v berth.Viewer, tag string) error {
			return only(s.GetTeam(ctx, v, "acme", "team"+tag))
		}},
		{"ListTeamMembers", forMembers, func(ctx context.Context, s *account.Service, v berth.Viewer, tag string) error {
			return only(s.ListTeamMembers(ctx, v, "acme", "team"+tag, "", 10))
		}},
		{"CreateTeam", forOwners, func(ctx context.Context, s *account.Service, v berth.Viewer, tag string) error {
			return only(s.CreateTeam(ctx, v, "acme", "new"+tag))
		}},
		{"DeleteTeam", forOwners, func(ctx context.Context, s *account.Service, v berth.Viewer, tag string) error {
			return s.DeleteTeam(ctx, v, "acme", "team"+tag)
		}},
		{"AddTeamMember", forOwners, func(ctx context.Context, s *account.Service, v berth.Viewer, tag string) error {
			return s.AddTeamMember(ctx, v, "acme", "team"+tag, "ada")
		}},
		{"RemoveTeamMember", forOwners, func(ctx context.Context, s *account.Service, v berth.Viewer, tag string) error {
			return s.RemoveTeamMember(ctx, v, "acme", "team"+tag, "member"+tag)
		}},
		{"ListServiceAccounts", forMembers, func(ctx context.Context, s *account.Service, v berth.Viewer, _ string) error {
			return only(s.ListServiceAccounts(ctx, v, "acme", "", 10))
		}},
		{"CreateServiceAccount", forOwners, func(ctx context.Context, s *account.Service, v berth.Viewer, tag string) error {
			return only(s.CreateServiceAccount(ctx, v, "acme", "new"+tag, ""))
		}},
		{"DeleteServiceAccount", forOwners, func(ctx context.Context, s *account.Service, v berth.Viewer, tag string) error {
			return s.DeleteServiceAccount(ctx, v, "acme", "robot"+tag, refuse)
		}},
		{"DeleteOrg", forOwners, func(ctx context.Context, s *account.Service, v berth.Viewer, tag string) error {
			return s.DeleteOrg(ctx, v, "acme", refuse)
		}},
	}
}

// must fails the test unless all went well.
func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// What everybody gets from every use case, and that a refusal changes nothing.
func TestPeoplePermissions(t *testing.T) {
	t.Parallel()
	for _, c := range peopleCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := berthtest.New(t)
			ctx, op := t.Context(), berth.Operator()
			actors := peopleActors(t, s)
			got := make([]byte, 0, len(actors))
			// Those who may come last, because they may delete what the others ask for.
			order := slices.SortedFunc(slices.Values([]int{0, 1, 2, 3, 4, 5, 6, 7, 8}), func(a, b int) int {
				return strings.Count(c.want[a:a+1], "+") - strings.Count(c.want[b:b+1], "+")
			})
			letters := map[int]string{}
			for _, i := range order {
				tag := fmt.Sprint(i)
				s.AddUser("user"+tag, false)
				s.AddUser("member"+tag, false)
				if c.name == "DeleteOrg" && c.want[i] == '+' { // a new one for everybody
					if _, err := s.Account.GetOrg(ctx, op, "acme"); err != nil {
						must(t, s.Account.CreateOrg(ctx, op, "acme", "ada"))
						if actors[i].Limited {
							actors[i] = limited(t, s, "ada", "acme", "")
						}
					}
				}
				_, err := s.Account.CreateTeam(ctx, op, "acme", "team"+tag)
				_, more := s.Account.CreateServiceAccount(ctx, op, "acme", "robot"+tag, "")
				must(t, err, more, s.Account.AddMember(ctx, op, "acme", "member"+tag, false), s.Account.AddTeamMember(ctx, op, "acme", "team"+tag, "member"+tag))
				before := s.State()
				err = c.act(ctx, s.Account, actors[i], tag)
				if letters[i] = outcome(err); err != nil && s.State() != before {
					t.Errorf("actor %d was refused and has changed something: %v", i, err)
				}
			}
			for i := range actors {
				got = append(got, letters[i]...)
			}
			if string(got) != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// A stranger reads the same of an organization and of none, also of the people and
// teams in it.
func TestOrganizationIsHidden(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx, op := t.Context(), berth.Operator()
	_, err := s.Account.CreateTeam(ctx, op, "acme", "team")
	_, more := s.Account.CreateServiceAccount(ctx, op, "acme", "robot", "")
	must(t, err, more)
	rename := func(from, to string) { s.Exec(`UPDATE owners SET folded = '` + to + `' WHERE folded = '` + from + `'`) }
	for who, v := range map[string]berth.Viewer{"bob": viewer(t, s, s.Token("bob", berth.ScopeAll, 0)), "nobody": {}} {
		for _, c := range peopleCases() {
			if c.want != forMembers && c.want != forOwners && c.name != "GetUser of a service account" {
				continue
			}
			ask := func() string {
				if e, ok := errors.AsType[*berth.Error](c.act(ctx, s.Account, v, "")); ok {
					return e.ID + " " + e.Msg
				}
				return ""
			}
			there := ask()
			rename("acme", "gone")
			rename("robot", "gone2")
			absent := ask()
			rename("gone", "acme")
			rename("gone2", "robot")
			if diff := cmp.Diff(absent, there); diff != "" || there == "" {
				t.Errorf("%s by %s (-absent +there):\n%s", c.name, who, diff)
			}
		}
	}
}
