package node

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

// TestRelaxTimers starts this test again as a program of its own: whatever
// thread it asks from, after RelaxTimers the slack is the wanted one, with the
// arguments and the environment that it was started with.
func TestRelaxTimers(t *testing.T) {
	const child = "SANDI_TEST_RELAX"
	if os.Getenv(child) != "" {
		RelaxTimers()
		slack := make(chan int)
		go func() {
			n, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
			if err != nil {
				n = -1
			}
			slack <- n
		}()
		fmt.Printf("slack %d %s\n", <-slack, os.Getenv(child))
		os.Exit(0)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestRelaxTimers$")
	cmd.Env = append(os.Environ(), child+"=kept")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if want := fmt.Sprintf("slack %d kept\n", timerSlack); string(out) != want {
		t.Fatalf("got %q, want %q", out, want)
	}
}
