//go:build nosync

package meta

// sqliteSynchronous is OFF only in the binary with which the power-cut test
// proves that it notices missing syncs.
const sqliteSynchronous = "OFF"
