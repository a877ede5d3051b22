package webhook

import (
	"net/netip"
	"time"
)

// Dialed reports whether the guard lets an address, HOST:PORT, be connected to.
func Dialed(allowed []netip.Prefix, network, address string) bool {
	return guard{allowed}.control(network, address, nil) == nil
}

// Public reports whether an address is one of the internet at large.
func Public(ip netip.Addr) bool { return public(ip) }

// Pauses are the times between tries.
func Pauses() []time.Duration { return pauses() }

// What the log says, and keeps.
const (
	Unreachable   = unreachable
	MaxFinished   = maxFinished
	MaxResponse   = maxResponse
	MaxLabels     = maxLabels
	MaxLayers     = maxLayers
	LeaseDuration = lease
)
