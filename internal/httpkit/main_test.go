package httpkit_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(helperFile); path != "" {
		os.Exit(serveFile(path))
	}
	goleak.VerifyTestMain(m)
}
