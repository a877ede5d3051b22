// Package signin proves that people can sign in through an outside identity
// provider: the built berth, a provider that is a process of its own (../provider,
// made of a certified library), and a client with cookies that does what a browser
// does. BERTH_BIN names a binary to test instead of one built here.
package signin
