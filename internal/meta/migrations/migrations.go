// Package migrations holds the schema, a step in each file, for each database.
package migrations

import "embed"

// Files are the migrations. They go forward only. A release may add what the next one
// needs, and remove what the last one stopped using, so that two releases run side by
// side.
//
//go:embed sqlite postgres
var Files embed.FS
