package rig

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// FreeAddr returns an address of the loopback that nobody has now. Its port is not one
// of those that the system gives to whoever asks for any: such a one may be somebody
// else's before the server under test takes it.
func FreeAddr(ctx context.Context) (string, error) {
	const first, ports, tries = 12_000, 14_000, 100
	var all error
	for range tries {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(first+rand.IntN(ports)))
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
		if err == nil {
			return addr, l.Close()
		}
		all = err
	}
	return "", errors.Join(errors.New("no free port"), all)
}
