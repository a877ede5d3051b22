//go:build race

package berthtest_test

// raceEnabled says that everything takes several times as long.
const raceEnabled = true
