package httpkit

import "net/http"

// Reached is how a request came here, for whoever sets up what stands before the server.
type Reached struct {
	Peer     string   // the address that holds the connection
	Proxy    bool     // Peer is one whose X-Forwarded-* headers are believed
	Host     string   // that was asked for, as the connection says
	Origin   string   // under which the client reached us, as far as is believed
	Client   string   // the address of the client, as far as is believed
	External []string // the addresses that the server may call itself
	// Sent are the headers of proxies that came along, believed or not.
	Sent []ForwardedHeader
}

// ForwardedHeader is a header in which a proxy tells of the client.
type ForwardedHeader struct{ Name, Value string }

// Reached returns how a request came here.
func (o Origins) Reached(r *http.Request) Reached {
	peer := Origins{}.Address(r) // without a proxy that is believed
	is := Reached{Peer: peer, Proxy: o.trusts(r.RemoteAddr), Host: cut(r.Host), Origin: o.Of(r), Client: o.Address(r)}
	for _, u := range o.External {
		is.External = append(is.External, u.Scheme+"://"+u.Host)
	}
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"} {
		if value := r.Header.Get(name); value != "" {
			is.Sent = append(is.Sent, ForwardedHeader{name, cut(value)})
		}
	}
	return is
}
