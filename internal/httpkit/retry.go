package httpkit

import (
	"strconv"
	"time"

	"github.com/berth-registry/berth"
)

// RetryAfter returns the value of the header of that name: as many seconds as the
// error says to wait, or a few where it does not say.
func RetryAfter(err *berth.Error) string {
	wait := 5 * time.Second
	if err != nil && err.RetryAfter() > 0 {
		wait = err.RetryAfter()
	}
	return strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10)
}
