package httpkit

import (
	"math"
	"strconv"
	"strings"

	"github.com/berth-registry/berth"
)

// Range is a part of a body: Length bytes from Start.
type Range struct {
	Start, Length int64
}

// maxRanges bounds how many parts one request may ask for.
const maxRanges = 100

// ParseRange reads a Range header against a body of the given size (RFC 9110,
// section 14). No ranges means the whole: the header is absent, of an unknown
// unit, or malformed, all of which a server is to ignore. Ranges that together ask
// for more than the whole are answered with the whole too.
// Errors: berth.ErrRangeUnsatisfiable.
func ParseRange(header string, size int64) ([]Range, error) {
	list, ok := strings.CutPrefix(header, "bytes=")
	if !ok || strings.Count(list, ",") >= maxRanges {
		return nil, nil
	}
	var ranges []Range
	var total int64
	for spec := range strings.SplitSeq(list, ",") {
		spec = strings.Trim(spec, " \t")
		if spec == "" {
			continue
		}
		r, ok := parseRangeSpec(spec, size)
		if !ok {
			return nil, nil
		}
		if r.Length > 0 {
			ranges = append(ranges, r)
			total += r.Length
		}
	}
	if len(ranges) == 0 {
		if strings.Trim(list, ", \t") == "" {
			return nil, nil
		}
		return nil, berth.ErrRangeUnsatisfiable.With("the blob has %d bytes", size)
	}
	if total > size {
		return nil, nil
	}
	return ranges, nil
}

// parseRangeSpec reads "a-b", "a-" or "-n". A range outside the body has length 0.
func parseRangeSpec(spec string, size int64) (Range, bool) {
	from, to, ok := strings.Cut(spec, "-")
	if !ok {
		return Range{}, false
	}
	if from == "" {
		n, ok := parseOffset(to)
		if !ok {
			return Range{}, false
		}
		n = min(n, size)
		return Range{size - n, n}, true
	}
	start, ok := parseOffset(from)
	if !ok {
		return Range{}, false
	}
	last := int64(math.MaxInt64 - 1)
	if to != "" {
		if last, ok = parseOffset(to); !ok || last < start {
			return Range{}, false
		}
	}
	if start >= size {
		return Range{}, true
	}
	return Range{start, min(last, size-1) - start + 1}, true
}

// parseOffset reads decimal digits and nothing else. What is too large for any
// body is the largest offset there is.
func parseOffset(s string) (int64, bool) {
	if s == "" {
		return 0, false
	}
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n == math.MaxInt64 {
		return math.MaxInt64 - 1, true
	}
	return n, true
}

// ParseContentRange reads the Content-Range of an upload's chunk: "FIRST-LAST" as
// the distribution-spec has it, or with the unit and total of RFC 9110, which
// some clients send. Errors: berth.ErrRangeInvalid.
func ParseContentRange(header string) (firstByte, lastByte int64, err error) {
	s := strings.TrimPrefix(header, "bytes ")
	s, _, _ = strings.Cut(s, "/")
	from, to, ok := strings.Cut(s, "-")
	firstByte, ok1 := parseOffset(from)
	lastByte, ok2 := parseOffset(to)
	if !ok || !ok1 || !ok2 || lastByte < firstByte {
		return 0, 0, berth.ErrRangeInvalid.With("Content-Range must be FIRST-LAST, both inclusive")
	}
	return firstByte, lastByte, nil
}
