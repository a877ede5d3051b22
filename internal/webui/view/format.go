package view

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// Bytes words a size with three figures, as people read them: 1.21 MiB.
func Bytes(n int64) string {
	if n < 0 {
		return "unknown"
	}
	if n < 1024 {
		return strconv.FormatInt(n, 10) + " B"
	}
	value, unit := float64(n), 0
	for value >= 1024 && unit < len(units) {
		value /= 1024
		unit++
	}
	digits := 2
	switch {
	case value >= 100:
		digits = 0
	case value >= 10:
		digits = 1
	}
	return strconv.FormatFloat(value, 'f', digits, 64) + " " + units[unit-1:unit] + "iB"
}

const units = "KMGTPE"

// Count words a number with its thousands apart.
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Short words a number in few characters: 12.3k.
func Short(n int64) string {
	switch {
	case n < 1000:
		return strconv.FormatInt(n, 10)
	case n < 999_950:
		return strings.Replace(strconv.FormatFloat(float64(n)/1e3, 'f', 1, 64), ".0", "", 1) + "k"
	default:
		return strings.Replace(strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64), ".0", "", 1) + "M"
	}
}

// decimal writes a coordinate of a drawing.
func decimal(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }

// Plural words how many of something there are: 1 tag, 2 tags.
func Plural(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many(one)
}

func many(one string) string {
	switch {
	case strings.HasSuffix(one, "y") && !strings.HasSuffix(one, "ay") && !strings.HasSuffix(one, "ey"):
		return one[:len(one)-1] + "ies"
	case strings.HasSuffix(one, "s") || strings.HasSuffix(one, "ch"):
		return one + "es"
	default:
		return one + "s"
	}
}

// ago words how long before now a time is, or how long after.
func ago(now, t time.Time) string {
	if d := t.Sub(now); d > 0 {
		return "in " + span(d)
	}
	d := now.Sub(t)
	if d < time.Minute {
		return "just now"
	}
	return span(d) + " ago"
}

func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return "a moment"
	case d < time.Hour:
		return Plural(int64(d/time.Minute), "minute")
	case d < day:
		return Plural(int64(d/time.Hour), "hour")
	case d < 30*day:
		return Plural(int64(d/day), "day")
	case d < 365*day:
		return Plural(int64(d/(30*day)), "month")
	default:
		return Plural(int64(d/(365*day)), "year")
	}
}

// agoFrom is ago at the time of the page.
func agoFrom(ctx context.Context, t time.Time) string { return ago(frame(ctx).Now, t) }

// ShortDigest returns enough of a digest to tell it from others: sha256:1f2e3d4c5b6a.
func ShortDigest(digest string) string {
	const shown = 12
	algorithm, hex, ok := strings.Cut(digest, ":")
	if !ok || len(hex) <= shown {
		return digest
	}
	return algorithm + ":" + hex[:shown]
}

// asset is the address of a static file, which changes with its content.
func asset(ctx context.Context, name string) string {
	return "/assets/" + name + "?" + frame(ctx).Static
}

// local is the address of a page of ours. The segments are names that the address
// has to hold as they are; what is no letter is escaped.
func local(format string, segments ...string) templ.SafeURL {
	escaped := make([]any, len(segments))
	for i, s := range segments {
		escaped[i] = escapePath(s)
	}
	return templ.SafeURL(fmt.Sprintf(format, escaped...))
}

// escapePath escapes each segment of a path, and keeps its slashes.
func escapePath(s string) string {
	parts := strings.Split(s, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

// query is a page of ours with other values in its query. Pairs are names and values;
// an empty value takes the name out.
func query(ctx context.Context, pairs ...string) templ.SafeURL {
	path, raw, _ := strings.Cut(frame(ctx).Path, "?")
	values, err := url.ParseQuery(raw)
	if err != nil {
		values = url.Values{}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Del(pairs[i])
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	if len(values) > 0 {
		path += "?" + values.Encode()
	}
	return templ.SafeURL(path)
}

// Pages is where one stands in a list that is gone through by number.
type Pages struct {
	Number int  // from 1
	More   bool // there is another page
}

// around are the addresses of the pages before and after, "" where there is none.
func (p Pages) around(ctx context.Context) (before, after templ.SafeURL) {
	switch {
	case p.Number == 2:
		before = query(ctx, "page", "")
	case p.Number > 2:
		before = query(ctx, "page", strconv.Itoa(p.Number-1))
	}
	if p.More {
		after = query(ctx, "page", strconv.Itoa(p.Number+1))
	}
	return before, after
}

// outside reports whether an address that somebody else wrote may be a link.
func outside(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}
