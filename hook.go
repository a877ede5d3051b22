package berth

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxHookURL is the longest address of a webhook, in bytes.
const MaxHookURL = 2048

// The events that webhooks tell. The first two say the same in two shapes; a ping is
// sent to every webhook.
const (
	HookPackage         = "package"
	HookRegistryPackage = "registry_package"
	HookPing            = "ping"
	HookEverything      = "*"
)

// HookDelivery is one thing that is told to one webhook, and an entry in its log.
type HookDelivery struct {
	ID          int64
	GUID        string
	HookID      int64
	Event       string // package, registry_package, ping
	Action      string // "" for a ping
	Redelivery  bool
	UserID      int64  // who caused it, 0 for nobody
	User        string // "" for nobody
	CreatedAt   time.Time
	NotBefore   time.Time // when the next try is due, zero when there is none any more
	Attempts    int
	HookAttempt // what came of the last one

	Payload []byte // JSON; that of a ping is made when it is sent
}

// HookAttempt is what came of one try to deliver.
type HookAttempt struct {
	At              time.Time // zero: there was none
	Duration        time.Duration
	StatusCode      int    // 0 when there was no answer
	Error           string // "" when it was taken
	RequestHeaders  string // JSON
	ResponseHeaders string // JSON
	ResponseBody    []byte // the beginning of it
}

// ParseHookURL checks the address of a webhook. Whether its host may be reached is
// decided when it is dialed, because names can change what they mean.
// Errors: ErrRequestInvalid, which does not repeat the address: there may be a secret
// in it.
func ParseHookURL(s string) (*url.URL, error) {
	if s == "" {
		return nil, badHookURL("is missing; it is like https://ci.example.com/hook")
	}
	if len(s) > MaxHookURL {
		return nil, badHookURL(fmt.Sprintf("is longer than %d bytes", MaxHookURL))
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return nil, badHookURL("has characters other than printable ASCII; escape them, a space as %20")
		}
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "" {
		return nil, badHookURL("is not like https://ci.example.com/hook")
	}
	return u, checkHookURL(u)
}

// checkHookURL refuses what a URL may have and a webhook's may not.
func checkHookURL(u *url.URL) error {
	if u.User != nil {
		return badHookURL("has a user name in it; use the secret, which signs what is sent")
	}
	if u.Fragment != "" {
		return badHookURL("has a fragment, which is not sent; leave out what follows the #")
	}
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return badHookURL("has a port that is none")
		}
	}
	if strings.Contains(u.Hostname(), "%") {
		return badHookURL("has a zone in its host")
	}
	return nil
}

func badHookURL(why string) error { return ErrRequestInvalid.With("the url of the webhook %s", why) }

// ParseHookEvents checks which events a webhook wants and returns them sorted, each
// once. Errors: ErrRequestInvalid.
func ParseHookEvents(list []string) ([]string, error) {
	if len(list) == 0 {
		return nil, ErrRequestInvalid.With("events is empty; expected package, registry_package or *")
	}
	if len(list) > 10 {
		return nil, ErrRequestInvalid.With("events has %d entries; expected package, registry_package or *", len(list))
	}
	for _, e := range list {
		switch e {
		case HookPackage, HookRegistryPackage, HookEverything:
		default:
			return nil, ErrRequestInvalid.With("event %.60q is not known; expected package, registry_package or *", e)
		}
	}
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list), nil
}

// NewDeliveryGUID makes up what a delivery is called by whom it is sent to.
func NewDeliveryGUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
