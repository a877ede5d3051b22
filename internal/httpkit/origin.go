package httpkit

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Origins decides under which address a client knows this server.
type Origins struct {
	// External lists the addresses that the server may call itself. Where it is
	// empty, the Host header is believed, which is fine as long as the answer
	// goes back to whoever sent it.
	External []*url.URL
	// Proxies lists the peers whose X-Forwarded-* headers are believed.
	Proxies []netip.Prefix
}

// Of returns scheme and host by which the client reached us, "http://host:port".
// A host that is not ours is never repeated.
func (o Origins) Of(r *http.Request) string {
	scheme, host := "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	if o.trusts(r.RemoteAddr) {
		if s := first(r.Header.Get("X-Forwarded-Proto")); s == "http" || s == "https" {
			scheme = s
		}
		if h := first(r.Header.Get("X-Forwarded-Host")); h != "" {
			host = h
		}
	}
	if len(o.External) == 0 {
		if validHost(host) {
			return scheme + "://" + host
		}
		return scheme + "://localhost"
	}
	for _, u := range o.External {
		if strings.EqualFold(u.Host, host) && u.Scheme == scheme {
			return u.Scheme + "://" + u.Host
		}
	}
	for _, u := range o.External {
		if strings.EqualFold(u.Host, host) {
			return u.Scheme + "://" + u.Host
		}
	}
	return o.External[0].Scheme + "://" + o.External[0].Host
}

func (o Origins) trusts(remote string) bool {
	if len(o.Proxies) == 0 {
		return false
	}
	addr, err := netip.ParseAddrPort(remote)
	if err != nil {
		return false
	}
	return o.trustsAddr(addr.Addr().Unmap())
}

func (o Origins) trustsAddr(ip netip.Addr) bool {
	for _, p := range o.Proxies {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// first returns the first entry of a list that proxies append to.
func first(list string) string {
	one, _, _ := strings.Cut(list, ",")
	return strings.ToLower(strings.TrimSpace(one))
}

// validHost reports whether a Host header is a host with an optional port, and
// nothing that could break out of a header.
func validHost(s string) bool {
	if s == "" || len(s) > 255+6 {
		return false
	}
	host := s
	if h, port, err := net.SplitHostPort(s); err == nil {
		host = h
		if strings.Trim(port, "0123456789") != "" {
			return false
		}
	}
	if strings.ContainsAny(host, "[]:") {
		if host == s { // without a port the brackets are still on
			host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
		}
		ip, err := netip.ParseAddr(host)
		return err == nil && ip.Is6() && ip.Zone() == "" && strings.HasPrefix(s, "["+host+"]")
	}
	return host != "" && strings.Trim(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == ""
}
