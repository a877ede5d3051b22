// Package ociapi is the OCI face: /v2/… by the distribution-spec v1.1 and what its
// main branch has added, and the token endpoint of the Docker token protocol.
//
// path.go parses addresses, routes.go lists what there is, errors.go says how
// each named error looks to a client. A handler parses, calls the core once, and
// prints. The package may import berth, httpkit, registry and account.
package ociapi
