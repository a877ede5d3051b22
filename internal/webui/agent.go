package webui

import "strings"

// agent is what a browser or a program says that it is, in words.
type agent struct {
	what     string
	handheld bool
	program  bool // no browser
}

// maxAgent bounds the name of what is unknown.
const maxAgent = 40

// readAgent makes words of the User-Agent of a session. It knows what most people
// use, and says of the rest the first word that it says of itself.
func readAgent(s string) agent {
	if host, ok := strings.CutPrefix(s, "berth login on "); ok {
		return agent{what: "berth on " + host, program: true}
	}
	browser, system := firstOf(s, browsers()), firstOf(s, systems())
	switch {
	case browser != "" && system != "":
		handheld := system == "iPhone" || system == "iPad" || system == "Android"
		return agent{what: browser + " on " + system, handheld: handheld}
	case browser != "":
		return agent{what: browser}
	}
	word, _, _ := strings.Cut(s, " ")
	word, _, _ = strings.Cut(word, "/")
	switch {
	case word == "" || word == "Mozilla":
		return agent{what: "Unknown browser"}
	case len(word) > maxAgent:
		word = strings.ToValidUTF8(word[:maxAgent], "") + "…"
	}
	return agent{what: word, program: true}
}

// sign is a part of a User-Agent that tells one from those that come after it: most
// browsers say that they are Safari too.
type sign struct{ part, name string }

func browsers() []sign {
	return []sign{
		{"Edg/", "Edge"},
		{"EdgA/", "Edge"},
		{"EdgiOS/", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"Vivaldi/", "Vivaldi"},
		{"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"},
		{"Chrome/", "Chrome"},
		{"Chromium/", "Chromium"},
		{"Safari/", "Safari"},
	}
}

func systems() []sign {
	return []sign{
		{"iPhone", "iPhone"},
		{"iPad", "iPad"},
		{"Android", "Android"},
		{"CrOS", "ChromeOS"},
		{"Windows", "Windows"},
		{"Mac OS X", "macOS"},
		{"Linux", "Linux"},
		{"FreeBSD", "FreeBSD"},
		{"OpenBSD", "OpenBSD"},
	}
}

func firstOf(s string, signs []sign) string {
	for _, sign := range signs {
		if strings.Contains(s, sign.part) {
			return sign.name
		}
	}
	return ""
}
