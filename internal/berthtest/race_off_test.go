//go:build !race

package berthtest_test

const raceEnabled = false
