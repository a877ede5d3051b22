// Package clients proves that the programs people already use work with berth:
// docker, podman, skopeo, buildah, crane, oras, regctl and gh, and, when
// BERTH_E2E_ALL=1, helm and cosign, which take minutes to build.
//
// Each client has a script in testdata. A script gets a server of its own, on a
// free port of the loopback and an empty data directory, with these people:
//
//   - ada owns the namespace ada and the organization acme; her tokens are
//     $ADA_TOKEN (read, write, delete), $READ_TOKEN and $EXPIRED_TOKEN;
//   - bob has his namespace and $BOB_TOKEN, and no part in acme.
//
// $R is the address of the server. Every token is also a file, for stdin.
// The commands that the scripts have beside those of testscript are in
// commands_test.go; the clients and where they come from, in tools_test.go.
//
// Nothing is fetched but the sources of clients written in Go, which are built
// once per version into $XDG_CACHE_HOME/berth-tools. BERTH_BIN names a binary
// to test instead of one built here.
package clients
