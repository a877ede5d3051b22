package view

import (
	"hash/fnv"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// hue is a colour that is always the same for a name, dark enough for white letters.
func hue(name string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // never fails
	return "hsl(" + strconv.Itoa(int(h.Sum32()%360)) + " 45% 38%)"
}

// initial is the first letter of a name.
func initial(name string) string {
	r, _ := utf8.DecodeRuneInString(name)
	if r == utf8.RuneError {
		return "?"
	}
	return string(unicode.ToUpper(r))
}

func noteIcon(kind string) Icon {
	switch kind {
	case "good":
		return IconCheckCircle
	case "warning":
		return IconAlert
	case "error":
		return IconStop
	default:
		return IconInfo
	}
}

// percent is a part in hundredths of the whole, at most a hundred.
func percent(part, whole int64) string {
	if whole <= 0 || part <= 0 {
		return "0"
	}
	return strconv.FormatFloat(min(100, 100*float64(part)/float64(whole)), 'f', 2, 64)
}

func problemIcon(status int) Icon {
	switch {
	case status == 404:
		return IconTelescope
	case status == 401 || status == 403:
		return IconLock
	case status >= 500:
		return IconTools
	default:
		return IconAlert
	}
}

// FormWrong is what is wrong with one of the forms of a page.
type FormWrong struct{ Part, Text string }

// in is what is wrong with a form, "" when it is another one or nothing.
func (w FormWrong) in(part string) string {
	if w.Part != part {
		return ""
	}
	return w.Text
}

// besides is what is wrong with something else than these forms.
func (w FormWrong) besides(parts ...string) string {
	if slices.Contains(parts, w.Part) {
		return ""
	}
	return w.Text
}
