package httpkit_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
)

func TestParseRange(t *testing.T) {
	t.Parallel()
	type ranges = []httpkit.Range
	tests := []struct {
		header string
		size   int64
		want   ranges
		err    bool
	}{
		// The examples of RFC 9110, section 14.1.2, for 10000 bytes.
		{header: "bytes=0-499", size: 10000, want: ranges{{0, 500}}},
		{header: "bytes=500-999", size: 10000, want: ranges{{500, 500}}},
		{header: "bytes=-500", size: 10000, want: ranges{{9500, 500}}},
		{header: "bytes=9500-", size: 10000, want: ranges{{9500, 500}}},
		{header: "bytes=0-0,-1", size: 10000, want: ranges{{0, 1}, {9999, 1}}},
		{header: "bytes= 0-999, 4500-5499, -1000", size: 10000, want: ranges{{0, 1000}, {4500, 1000}, {9000, 1000}}},
		{header: "bytes=500-600,601-999", size: 10000, want: ranges{{500, 101}, {601, 399}}},
		{header: "bytes=500-700,601-999", size: 10000, want: ranges{{500, 201}, {601, 399}}},

		// The whole, in words of its own.
		{header: "bytes=0-", size: 10, want: ranges{{0, 10}}},
		{header: "bytes=0-9", size: 10, want: ranges{{0, 10}}},
		{header: "bytes=-10", size: 10, want: ranges{{0, 10}}},
		{header: "bytes=0-99999", size: 10, want: ranges{{0, 10}}},
		{header: "bytes=-99999", size: 10, want: ranges{{0, 10}}},
		{header: "bytes=0-99999999999999999999999", size: 10, want: ranges{{0, 10}}},
		{header: "bytes=-99999999999999999999999", size: 10, want: ranges{{0, 10}}},
		{header: "bytes=9-9", size: 10, want: ranges{{9, 1}}},
		{header: "bytes=007-8", size: 10, want: ranges{{7, 2}}},
		{header: "bytes=,,1-2,\t,3-3,", size: 10, want: ranges{{1, 2}, {3, 1}}},

		// Not satisfiable.
		{header: "bytes=10-", size: 10, err: true},
		{header: "bytes=10-20", size: 10, err: true},
		{header: "bytes=99999999999999999999999-", size: 10, err: true},
		{header: "bytes=-0", size: 10, err: true},
		{header: "bytes=10-,20-", size: 10, err: true},
		{header: "bytes=0-", size: 0, err: true},
		{header: "bytes=-1", size: 0, err: true},
		// What cannot be had is left out.
		{header: "bytes=10-,0-0,-0", size: 10, want: ranges{{0, 1}}},

		// Ignored: no range, another unit, malformed, greedy.
		{header: "", size: 10},
		{header: "bytes", size: 10},
		{header: "bytes=", size: 10},
		{header: "bytes= , ", size: 10},
		{header: "items=0-5", size: 10},
		{header: "bytes:0-5", size: 10},
		{header: "bytes=-", size: 10},
		{header: "bytes=5", size: 10},
		{header: "bytes=5-4", size: 10},
		{header: "bytes=a-b", size: 10},
		{header: "bytes=1-2-3", size: 10},
		{header: "bytes=--1", size: 10},
		{header: "bytes=+1-2", size: 10},
		{header: "bytes=0x1-2", size: 10},
		{header: "bytes=1 - 2", size: 10},
		{header: "bytes=1-2;3-4", size: 10},
		{header: "bytes=\u0661-\u0662", size: 10}, // digits, but not of ours
		{header: "bytes=0-1,x", size: 10},
		{header: "bytes=0-,0-", size: 10},
		{header: "bytes=0-5,4-9", size: 10, want: nil},
		{header: "bytes=0-0" + strings.Repeat(",0-0", 99), size: 1000, want: repeat(httpkit.Range{Start: 0, Length: 1}, 100)},
		{header: "bytes=0-0" + strings.Repeat(",0-0", 100), size: 1000},
		{header: "bytes=" + strings.Repeat(",", 1<<20), size: 10},
		{header: "bytes=\u00a0", size: 10}, // no white space in the sense of HTTP
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%.40s of %d", test.header, test.size), func(t *testing.T) {
			t.Parallel()
			got, err := httpkit.ParseRange(test.header, test.size)
			if test.err != errors.Is(err, berth.ErrRangeUnsatisfiable) || !test.err && err != nil {
				t.Errorf("error %v, want one: %t", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func repeat(r httpkit.Range, n int) []httpkit.Range {
	var list []httpkit.Range
	for range n {
		list = append(list, r)
	}
	return list
}

type errorfer interface {
	Helper()
	Errorf(format string, args ...any)
}

// served returns the status and the ranges with which net/http answers.
func served(t errorfer, header string, size int64) (int, []httpkit.Range) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Range", header)
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(make([]byte, size)))
	if w.Code != http.StatusPartialContent {
		return w.Code, nil
	}
	if s := w.Header().Get("Content-Range"); s != "" {
		return w.Code, []httpkit.Range{contentRange(t, s, size)}
	}
	_, params, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
	if err != nil {
		t.Errorf("%v", err)
		return w.Code, nil
	}
	var list []httpkit.Range
	for parts := multipart.NewReader(w.Body, params["boundary"]); ; {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return w.Code, list
		}
		if err != nil {
			t.Errorf("%v", err)
			return w.Code, nil
		}
		list = append(list, contentRange(t, p.Header.Get("Content-Range"), size))
	}
}

// contentRange reads "bytes FIRST-LAST/SIZE".
func contentRange(t errorfer, s string, size int64) httpkit.Range {
	t.Helper()
	var first, last, total int64
	if _, err := fmt.Sscanf(s, "bytes %d-%d/%d", &first, &last, &total); err != nil || total != size {
		t.Errorf("Content-Range %q of %d bytes: %v", s, size, err)
	}
	return httpkit.Range{Start: first, Length: last - first + 1}
}

// wellFormed is a header that both must understand. Where the grammar is broken
// net/http answers 416 and we the whole; both are allowed.
var wellFormed = regexp.MustCompile(`^bytes=[ \t]*([0-9]+-[0-9]*|-[0-9]+)([ \t]*,[ \t]*([0-9]+-[0-9]*|-[0-9]+))*[ \t]*$`)

// comparable reports whether net/http reads the header as RFC 9110 has it.
func comparableRange(header string, size int64) bool {
	if !wellFormed.MatchString(header) || size == 0 || strings.Count(header, ",") >= 100 {
		return false
	}
	for spec := range strings.SplitSeq(strings.TrimPrefix(header, "bytes="), ",") {
		from, to, _ := strings.Cut(strings.Trim(spec, " \t"), "-")
		first, err1 := strconv.ParseInt("0"+from, 10, 64)
		last, err2 := strconv.ParseInt("0"+to, 10, 64)
		if err1 != nil || err2 != nil || to != "" && from != "" && last < first {
			return false
		}
		if from == "" && last == 0 {
			return false // net/http sends zero bytes, which has no Content-Range
		}
	}
	return true
}

func compareRanges(t errorfer, header string, size int64) {
	t.Helper()
	got, err := httpkit.ParseRange(header, size)
	status := http.StatusOK
	switch {
	case err != nil:
		status = http.StatusRequestedRangeNotSatisfiable
	case len(got) > 0:
		status = http.StatusPartialContent
	}
	wantStatus, want := served(t, header, size)
	if status != wantStatus {
		t.Errorf("%q of %d bytes: %d (%v), net/http says %d (%v)", header, size, status, got, wantStatus, want)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%q of %d bytes (-net/http +ours)\n%s", header, size, diff)
	}
}

func TestParseRangeLikeServeContent(t *testing.T) {
	t.Parallel()
	spec := rapid.OneOf(
		rapid.StringMatching(`[0-9]{1,2}-`),
		rapid.StringMatching(`[0-9]{1,2}-[0-9]{1,2}`),
		rapid.StringMatching(`-[1-9][0-9]?`),
	)
	compared := 0
	rapid.Check(t, func(t *rapid.T) {
		header := "bytes=" + strings.Join(rapid.SliceOfN(spec, 1, 4).Draw(t, "specs"), rapid.SampledFrom([]string{",", ", ", " ,\t"}).Draw(t, "comma"))
		size := rapid.Int64Range(1, 120).Draw(t, "size")
		if comparableRange(header, size) {
			compared++
			compareRanges(t, header, size)
		}
	})
	if compared < 20 {
		t.Errorf("only %d headers were compared", compared)
	}
}

func FuzzParseRange(f *testing.F) {
	for _, s := range []string{"bytes=0-4", "bytes=-5", "bytes=5-", "bytes=0-0, 2-3,-1", "bytes=10-", "bytes=0-99999999999999999999", "items=1-2", ""} {
		f.Add(s, int64(10))
	}
	f.Fuzz(func(t *testing.T, header string, size int64) {
		size &= math.MaxInt64 >> 7 // a hundred of it can be added up
		ranges, err := httpkit.ParseRange(header, size)
		if err != nil {
			if len(ranges) > 0 || !errors.Is(err, berth.ErrRangeUnsatisfiable) {
				t.Errorf("%q: %v, %v", header, ranges, err)
			}
		}
		var total int64
		for _, r := range ranges {
			if r.Start < 0 || r.Length <= 0 || r.Start+r.Length > size {
				t.Errorf("%q of %d bytes: %+v", header, size, r)
			}
			total += r.Length
		}
		if total > size || len(ranges) > 100 {
			t.Errorf("%q of %d bytes: %d ranges of %d bytes", header, size, len(ranges), total)
		}
		if size <= 4096 && comparableRange(header, size) {
			compareRanges(t, header, size)
		}
	})
}

func TestParseContentRange(t *testing.T) {
	t.Parallel()
	tests := []struct {
		header      string
		first, last int64
		ok          bool
	}{
		{"0-0", 0, 0, true},
		{"0-1023", 0, 1023, true},
		{"1024-2047", 1024, 2047, true},
		{"bytes 0-9/10", 0, 9, true},
		{"bytes 0-9/*", 0, 9, true},
		{"0-9/10", 0, 9, true},
		{"", 0, 0, false},
		{"-", 0, 0, false},
		{"5", 0, 0, false},
		{"5-", 0, 0, false},
		{"-5", 0, 0, false},
		{"5-4", 0, 0, false},
		{"0--1", 0, 0, false},
		{"0-1-2", 0, 0, false},
		{"+0-1", 0, 0, false},
		{"a-b", 0, 0, false},
		{" 0-1", 0, 0, false},
		{"0 - 1", 0, 0, false},
		{"bytes */10", 0, 0, false},
		{"bytes=0-9", 0, 0, false},
		{"items 0-9/10", 0, 0, false},
	}
	for _, test := range tests {
		t.Run(test.header, func(t *testing.T) {
			t.Parallel()
			first, last, err := httpkit.ParseContentRange(test.header)
			if first != test.first || last != test.last || (err == nil) != test.ok {
				t.Errorf("got %d-%d, %v, want %d-%d, good: %t", first, last, err, test.first, test.last, test.ok)
			}
			if err != nil && !errors.Is(err, berth.ErrRangeInvalid) {
				t.Errorf("error %v is not range_invalid", err)
			}
		})
	}
}

func FuzzParseContentRange(f *testing.F) {
	for _, s := range []string{"0-9", "bytes 0-9/10", "9-0", "99999999999999999999-99999999999999999999", "-", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		first, last, err := httpkit.ParseContentRange(header)
		if err != nil {
			if first != 0 || last != 0 || !errors.Is(err, berth.ErrRangeInvalid) {
				t.Errorf("%q: %d-%d, %v", header, first, last, err)
			}
			return
		}
		if first < 0 || last < first || last-first+1 <= 0 {
			t.Errorf("%q: %d-%d", header, first, last)
		}
		if a, b, err := httpkit.ParseContentRange(fmt.Sprintf("%d-%d", first, last)); a != first || b != last || err != nil {
			t.Errorf("%q: %d-%d, printed and read again %d-%d, %v", header, first, last, a, b, err)
		}
	})
}
