//go:build !nosync

package meta

const sqliteSynchronous = "FULL"
