package doctor

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sandi.internal/gateway/api/account"
	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/node"
)

// checkAccounts looks at the local accounts as they lie, whether or not the node runs:
// whether somebody can sign in, whether the three administrators are there and apart, and
// what waits for one of them.
func checkAccounts(_ context.Context, p *patient) result {
	if p.config.Keys.Token == "" {
		return good("本节点未启用操作界面", "no console on this node")
	}
	mend := text{"按 OPERATIONS.md“Accounts and the three administrators”处理", "act on OPERATIONS.md, \"Accounts and the three administrators\""}
	store, err := node.OpenAccounts(*p.config, p.region)
	if err != nil {
		return fail(errorText(err), mend)
	}
	list, err := store.List()
	if err == nil {
		_, err = store.Acts(0, 1, "", "")
	}
	if err != nil {
		return fail(errorText(err), mend)
	}
	if open := openToOthers(filepath.Join(p.config.Data, node.AccountsFolder)); open != "" {
		return fail(textf("%s 可被其他用户读写：能写入者即可让任何人登录", "%s is open to other users: who can write there can let anybody in", open), text{"chmod -R go= 该文件夹", "chmod -R go= the folder"})
	}
	another := p.config.Console.OIDC.Issuer != "" || p.config.Console.Links != ""
	return judgeAccounts(list, another, time.Now())
}

// openToOthers is a file of the folder that others than its owner may use; "" for none.
func openToOthers(dir string) string {
	list, _ := os.ReadDir(dir) // none: there are no accounts
	for _, name := range append([]string{dir}, names(dir, list)...) {
		if info, err := os.Stat(name); err == nil && info.Mode().Perm()&0o077 != 0 && (name == dir || info.Mode().IsRegular()) {
			return name
		}
	}
	return ""
}

func names(dir string, list []os.DirEntry) (out []string) {
	for _, e := range list {
		out = append(out, filepath.Join(dir, e.Name()))
	}
	return out
}

// judgeAccounts says what is wrong with accounts, the gravest first. another: there is
// another way to sign in, by which administrators may come too.
func judgeAccounts(list []account.State, another bool, now time.Time) result {
	var used, locked, expired, initial []string
	roles := map[string]int{}        // administrator's role -> accounts
	persons := map[string][]string{} // person -> accounts
	for _, a := range list {
		if a.Disabled {
			continue
		}
		used = append(used, a.Name)
		persons[a.Person] = append(persons[a.Person], a.Name)
		for _, role := range a.Roles {
			if auth.IsAdministrator(role) {
				roles[role]++
			}
		}
		switch {
		case a.Change && now.After(a.Until):
			expired = append(expired, a.Name)
		case a.Change:
			initial = append(initial, a.Name)
		}
		if a.Locked > 0 {
			locked = append(locked, a.Name)
		}
	}
	detail := textf("%d 个账号（另停用 %d 个）", "%d accounts, %d more are disabled", len(used), len(list)-len(used))
	add := text{"sandi account add NAME --role security_admin --org …", "sandi account add NAME --role security_admin --org …"}
	for _, person := range sortedPersons(persons) {
		if both := persons[person]; len(both) > 1 {
			return fail(detail.and(textf("；%s 一人持有 %s", "; one person, %s, holds %s", person, strings.Join(both, ", "))),
				textf("停用其中之一: sandi account disable %s", "disable one: sandi account disable %s", both[0]))
		}
	}
	var missing []string
	for _, role := range auth.Administrators {
		if roles[role] == 0 {
			missing = append(missing, role)
		}
	}
	switch {
	case len(used) == 0 && !another:
		return warn(text{"无人能登录：没有账号，也没有其他登录方式", "nobody can sign in: there are no accounts and no other way"}, add)
	case len(used) > 0 && !another && slices.Contains(missing, auth.RoleSecurity):
		return warn(detail.and(text{"；没有安全管理员，无人能管理账号", "; there is no security administrator to look after them"}), add)
	case len(used) > 0 && !another && len(missing) > 0:
		list := strings.Join(missing, ", ")
		return warn(detail.and(textf("；三员不齐，缺 %s", "; of the three administrators %s is missing", list)), text{"由安全管理员建立", "the security administrator makes one"})
	case len(locked) > 0:
		return warn(detail.and(textf("；因口令错误被锁定: %s", "; wrong passwords make these wait: %s", strings.Join(locked, ", "))),
			text{"核实是否本人，再由安全管理员解除（sandi account log 查看来源）", "ask whether it was them, then the security administrator unlocks; sandi account log shows from where"})
	case len(expired) > 0:
		return warn(detail.and(textf("；初始口令已过期: %s", "; an initial password has expired: %s", strings.Join(expired, ", "))),
			textf("重置: sandi account reset %s", "sandi account reset %s", expired[0]))
	case len(initial) > 0:
		return result{verdict: OK, detail: detail.and(textf("；尚未更改初始口令: %s", "; still with an initial password: %s", strings.Join(initial, ", ")))}
	}
	return result{verdict: OK, detail: detail}
}

func sortedPersons(m map[string][]string) []string {
	list := make([]string, 0, len(m))
	for person := range m {
		list = append(list, person)
	}
	slices.Sort(list)
	return list
}
