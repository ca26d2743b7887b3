package replica_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain finds goroutines that outlive their replica.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
