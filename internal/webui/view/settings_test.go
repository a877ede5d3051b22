package view

import (
	"strings"
	"testing"
	"time"
)

const testDay = 24 * time.Hour

func TestNear(t *testing.T) {
	t.Parallel()
	now := noon()
	for _, tt := range []struct {
		life, left time.Duration
		near       bool
	}{
		{365 * testDay, 8 * testDay, false},
		{365 * testDay, 6 * testDay, true},
		{7 * testDay, 6 * testDay, false},
		{7 * testDay, testDay, true},
		{7 * testDay, -testDay, true},
		{testDay, 7 * time.Hour, false},
		{testDay, 5 * time.Hour, true},
	} {
		end := now.Add(tt.left)
		if got := Near(end.Add(-tt.life), end, now); got != tt.near {
			t.Errorf("%s before the end of %s: %v", tt.left, tt.life, got)
		}
	}
	if Near(now, time.Time{}, now) {
		t.Error("what never ends is near its end")
	}
}

func TestTokensGolden(t *testing.T) {
	t.Parallel()
	made := noon().Add(-80 * testDay)
	golden(t, "tokens", Frame{Login: "ada", Path: "/settings/tokens"}, Tokens(TokensPage{First: true, Before: "3", Rows: []TokenRow{
		{ID: "9", Name: "<ci>", Scopes: []string{"read:packages", "admin"}, Limited: true, Reach: []string{"acme", "acme/web"}, Actions: []string{"pull", "push"}, CreatedAt: made, UsedAt: noon(), ExpiresAt: made.Add(90 * testDay)},
		{ID: "8", Name: "soon", Scopes: []string{"user"}, CreatedAt: made, ExpiresAt: noon().Add(testDay)},
		{ID: "7", Scopes: []string{"user"}, Limited: true, CreatedAt: made, ExpiresAt: noon().Add(-testDay)},
		{ID: "3", Name: "ever", Scopes: []string{"read:user"}, CreatedAt: made},
	}}))
	golden(t, "tokens_none", Frame{Login: "ada", Path: "/settings/tokens"}, Tokens(TokensPage{First: true}))
	if got := render(t, Frame{}, Tokens(TokensPage{})); strings.Contains(got, "No access tokens") || !strings.Contains(got, "No more tokens") {
		t.Error(got)
	}
}

func TestNewTokenGolden(t *testing.T) {
	t.Parallel()
	golden(t, "token_new", Frame{Login: "ada", Path: "/settings/tokens/new"}, NewToken(TokenForm{
		Name: `"><script>`, Expires: "custom", Until: "2026-12-24", FirstDay: "2026-11-21", Failure: "No scope given.",
		Scopes:  []BoxGroup{{Title: "Packages", Choices: []Box{{Value: "read:packages", Text: "Pull", Checked: true}, {Value: "write:packages", Text: "Push"}}}},
		Actions: []Box{{Value: "pull", Text: "Read"}}, Owners: "acme", Limits: true,
	}))
	golden(t, "token_made", Frame{Login: "ada"}, TokenMade(MadeToken{
		Row: TokenRow{Name: "ci", Scopes: []string{"write:packages"}}, Secret: "brt_x", Login: "ada", Host: "berth.example", Docker: true,
	}))
}

func TestSecurityGolden(t *testing.T) {
	t.Parallel()
	golden(t, "security_off", Frame{Login: "ada"}, Security(SecurityPage{Wrong: FormWrong{"password", "It is <wrong>."}}))
	golden(t, "security_on", Frame{Login: "ada"}, Security(SecurityPage{
		Factor: true, Codes: 2, Wrong: FormWrong{"codes", "That is wrong."}, Identities: []IdentityRow{{Provider: "forge", Title: "<Forge>", Subject: "17", CreatedAt: noon()}},
	}))
	golden(t, "factor", Frame{Login: "ada"}, Factor(FactorPage{Secret: "ABC", URL: "otpauth://totp/x?secret=ABC&y", Size: "9", Path: "M2 2h1v1h-1z"}))
	golden(t, "recovery_codes", Frame{Login: "ada"}, RecoveryCodes([]string{"aaaa-bbbb", "cccc-dddd"}, true))
}

func TestSettingsGolden(t *testing.T) {
	t.Parallel()
	golden(t, "profile", Frame{Login: "Ada"}, Profile(ProfilePage{Login: "Ada", Admin: true, CreatedAt: noon(), Visibility: "internal", Name: "<eve>", Failure: "It is taken."}))
	golden(t, "sessions", Frame{Login: "ada"}, Sessions([]SessionRow{
		{ID: "2", What: "Firefox on Linux", Agent: "<agent>", Address: "192.0.2.7", CreatedAt: noon(), UsedAt: noon(), ExpiresAt: noon().Add(testDay), Current: true},
		{ID: "1", What: "berth on <host>", Program: true, CreatedAt: noon(), UsedAt: noon(), ExpiresAt: noon().Add(testDay)},
	}))
	golden(t, "orgs", Frame{Login: "ada", Path: "/settings/orgs"}, Orgs(OrgsPage{Rows: []OrgRow{{Login: "acme", Owner: true}, {Login: "orchid"}}, After: "orchid", Make: true, Refused: "You are the last owner."}))
	golden(t, "orgs_none", Frame{Login: "ada", Path: "/settings/orgs"}, Orgs(OrgsPage{}))
}
