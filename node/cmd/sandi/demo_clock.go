package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/node/demo"
)

// newDemoClock moves the days of a demo that is played by hand.
func newDemoClock(s *settings) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "clock TIME",
		Short: "move the practice clock of a running demo, all regions together",
		Long: `Move the practice clock of every node of a running demo. It never goes back. What
the new day causes, such as a window that has ended, the nodes do by themselves.`,
		Example: "  sandi demo clock 2025-09-25T00:05:00+08:00\n  sandi demo clock 2025-09-25",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			to, err := clockTime(args[0])
			if err != nil {
				return err
			}
			if err := demo.SetClock(cmd.Context(), dir, to); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), s.pick("演练时钟：%s\n", "the practice clock stands at %s\n"), to.In(calendar.Zone).Format(time.RFC3339))
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "dir", demo.DefaultDir(), "folder of the running demo")
	return cmd
}

// clockTime reads a moment, or a day: its ninth hour, when offices open.
func clockTime(text string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, text, calendar.Zone)
	if err != nil {
		return day, usagef("%s: give a time such as 2025-09-25T09:00:00+08:00, or a day such as 2025-09-25", text)
	}
	return day.Add(9 * time.Hour), nil
}
