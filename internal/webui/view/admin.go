package view

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
)

func adminTabs(current string) []Tab {
	tabs := []Tab{
		{Name: "Overview", Href: "/-/admin", Icon: IconGraph},
		{Name: "Users", Href: "/-/admin/users", Icon: IconPeople},
		{Name: "Invitations", Href: "/-/admin/invitations", Icon: IconMail},
		{Name: "Organizations", Href: "/-/admin/orgs", Icon: IconOrganization},
		{Name: "Package types", Href: "/-/admin/packages", Icon: IconPackage},
		{Name: "Quotas", Href: "/-/admin/quotas", Icon: IconDatabase},
		{Name: "Audit log", Href: "/-/admin/audit", Icon: IconLog},
		{Name: "Jobs", Href: "/-/admin/jobs", Icon: IconClock},
		{Name: "Connection", Href: "/-/admin/doctor", Icon: IconPulse},
	}
	for i := range tabs {
		tabs[i].Current = string(tabs[i].Href) == current
	}
	return tabs
}

// GrowthDay is what the instance held on a day. Sizes are in bytes.
type GrowthDay struct {
	Day                                            time.Time
	Packages, Versions, Logical, Unique, Reclaimed int64
}

// RequestMinute is how many requests there were in a minute.
type RequestMinute struct{ Total, Failed int64 }

// FaceRequests are the requests of the last hour to a part of the server.
type FaceRequests struct {
	Name    string
	Minutes []RequestMinute // the one under way last
	Total   int64
	Refused int64 // 4xx
	Failed  int64 // 5xx
	Mean    time.Duration
}

func (f FaceRequests) most() int64 {
	var most int64
	for _, m := range f.Minutes {
		most = max(most, m.Total)
	}
	return most
}

func (f FaceRequests) words() string {
	last := int64(0)
	if len(f.Minutes) > 1 {
		last = f.Minutes[len(f.Minutes)-2].Total // the whole minute before this one
	}
	return f.Name + ": " + Plural(f.Total, "request") + " in the last hour, at most " + Count(f.most()) + " a minute, " + Count(last) + " in the last one"
}

// The charts are drawn on a sheet of this size, and stretched to the room that there is.
const (
	sheetWidth  = 900
	sheetHeight = 160
	barWidth    = 15 // of one of sixty minutes
)

// barTop and barHeight place a bar whose value is one of at most so many.
func barHeight(value, most int64) string {
	if most <= 0 {
		return "0"
	}
	return decimal(sheetHeight * float64(value) / float64(most))
}

func barTop(value, most int64) string {
	if most <= 0 {
		return "0"
	}
	return decimal(sheetHeight - sheetHeight*float64(value)/float64(most))
}

func barLeft(i int) string { return strconv.Itoa(i * barWidth) }

// largest is the most that was held on any of the days.
func largest(days []GrowthDay) int64 {
	var most int64
	for _, d := range days {
		most = max(most, d.Logical, d.Unique)
	}
	return most
}

func unique(d GrowthDay) int64  { return d.Unique }
func logical(d GrowthDay) int64 { return d.Logical }

// growthLine is the path of a value over the days, which may have gaps between them.
func growthLine(days []GrowthDay, value func(GrowthDay) int64) string {
	most := max(1, largest(days))
	span := days[len(days)-1].Day.Sub(days[0].Day)
	var b strings.Builder
	for i, d := range days {
		command := "L"
		if i == 0 {
			command = "M"
		}
		x := sheetWidth * float64(d.Day.Sub(days[0].Day)) / float64(max(1, span))
		b.WriteString(command + decimal(x) + " " + decimal(sheetHeight-sheetHeight*float64(value(d))/float64(most)))
	}
	return b.String()
}

// growthArea is what is below a line.
func growthArea(days []GrowthDay, value func(GrowthDay) int64) string {
	return growthLine(days, value) + "V" + strconv.Itoa(sheetHeight) + "H0Z"
}

// growthWords says what the chart shows.
func growthWords(days []GrowthDay) string {
	first, last := days[0], days[len(days)-1]
	return "Storage from " + dayWords(first.Day) + " to " + dayWords(last.Day) + ": stored " + Bytes(first.Unique) + " at first and " + Bytes(last.Unique) +
		" at the end; as pushed " + Bytes(first.Logical) + " and " + Bytes(last.Logical)
}

func dayWords(t time.Time) string { return t.UTC().Format("2 January 2006") }

// newestFirst is the days in the order in which people read a table of them.
func newestFirst(days []GrowthDay) []GrowthDay {
	list := make([]GrowthDay, len(days))
	for i, d := range days {
		list[len(days)-1-i] = d
	}
	return list
}

// every words how often something is done, and took how long it took.
func every(d time.Duration) string {
	switch {
	case d <= 0:
		return "when asked for"
	case d%time.Hour == 0:
		return "every " + unitsOf(int64(d/time.Hour), "hour")
	case d%time.Minute == 0:
		return "every " + unitsOf(int64(d/time.Minute), "minute")
	default:
		return "every " + unitsOf(int64(d/time.Second), "second")
	}
}

func unitsOf(n int64, unit string) string {
	if n == 1 {
		return unit
	}
	return Plural(n, unit)
}

func took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "less than 1 ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	default:
		return d.Round(time.Second).String()
	}
}

// quotaWords says how much of what he may hold an owner holds.
func quotaWords(q QuotaRow) string {
	if q.Limit < 0 {
		return Bytes(q.Used) + ", no limit"
	}
	return Bytes(q.Used) + " of " + Bytes(q.Limit)
}

// quotaOf is the quota of one owner.
func quotaOf(owner string) templ.SafeURL {
	return templ.SafeURL("/-/admin/quotas?" + url.Values{"q": {owner}}.Encode())
}
