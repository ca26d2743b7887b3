package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/node/demo"
)

// newDemoLink makes further sign-in links for a running demo: each works once.
func newDemoLink(*settings) *cobra.Command {
	var dir string
	var a demo.Actor
	cmd := &cobra.Command{
		Use:   "link",
		Short: "make a one-time sign-in link into the console of a running demo",
		Long: `Make a sign-in link into the console of a running demo: good once, and for two hours.
--org names an organisation other than the bureau itself; --person tells two people of
one office apart, where the law wants two.`,
		Example: "  sandi demo link --region 120000 --role clerk\n" +
			"  sandi demo link --region 130000 --org 131000-SJ --role bureau_head --person lf-head-1",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.Region == "" || a.Role == "" {
				return usagef("--region and --role are needed")
			}
			if a.Org == "" {
				a.Org = a.Region + "-SJ"
			}
			if a.Person == "" {
				a.Person = "console-" + a.Role
			}
			network, _, err := demo.Existing(dir)
			if err != nil {
				return err
			}
			link, err := network.SignInLink(a)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), link.URL)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&dir, "dir", demo.DefaultDir(), "folder of the running demo")
	f.StringVar(&a.Region, "region", "", "region whose console it opens, e.g. 120000")
	f.StringVar(&a.Role, "role", "", "office role of the person")
	f.StringVar(&a.Org, "org", "", "organisation code (default <region>-SJ)")
	f.StringVar(&a.Person, "person", "", "who it is; two acts by the same person may exclude each other (default console-<role>)")
	return cmd
}
