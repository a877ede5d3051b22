package main

// keepingStory goes on with ada/kept, whose versions are too young to be removed.
func keepingStory() []step {
	const set = `^ACTIVE +yes\nOF +package\nKEEP-NEWEST +3\nKEEP-DAYS +0\nKEEP-PULLED-DAYS +9\nKEEP-UNTAGGED +no\nKEEP-TAGS +-\nREMOVE-TAGS +pr-\*,v\*\nCHANGED +` + stamp + `\n$`
	return []step{
		{"package protections ada/kept", "", `^ID +PATTERN +OF +USERS +TEAMS +REPOSITORIES +CREATED\n$`},
		{"package protect ada/kept v2*", "", `^rule 1 protects the tags v2\* of ada/kept\n$`},
		{"package protect ada prod --user eve,ada --repository ada/site", "", `^rule 2 protects the tags prod of ada\n$`},
		{"package protect ada v[1]", "", `!tag pattern "v\[1\]": expected`},
		{"package protect ada/kept x --team devs", "", `!devs`},
		{"package protections ada/kept", "", `\n2 +prod +owner +eve,Ada +- +ada/site +` + stamp + `\n1 +v2\* +package +- +- +- +` + stamp + `\n$`},
		{"package protections ada -o json", "", `^\[\{"id":2,`},
		{"package tag delete ada/kept v2", "", `!ada/kept:v2 matches the rule v2\* of ada/kept, so nobody may move or delete it; use another tag, or have the rule removed: berth package unprotect ada/kept 1`},
		{"package unprotect ada/kept 2", "", `!ada/kept has no rule 2 on tags`},
		{"package unprotect ada/kept 1", "", `^rule 1 of ada/kept removed\n$`},
		{"package unprotect ada 2", "", `^rule 2 of ada removed\n$`},

		{"package retention show ada/kept", "", `!ada/kept has no rule on what is kept`},
		{"package retention preview ada/kept --stored", "", `!ada/kept has no rule on what is kept`},
		{"package retention preview ada/kept --remove-tag v*", "", `^ID +TAGS +DIGEST +PUSHED +TAGGED +PULLED\nVERSIONS +2\nREMOVED +0\nMORE +0\nKEPT +.*2? young.*\nUNIQUE +0\n$`},
		{"package retention preview ada/kept --stored --keep-days 1", "", `!keep-days`},
		{"package retention set ada --keep-days 90 --inactive", "", `^ACTIVE +no\nOF +owner\nKEEP-NEWEST +0\nKEEP-DAYS +90\n`},
		{"package retention show ada/kept -o json", "", `^\{"of":"owner","active":false,`},
		{"package retention set ada/kept --remove-tag pr-*,v* --keep-newest 3 --keep-pulled-days 9", "", set},
		{"package retention set ada/kept --keep-tag a!", "", `!tag pattern "a!"`},
		{"package retention show ada/kept", "", set},
		{"package retention preview ada/kept --stored -o json", "", `^\{"rule":\{"of":"package",`},
		{"package retention remove ada/kept", "", `^ada/kept has no rule of its own on old versions\n$`},
		{"package retention remove ada/kept", "", `!ada/kept has no rule of its own on what is kept`},
		{"package retention remove ada", "", `^ada has no rule of its own`},
	}
}
