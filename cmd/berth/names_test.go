package main

import "testing"

// Other names, by commands on a data directory and on a server.
func TestNames(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) *place{"data directory": dataPlace, "server": serverPlace} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t)
			p.tell([]step{
				{"user create Ada --password-stdin", "hunter2hunter2\n", `created`},
				{"org create acme --owner ada", "", `created`},
				{"org service-account create acme ci", "", `created`},
			})
			p.push("ada/app")
			p.push("ada/taken")
			p.tell([]step{
				{"package transfer ada/app acme", "", `^ada/app is now acme/app\n$`},
				{"package transfer ada/taken acme/taken", "", `^ada/taken is now acme/taken\n$`},
				{"package rename acme/app web", "", `^acme/app is now acme/web\n$`},
				{"package rename acme/web acme/deep/web -o json", "", `^\{.*"name":"deep/web".*\}\n$`},
				{"package rename acme/deep/web taken", "", `!there already: another package is called acme/taken`},
				{"package rename acme/deep/web deep/web", "", `!acme/deep/web is its name already`},
				{"package rename web x", "", `!write OWNER/web`},
				{"package show acme/app", "", `(?m)^PACKAGE +acme/deep/web\n`},
				{"package transfer acme/deep/web ada", "", `^acme/deep/web is now ada/deep/web\n$`},
				{"package transfer ada/deep/web acme/web2", "", `^ada/deep/web is now acme/web2\n$`},
				{"package transfer acme/web2 nobody", "", `!nobody`},
				{"package alias list acme/web2", "", `^OLD-NAME +PACKAGE +SINCE\nacme/app +acme/web2 +` + stamp + `\nacme/deep/web +acme/web2 +` + stamp + `\nacme/web +acme/web2 .*\nada/app +acme/web2 .*\nada/deep/web +acme/web2 .*\n$`},
				{"package alias list acme", "", `^OLD-NAME.*\nacme/app +acme/web2.*\nacme/deep/web .*\nacme/web .*\n$`},
				{"package alias list acme -o json", "", `^\[\{"name":"acme/app","package":"acme/web2","created_at":"[^"]*"\},`},
				{"package alias remove acme/deep/web", "", `^the name acme/deep/web is free\n$`},
				{"package alias remove acme/deep/web", "", `!is no name that a package had before`},
				{"package alias remove web", "", `!write OWNER/web`},
				{"user rename ada Grace", "", `^user ada is now Grace\n$`},
				{"user rename nobody x", "", `!nobody`},
				{"user rename grace settings", "", `!"settings" is reserved`},
				{"user show ada", "", `(?m)^LOGIN +Grace\n`},
				{"org rename acme Newco", "", `^organization acme is now Newco\n$`},
				{"org rename acme x", "", `!acme`},
				{"org show acme", "", `(?m)^LOGIN +Newco\n`},
				{"org service-account rename newco ci build", "", `^service account ci is now build\n$`},
				{"package show acme/app", "", `(?m)^PACKAGE +newco/web2\n`},
			})
		})
	}
}

// Somebody who is logged in renames himself, and stays logged in.
func TestRenameOneself(t *testing.T) {
	t.Parallel()
	p := serverPlace(t)
	p.tell([]step{
		{"user rename ADMIN Boss", "", `^user ADMIN is now Boss\n$`},
		{"whoami", "", `^Boss on `},
		{"package list", "", `^PACKAGE`},
		{"user rename boss BOSS -o json", "", `^\{"login":"BOSS",`},
	})
}
