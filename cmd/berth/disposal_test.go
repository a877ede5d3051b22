package main

import "testing"

// Why somebody cannot be deleted is said in flags, and wrong flags before the name has
// to be typed.
func TestDeletionsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, open := range []func(*testing.T) *place{dataPlace, serverPlace} {
		p := open(t)
		p.tell([]step{
			{"user create ada --password-stdin", "hunter2hunter2\n", `created`},
			{"org create acme --owner admin", "", `created`},
			{"org service-account create acme ci", "", `created`},
		})
		for _, pkg := range []string{"ada/app", "acme/web", "ci/tool"} {
			p.push(pkg)
		}
		for _, line := range []string{"user delete ada", "org delete acme", "org service-account delete acme ci"} {
			p.tell([]step{
				{line + " --yes", "", `!: \w+ has \d packages, with those in the trash; .* with --packages purge at once, .* with --packages move --to OWNER\n$`},
				{line + " --packages move", "", `!^berth: --packages move needs --to OWNER`},
				{line + " --packages purge --to admin", "", `!^berth: --to OWNER goes with --packages move only\n$`},
				{line + " --packages keep", "", `!^berth: --packages: expected refuse, move or purge, got "keep"\n$`},
			})
		}
		p.tell([]step{{"org service-account delete acme ci --packages move --to acme --yes", "", `deleted\n$`}})
	}
}
