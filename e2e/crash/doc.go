// Package crash holds the tests that take the power or the process away from a
// running registry and look for what it had promised.
//
// The oracle is outside the server: a log on another disk, one line per thing
// the server acknowledged, written and synced only after the 2xx arrived. After
// every crash each line is checked by pulling it. There are three verdicts:
// lost (acknowledged and gone), wrong (other bytes, or a short 200) and
// unavailable (a clean error). Lost and wrong have no budget.
//
// It is not a benchmark and not a conformance suite. It imports powercut and
// nothing of the product: the server under test is a binary.
//
// Environment:
//
//	BERTH_BIN            test this binary instead of building ../../cmd/berth
//	BERTH_BIN_NOSYNC     the same for the build without fsync
//	BERTH_CRASH_SERVER   "docker-registry" runs the tests against Debian's package
//	BERTH_CRASH_SEED     repeat a run
//	BERTH_CRASH_CYCLES   override the number of cycles (nightly runs use more)
//	CI=true              a missing tool fails the test instead of skipping it
//
// `go test -artifacts` keeps the ack log and the server's output.
package crash
