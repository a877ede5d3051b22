package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

const (
	// sendTime is how long a receiver may take, from looking up its name to the last
	// byte that is read of its answer.
	sendTime   = 10 * time.Second
	maxHeaders = 16 << 10 // bytes of an answer
)

// errNotAllowed is why nothing is dialed. It does not say what the address was.
var errNotAllowed = errors.New("this address is not allowed for webhooks")

// guard decides which addresses may be connected to: public ones, and those that the
// operator allows. It is asked when the name is resolved and the connection is about
// to be made, so that neither the spelling of an address nor a name that changes its
// meaning in between gets past it.
type guard struct{ allowed []netip.Prefix }

// control is called with every address before it is dialed.
func (g guard) control(network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return errNotAllowed
	}
	at, err := netip.ParseAddrPort(address)
	if err != nil || at.Port() == 0 || !g.allows(at.Addr()) {
		return errNotAllowed
	}
	return nil
}

// allows reports whether an address may be connected to.
func (g guard) allows(ip netip.Addr) bool {
	ip = ip.Unmap()
	for _, p := range g.allowed {
		if p.Contains(ip.WithZone("")) {
			return true
		}
	}
	if ip.Zone() != "" {
		return false
	}
	return public(ip)
}

// public reports whether an address is one of the internet at large. IPv6 addresses
// that stand for an IPv4 address are as public as that is.
func public(ip netip.Addr) bool {
	if ip = ip.Unmap(); ip.Is4() {
		return !within(ip, special4())
	}
	if nat64().Contains(ip) {
		return public(embedded(ip, 12))
	}
	if sixToFour().Contains(ip) {
		return public(embedded(ip, 2))
	}
	return netip.MustParsePrefix("2000::/3").Contains(ip) && !within(ip, special6())
}

func within(ip netip.Addr, list []netip.Prefix) bool {
	for _, p := range list {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// embedded returns the IPv4 address that begins at a byte of an IPv6 address.
func embedded(ip netip.Addr, at int) netip.Addr {
	b := ip.As16()
	return netip.AddrFrom4([4]byte(b[at : at+4]))
}

func nat64() netip.Prefix     { return netip.MustParsePrefix("64:ff9b::/96") }
func sixToFour() netip.Prefix { return netip.MustParsePrefix("2002::/16") }

// special4 is what IANA lists as not globally reachable, and where clouds keep what
// is for machines inside only.
func special4() []netip.Prefix {
	return prefixes(
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"168.63.129.16/32", // Azure's own
	)
}

// special6 is what IANA lists as not globally reachable within 2000::/3.
func special6() []netip.Prefix {
	return prefixes("2001::/23", "2001:db8::/32", "3fff::/20")
}

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// newClient returns a client all of whose connections the guard sees: none is kept for
// the next time, none goes through a proxy, and no redirect is followed.
func newClient(g guard, careless bool) *http.Client {
	d := net.Dialer{Timeout: sendTime, Control: g.control}
	t := &http.Transport{
		Proxy: nil, // it would connect in our place
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := d.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			// The client forgets its timeout where a receiver switches to another
			// protocol. The connection does not, and no second request goes over it.
			return conn, conn.SetDeadline(time.Now().Add(sendTime))
		},
		TLSHandshakeTimeout:    sendTime,
		DisableKeepAlives:      true,
		DisableCompression:     true, // what is read is bounded, unpacked it would not be
		MaxResponseHeaderBytes: maxHeaders,
	}
	if careless {
		t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // whoever made the webhook asked for it
	}
	return &http.Client{
		Transport:     t,
		Timeout:       sendTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
