package view

import (
	"testing"
	"time"

	"github.com/a-h/templ"
)

func growthOf(values ...int64) []GrowthDay {
	list := make([]GrowthDay, len(values))
	for i, v := range values {
		list[i] = GrowthDay{Day: noon().Truncate(24*time.Hour).AddDate(0, 0, i-len(values)), Packages: 1, Versions: 2, Unique: v, Logical: 2 * v, Reclaimed: 3}
	}
	return list
}

func TestAdministration(t *testing.T) {
	t.Parallel()
	frame := Frame{Title: "Administration", Login: "root", Admin: true, Theme: "auto", Path: "/-/admin/users?q=a"}
	minutes := make([]RequestMinute, 60)
	minutes[0], minutes[58], minutes[59] = RequestMinute{Total: 12}, RequestMinute{Total: 6, Failed: 3}, RequestMinute{Total: 1}
	over := QuotaRow{Owner: "acme", Org: true, Used: 3 << 30, Limit: 2 << 30, Own: true, Exceeded: true, Text: "2GiB"}
	bob := UserRow{Login: "bob", CreatedAt: noon().Add(-48 * time.Hour), UsedAt: noon().Add(-time.Hour), SecondFactor: true}
	robot := UserRow{Login: "acme-ci", Org: "acme", Repository: "acme/reed", CreatedAt: noon().Add(-48 * time.Hour), Blocked: true}
	for name, c := range map[string]templ.Component{
		"admin_overview_new": Overview(OverviewPage{GrowthDays: 90, Healthy: true}),
		"admin_overview": Overview(OverviewPage{
			Owners: 1, Users: 2, Packages: 3, Versions: 4, CountedAt: noon().Add(-time.Minute), Blobs: 5, Logical: 6 << 20, Unique: 7 << 20, IdleBlobs: 8, Idle: 9 << 10,
			Reclaimed: 10 << 10, Growth: growthOf(100, 300, 200), GrowthDays: 90, DoomedKeys: 11, LostBlobs: 12, Pushes: 13, Events: 14, Deliveries: 15, Uploads: 16, Trash: 17,
			Faces: []FaceRequests{{Name: "REST API", Minutes: minutes, Total: 19, Refused: 2, Failed: 3, Mean: 1500 * time.Microsecond}},
		}),
		"admin_users":       Users(UsersPage{Prefix: "a", Rows: []UserRow{bob, robot}, After: "bob"}),
		"admin_user":        User(UserPage{UserRow: bob, Self: true, Quota: over, Name: "ada", Wrong: FormWrong{"name", "That name is taken."}}),
		"admin_user_robot":  User(UserPage{UserRow: robot, Quota: QuotaRow{Owner: "acme-ci", Limit: -1, Text: "default"}, Wrong: FormWrong{"delete", "There are packages."}, Disposal: "move", To: "ada"}),
		"admin_new_user":    NewUser(NewUserForm{Name: "eve", Admin: true, Failure: "Too short."}),
		"admin_invitations": SiteInvitations(SiteInvitationsPage{Rows: []InvitationRow{{ID: 3, By: "root", Org: "acme", Owner: true, CreatedAt: noon(), ExpiresAt: noon().Add(50 * time.Hour)}}, After: 3, Days: "7", Link: "https://berth.example/join/bri_x", EndsAt: noon().Add(50 * time.Hour)}),
		"admin_orgs":        AllOrgs(AllOrgsPage{Rows: []AllOrgsRow{{Quota: over, CreatedAt: noon()}}, Owner: "root", Failure: "That name is taken."}),
		"admin_types":       Types([]TypeRow{{"container", "read-only"}}),
		"admin_quotas":      Quotas(QuotasPage{Default: -1, DefaultText: "none", Rows: []QuotaRow{over}, Wrong: FormWrong{"default", "Expected a size."}, Typed: "lots", After: "acme"}),
		"admin_audit": Audit(AuditPage{Action: "tag.", Rows: []AuditRow{
			{At: noon(), Actor: "ada", Account: true, Token: 7, Address: "10.0.0.1", Owner: "acme", Action: "tag.create", Target: "acme/web:1.0", Detail: "<sha256>"},
			{At: noon(), Actor: "operator", Action: "quota.set", Target: "default"},
		}, Before: 9}),
		"admin_audit_none": Audit(AuditPage{Before: 9, Failure: "Expected a day."}),
		"admin_doctor": Doctor(DoctorPage{
			Checks: []Check{{Title: "Address", State: CheckGood, Text: "It is."}, {"TLS", CheckBad, "There is none.", "external_urls: [https://a]"}},
			Peer:   "10.0.0.1", Client: "203.0.113.7", Host: "a<b", Origin: "http://a", External: []string{"http://a"}, Registry: "a", Plain: true,
			Sent: []SentHeader{{"X-Forwarded-For", `"><script>alert(1)</script>`}},
		}),
		"admin_jobs": Jobs([]JobRow{{Name: "sweep", Every: time.Hour, StartedAt: noon(), Took: time.Second, Done: 1200, Error: "no broom", NextAt: noon().Add(time.Hour)}, {Name: "count", Running: true, StartedAt: noon()}, {Name: "rest"}}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, frame, c)
		})
	}
}

// The lines go from edge to edge, and as high as the most that there was; days on which
// nothing was counted take their room too.
func TestGrowthLines(t *testing.T) {
	t.Parallel()
	days := growthOf(100, 50, 200)
	days[2].Day = days[2].Day.AddDate(0, 0, 2) // two days are missing
	for want, got := range map[string]string{
		"M0.0 120.0L225.0 140.0L900.0 80.0":        growthLine(days, unique),
		"M0.0 80.0L225.0 120.0L900.0 0.0":          growthLine(days, logical),
		"M0.0 120.0L225.0 140.0L900.0 80.0V160H0Z": growthArea(days, unique),
		"M0.0 160.0L900.0 160.0":                   growthLine(growthOf(0, 0), unique),
		"every second":                             every(time.Second),
		"every 30 seconds":                         every(30 * time.Second),
		"every 90 seconds":                         every(90 * time.Second),
		"every minute":                             every(time.Minute),
		"every 12 hours":                           every(12 * time.Hour),
		"when asked for":                           every(0),
		"less than 1 ms":                           took(time.Microsecond),
		"59.9 s":                                   took(59900 * time.Millisecond),
		"1m30s":                                    took(90*time.Second + time.Millisecond),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
