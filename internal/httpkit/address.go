package httpkit

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Address returns the address of the client, without a port. What trusted proxies
// say about where a request came from is believed, nearest first, until one that
// is not trusted.
func (o Origins) Address(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	client := peer.Addr().Unmap()
	if !o.trusts(r.RemoteAddr) {
		return client.String()
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		addr, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		client = addr.Unmap().WithZone("")
		if !o.trustsAddr(client) {
			break
		}
	}
	return client.String()
}
