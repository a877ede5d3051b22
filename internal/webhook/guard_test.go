package webhook_test

import (
	"net"
	"net/netip"
	"testing"

	"github.com/berth-registry/berth/internal/webhook"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	for ip, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "93.184.216.34": true, "172.15.255.255": true, "172.32.0.0": true, "100.63.255.255": true, "100.128.0.0": true,
		"192.167.255.255": true, "198.17.255.255": true, "198.20.0.0": true, "223.255.255.255": true, "11.0.0.0": true, "128.0.0.0": true,
		"2606:4700::1111": true, "2a00:1450:4001::1": true, "2001:200::1": true,

		"127.0.0.1": false, "127.1.2.3": false, "10.0.0.1": false, "10.255.255.255": false, "172.16.0.0": false, "172.31.255.255": false, "192.168.0.1": false,
		"169.254.0.1": false, "169.254.169.254": false, "169.254.170.2": false, "100.64.0.0": false, "100.127.255.255": false, "100.100.100.200": false,
		"0.0.0.0": false, "0.1.2.3": false, "192.0.0.192": false, "192.0.2.1": false, "192.88.99.1": false, "198.18.0.1": false, "198.19.255.255": false,
		"198.51.100.1": false, "203.0.113.1": false, "224.0.0.1": false, "239.255.255.255": false, "240.0.0.1": false, "255.255.255.255": false,
		"168.63.129.16": false,

		"::": false, "::1": false, "::2": false, "::ffff:0:127.0.0.1": false, "fe80::1": false, "fec0::1": false, "fc00::1": false, "fd00:ec2::254": false,
		"fd20:ce::254": false, "ff02::1": false, "100::1": false, "2001:db8::1": false, "2001::1": false, "2001:10::1": false, "3fff::1": false, "4000::1": false,
		"64:ff9b:1::a00:1": false,

		// Those that stand for an IPv4 address: mapped, compatible, NAT64, 6to4.
		"::ffff:8.8.8.8": true, "::ffff:127.0.0.1": false, "::ffff:169.254.169.254": false, "::ffff:10.0.0.1": false,
		"::127.0.0.1": false, "::8.8.8.8": false,
		"64:ff9b::8.8.8.8": true, "64:ff9b::127.0.0.1": false, "64:ff9b::10.0.0.1": false, "64:ff9b::169.254.169.254": false,
		"2002:808:808::1": true, "2002:7f00:1::": false, "2002:a9fe:a9fe::1": false, "2002:c0a8:1::1": false,
	} {
		network := "tcp4"
		if netip.MustParseAddr(ip).Is6() {
			network = "tcp6"
		}
		if got := webhook.Dialed(nil, network, net.JoinHostPort(ip, "443")); got != want {
			t.Errorf("%s: dialed %t, want %t", ip, got, want)
		}
	}
	for _, address := range []string{"", "8.8.8.8", "8.8.8.8:0", "8.8.8.8:99999", "example.com:80", "2606:4700::1111:443", "[fe80::1%eth0]:80", "/run/docker.sock"} {
		if webhook.Dialed(nil, "tcp4", address) {
			t.Errorf("%q is dialed", address)
		}
	}
	for _, network := range []string{"unix", "udp4", "ip", ""} {
		if webhook.Dialed(nil, network, "8.8.8.8:53") {
			t.Errorf("%q is dialed", network)
		}
	}
}

// What the operator allows is reached, however it is written, and nothing beside it.
func TestGuardAllows(t *testing.T) {
	t.Parallel()
	allowed := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("fe80::/64"), netip.MustParsePrefix("fd00::/8")}
	for address, want := range map[string]bool{
		"10.1.2.3:80": true, "[::ffff:10.1.2.3]:80": true, "127.0.0.1:1": true, "[fe80::1%eth0]:80": true, "[fd00::1]:80": true, "8.8.8.8:80": true,
		"10.2.0.1:80": false, "127.0.0.2:80": false, "[::1]:80": false, "[fe80:1::1]:80": false, "[64:ff9b::10.1.2.3]:80": false,
	} {
		if got := webhook.Dialed(allowed, "tcp6", address); got != want {
			t.Errorf("%s: dialed %t, want %t", address, got, want)
		}
	}
}

// Nothing that the standard library knows to be private is dialed, in no spelling.
func FuzzGuard(f *testing.F) {
	for _, s := range []string{"8.8.8.8:80", "[::ffff:7f00:1]:80", "[64:ff9b::7f00:1]:80", "[2002:7f00:1::]:80", "[fe80::1%25a]:1", "127.1:80", "0x7f.1:80", "[::]:80", "2130706433:80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if !webhook.Dialed(nil, "tcp6", address) {
			return
		}
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			t.Fatalf("%q is dialed: %v", address, err)
		}
		ip := at.Addr()
		b := ip.As16()
		for _, is := range []netip.Addr{ip, ip.Unmap(), embedded(ip, "64:ff9b::/96", b[12:]), embedded(ip, "2002::/16", b[2:6])} {
			if is.IsLoopback() || is.IsPrivate() || is.IsLinkLocalUnicast() || is.IsMulticast() || is.IsUnspecified() || !is.IsGlobalUnicast() || is.Zone() != "" {
				t.Fatalf("%q is dialed, which is %s", address, is)
			}
		}
	})
}

func embedded(ip netip.Addr, in string, b []byte) netip.Addr {
	if !netip.MustParsePrefix(in).Contains(ip) {
		return netip.MustParseAddr("8.8.8.8")
	}
	return netip.AddrFrom4([4]byte(b))
}
