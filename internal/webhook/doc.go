// Package webhook tells receivers outside what happened to packages: it turns events
// into deliveries, sends those, tries again, and keeps a log. It reads the events that
// the core has written down, so that no push waits for it, and a restart loses none.
//
// It makes connections to addresses that users choose. Every one goes through the
// guard, which looks at the address that is dialed and not at the name.
package webhook
