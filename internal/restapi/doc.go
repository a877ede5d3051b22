// Package restapi is the face for programs: people, organizations, teams,
// repositories, tokens and packages as JSON under /api/v3, in the shapes of
// GitHub's REST API where that has them. Under /api/v1 are the package routes of
// Forgejo and Gitea, in files v1*.go, for programs that are made for these.
//
// It parses and prints. Who may do what is decided in registry and account. The
// command line uses it too: against another server over the network, against the
// data directory in its own process ([NewLocal]).
//
// It may import berth, httpkit, registry and account, never meta or blob.
package restapi
