// Package account decides who somebody is: users, organizations, access tokens,
// and the bearer tokens of the registry protocol.
//
// It is not about packages: what a viewer may do with one is decided in package
// registry by berth.Can. It may import packages berth and meta.
//
// # Secrets
//
// Passwords are stored as argon2id, which is slow on purpose, and are therefore
// checked only where a client logs in. Access tokens are random enough that a
// plain SHA-256 is a safe way to store them; so are sessions, invitations and
// recovery codes. What has to be read again, second factors and signing keys, is
// sealed with a secret that is not in the database. Bearers are signed with keys that
// live in the database, so that every replica accepts them, and live for minutes.
package account
