package webui

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// getDoctor says how this very request came here, and what is wrong with the way: most
// pushes that fail behind a proxy fail for one of these reasons.
func (u *UI) getDoctor(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	is := u.origins.Reached(r)
	_, host, _ := strings.Cut(is.Origin, "://")
	p := view.DoctorPage{
		Checks: []view.Check{checkAddress(is), checkProxy(is), checkTLS(is)},
		Peer:   is.Peer, Client: is.Client, Host: is.Host, Origin: is.Origin, External: is.External, Registry: host, Plain: plainHTTP(is),
	}
	for _, h := range is.Sent {
		p.Sent = append(p.Sent, view.SentHeader(h))
	}
	return u.show(w, r, v, page{title: "Connection", main: view.Doctor(p)})
}

// checkAddress looks whether the name that was asked for is one of ours.
func checkAddress(is httpkit.Reached) view.Check {
	c := view.Check{Title: "Address"}
	_, believed, _ := strings.Cut(is.Origin, "://")
	asked := is.Host
	if is.Proxy {
		asked = believed
		if i := slices.IndexFunc(is.Sent, func(h httpkit.ForwardedHeader) bool { return h.Name == "X-Forwarded-Host" }); i >= 0 {
			asked = is.Sent[i].Value
		}
	}
	switch {
	case len(is.External) == 0:
		c.State, c.Text = view.CheckGood, "No addresses are set, so every name counts that clients use. Behind a proxy, set the names that people and clients use."
		c.Setting = "external_urls: [" + is.Origin + "]"
	case strings.EqualFold(asked, believed):
		c.State, c.Text = view.CheckGood, "Clients are told "+is.Origin+", by which you came."
	default:
		c.State = view.CheckBad
		c.Text = "You asked for " + asked + ", which is none of the addresses that are set. Clients that use that name are sent to " + is.Origin + " to sign in."
		c.Setting = "external_urls: [" + strings.Join(append(slices.Clone(is.External), "https://"+asked), ", ") + "]"
	}
	return c
}

// checkProxy looks whether what proxies say reaches us and is believed.
func checkProxy(is httpkit.Reached) view.Check {
	c := view.Check{Title: "Proxy", State: view.CheckBad}
	sent := func(name string) bool {
		return slices.ContainsFunc(is.Sent, func(h httpkit.ForwardedHeader) bool { return h.Name == name })
	}
	switch {
	case len(is.Sent) == 0 && !is.Proxy:
		c.State, c.Text = view.CheckGood, "Nothing stands between you and this server, or it does not tell."
	case !is.Proxy:
		c.Text = "Headers of a proxy come from " + is.Peer + ", which is not one that is believed. They are ignored: all clients seem to come from there, and links may begin with http."
		c.Setting = "trusted_proxies: [" + is.Peer + "]"
	case !sent("X-Forwarded-Proto"):
		c.Text = "The proxy does not say whether clients came over TLS, so uploads may be sent to http. Let it set X-Forwarded-Proto."
		c.Setting = "proxy_set_header X-Forwarded-Proto $scheme;"
	case !sent("X-Forwarded-For"):
		c.Text = "The proxy does not say who the clients are, so that one who guesses passwords slows down all. Let it set X-Forwarded-For."
		c.Setting = "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
	default:
		c.State, c.Text = view.CheckGood, "The proxy "+is.Peer+" is believed, and says that you are "+is.Client+"."
	}
	return c
}

// checkTLS looks whether clients will talk to this address.
func checkTLS(is httpkit.Reached) view.Check {
	c := view.Check{Title: "TLS"}
	switch {
	case strings.HasPrefix(is.Origin, "https://"):
		c.State, c.Text = view.CheckGood, "Clients come over TLS."
	case plainHTTP(is):
		c.State, c.Text = view.CheckBad, "Clients come without TLS. Passwords and tokens can be read on the way, and docker refuses unless each computer makes an exception, as below. Put a proxy with a certificate before this server."
	default:
		c.State, c.Text = view.CheckGood, "Clients on this computer need no TLS."
	}
	return c
}

// plainHTTP reports whether clients on other computers come without TLS.
func plainHTTP(is httpkit.Reached) bool {
	u, err := url.Parse(is.Origin)
	if err != nil || u.Scheme == "https" {
		return false
	}
	host := u.Hostname()
	ip, err := netip.ParseAddr(host)
	return host != "localhost" && (err != nil || !ip.IsLoopback()) && !strings.HasSuffix(host, ".localhost")
}
