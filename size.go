package berth

import (
	"math"
	"strconv"
	"strings"
)

// sizeUnits are the units of sizes, each 1024 times the one before.
const sizeUnits = "B KiB MiB GiB TiB PiB"

// FormatSize writes a number of bytes as people read it, such as "1.5 GiB".
func FormatSize(n int64) string {
	units := strings.Fields(sizeUnits)
	value, i := float64(n), 0
	for ; math.Abs(value) >= 1024 && i < len(units)-1; i++ {
		value /= 1024
	}
	// Never more than there is: a quota that looks reached should be.
	text := strconv.FormatFloat(math.Trunc(value*10)/10, 'f', 1, 64)
	return strings.TrimSuffix(text, ".0") + " " + units[i]
}

// ParseSize reads a size such as "50GiB", "1.5 TiB", "500 MB" or a plain number of
// bytes. Units with an i count by 1024, those without (kB, MB, GB, TB, PB) by 1000.
// Errors: ErrRequestInvalid.
func ParseSize(s string) (int64, error) {
	wrong := ErrRequestInvalid.With("expected a size such as 50GiB, 500MB or a number of bytes, got %.40q", s)
	text := strings.ToLower(strings.TrimSpace(s))
	end := strings.LastIndexAny(text, "0123456789.") + 1
	number, unit := text[:end], strings.TrimSpace(text[end:])
	factor, step := 1.0, 1000.0
	if letter, rest, ok := cutUnit(unit); ok {
		if rest == "ib" || rest == "i" {
			step = 1024
		} else if rest != "b" && rest != "" {
			return 0, wrong
		}
		factor = math.Pow(step, float64(strings.IndexByte("kmgtp", letter)+1))
	} else if unit != "" && unit != "b" {
		return 0, wrong
	}
	// Digits only: ParseFloat knows more spellings than people mean.
	value, err := strconv.ParseFloat(number, 64)
	if err != nil || strings.Trim(number, "0123456789.") != "" || value*factor >= 1<<60 {
		return 0, wrong
	}
	return int64(value * factor), nil
}

// cutUnit splits the first letter of a unit that is more than bytes.
func cutUnit(unit string) (letter byte, rest string, ok bool) {
	if unit == "" || !strings.ContainsRune("kmgtp", rune(unit[0])) {
		return 0, "", false
	}
	return unit[0], unit[1:], true
}
