package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/account"
	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/node"
	"sandi.internal/gateway/node/cli"
)

// local is what the commands about local accounts share: the node's configuration names
// the folder where they lie. They work on that folder, whether or not the node runs.
type local struct {
	*settings
	config string
}

func newAccount(s *settings) *cobra.Command {
	l := &local{settings: s}
	cmd := &cobra.Command{
		Use:   "account",
		Short: "local accounts of this node's console: add, list, disable, enable, reset, unlock, log",
		Long: `Works on the node's own data folder, on its own machine, whether or not the node runs;
a running node takes it up at once. The first account, a security administrator's, is
made here: everything else that person does in the console. What is done stands in the
administrators' log as done by "host".`,
		Example: "  sandi account add zhao -c sandi.yaml --role security_admin --org 120000-SJ --display 赵某 --person 1024",
	}
	cmd.PersistentFlags().StringVarP(&l.config, "config", "c", cli.Env("SANDI_CONFIG", "sandi.yaml"), "the node's configuration file (SANDI_CONFIG)")
	cmd.AddCommand(
		l.add(), l.list(),
		l.change("disable NAME", "end an account and its sessions", func(st *account.Store, name string) (account.Account, string, error) {
			a, err := st.Disable(account.Host(), name)
			return a, "", err
		}),
		l.change("enable NAME", "let a disabled account in again, with a new initial password", func(st *account.Store, name string) (account.Account, string, error) {
			return st.Enable(account.Host(), name)
		}),
		l.change("reset NAME", "give an account a new initial password, and end its sessions", func(st *account.Store, name string) (account.Account, string, error) {
			return st.Reset(account.Host(), name)
		}),
		l.change("unlock NAME", "lift the wait that wrong passwords brought upon an account", func(st *account.Store, name string) (account.Account, string, error) {
			a, err := st.Unlock(account.Host(), name)
			return a, "", err
		}),
		l.log(),
	)
	return cmd
}

func (l *local) open() (*account.Store, error) {
	cfg, err := node.LoadConfig(l.config)
	if err != nil {
		return nil, err
	}
	signed, err := readGenesis(cfg.Genesis)
	if err != nil {
		return nil, err
	}
	region := signed.Region(cfg.Region)
	if region == nil {
		return nil, fmt.Errorf("genesis names no region %s; check region in %s", cfg.Region, l.config)
	}
	return node.OpenAccounts(cfg, region)
}

func (l *local) add() *cobra.Command {
	var in account.New
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "make an account; prints its initial password, once",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := l.open()
			if err != nil {
				return err
			}
			if in.Name = args[0]; in.Display == "" {
				in.Display = in.Name
			}
			made, password, err := store.Add(account.Host(), in)
			if err != nil {
				return err
			}
			return l.handed(cmd, made, password)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&in.Roles, "role", nil, "operator, security_admin or audit_admin alone, or offices, comma-separated")
	f.StringVar(&in.Org, "org", "", "organisation code, e.g. 120000-SJ")
	f.StringVar(&in.Display, "display", "", "the person's name as the console shows it (default: NAME)")
	f.StringVar(&in.Person, "person", "", "the person's id, such as a staff number; what the identity provider calls the person, where there is one (default: NAME)")
	for _, name := range []string{"role", "org"} {
		_ = cmd.MarkFlagRequired(name)
	}
	return cmd
}

// handed shows an account and, once, the initial password.
func (l *local) handed(cmd *cobra.Command, a account.Account, password string) error {
	text := fmt.Sprintf(l.pick("账号 %s（%s）\n", "account %s (%s)\n"), a.Name, strings.Join(a.Roles, " "))
	if password != "" {
		text += fmt.Sprintf(l.pick("初始口令：%s\n只显示这一次，%s 前有效，首次登录须修改；请当面或者密封交给本人。\n",
			"initial password: %s\nIt is shown this once, lets in until %s, and has to be changed at the first sign-in; hand it over in person or sealed.\n"),
			password, a.Until.In(calendar.Zone).Format("2006-01-02 15:04"))
	}
	return l.printText(cmd.OutOrStdout(), struct {
		account.Account
		Password string `json:"password,omitempty"`
	}{a, password}, text)
}

func (l *local) change(use, short string, f func(*account.Store, string) (account.Account, string, error)) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := l.open()
			if err != nil {
				return err
			}
			a, password, err := f(store, args[0])
			if err != nil {
				return err
			}
			return l.handed(cmd, a, password)
		},
	}
}

type accountList []account.State

func (l accountList) header() table.Row {
	return heads("name|account", "person|account", "display", "organisation", "roles", "state", "last sign-in", "wrong")
}

func (l accountList) rows() []table.Row {
	var rows []table.Row
	for _, a := range l {
		last := ""
		if a.Last != nil {
			last = a.Last.At.In(calendar.Zone).Format("2006-01-02 15:04") + " " + a.Last.From
		}
		rows = append(rows, table.Row{a.Name, a.Person, a.Display, a.Org, strings.Join(a.Roles, " "), stateOf(a), last, a.Wrong})
	}
	return rows
}

func stateOf(a account.State) any {
	switch {
	case a.Disabled:
		return word("disabled")
	case a.Locked > 0:
		return both("已锁定，还有 %s", "locked for %s", a.Locked.Round(time.Second))
	case a.Change:
		return both("初始口令，%s 前有效", "initial password until %s", a.Until.In(calendar.Zone).Format("2006-01-02 15:04"))
	}
	return word("ok")
}

func (l *local) list() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "the accounts, who is locked out, whose initial password waits", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			store, err := l.open()
			if err != nil {
				return err
			}
			list, err := store.List()
			if err != nil {
				return err
			}
			return l.print(cmd.OutOrStdout(), accountList(list))
		},
	}
}

type actPage account.Page

func (p actPage) header() table.Row {
	return heads("no", "time", "act", "by|account", "role", "from", "account", "detail")
}

func (p actPage) rows() []table.Row {
	var rows []table.Row
	for _, a := range p.Acts {
		rows = append(rows, table.Row{a.No, a.At.In(calendar.Zone).Format(time.DateTime), word(string(a.Act) + "|act"), a.By, a.Role, a.From, a.Account, a.Detail})
	}
	return rows
}

func (l *local) log() *cobra.Command {
	var before uint64
	var act, who string
	cmd := &cobra.Command{
		Use: "log", Short: "what administrators did, the latest first", Args: cobra.NoArgs,
		Long: `Shows the administrators' log. Every line holds the digest of the line before; the last
digest stands for the whole: who notes it down outside can tell later that nothing before
it was changed.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			store, err := l.open()
			if err != nil {
				return err
			}
			const limit = 100
			page, err := store.Acts(before, limit, act, who)
			if err != nil {
				return err
			}
			if err := l.print(cmd.OutOrStdout(), actPage(page)); err != nil || l.output != "table" {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), l.pick("共 %d 条；末条摘要 %s\n", "%d lines; digest of the last %s\n"), page.Size, page.Last)
			if page.Next != 0 && err == nil {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), l.pick("还有更早的记录：加 --before %d\n", "there are earlier ones: add --before %d\n"), page.Next)
			}
			return err
		},
	}
	f := cmd.Flags()
	f.Uint64Var(&before, "before", 0, "only lines before this number")
	f.StringVar(&act, "act", "", "only this act, e.g. account_made")
	f.StringVar(&who, "who", "", "only what this person did or what was done to this account")
	cmd.AddCommand(l.beginLog())
	return cmd
}

func (l *local) beginLog() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "begin --reason TEXT", Short: "answer for an administrators' log that takes no entries any more, and begin another", Args: cobra.NoArgs,
		Long: `A log whose lines do not follow from one another was damaged or changed: nothing that
stands in it is done any more, and nobody signs in with a password. Find out what happened,
keep the data folder, and tell the audit administrator. Then this command puts the log
away as it is; the first line of the next one says who, why, and where the old one is.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if reason == "" || len(reason) > 200 {
				return usagef("say why with --reason, in at most 200 bytes; it stands in the first line")
			}
			store, err := l.open()
			if err != nil {
				return err
			}
			kept, err := store.BeginLog(account.Host(), reason)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), l.pick("原日志存于 %s\n", "the old log is kept in %s\n"), kept)
			return err
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "what happened")
	return cmd
}
