package replica_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain finds goroutines that outlive their replica, apart from those that
// wait for futures which Raft forgot when it shut down (start.go).
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/hashicorp/raft.(*deferError).Error"))
}
