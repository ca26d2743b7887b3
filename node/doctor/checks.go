package doctor

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/node"
)

var (
	groupConfig   = text{"配置", "configuration"}
	groupKeys     = text{"密钥与证书", "keys and certificates"}
	groupDisk     = text{"磁盘", "disk"}
	groupNode     = text{"本节点", "this node"}
	groupAccounts = text{"登录", "signing in"}
	groupPeers    = text{"其他节点", "other nodes"}
	groupCalendar = text{"工作日历", "calendar"}
)

// Thresholds of warnings.
const (
	fsyncSlow    = 20 * time.Millisecond // above this, commits wait for the disk
	certDaysWarn = 10                    // a node leaf lives 30 days and renews at 20
	maxAnswer    = 4 << 20               // metrics are the longest, some 100 KiB
	clockWarn    = 2 * time.Second       // a statement may lie 2 minutes ahead; warn long before
)

var checks = []check{
	{groupConfig, text{"配置文件", "configuration file"}, checkConfig},
	{groupConfig, text{"创世文件", "genesis"}, checkGenesis},
	{groupKeys, text{"私钥", "private keys"}, checkKeys},
	{groupKeys, text{"节点证书", "node certificate"}, checkNodeCert},
	{groupKeys, text{"公共接口证书", "certificate of the public API"}, checkPublicCert},
	{groupDisk, text{"剩余空间", "free space"}, checkSpace},
	{groupDisk, text{"落盘延迟", "fsync latency"}, checkFsync},
	{groupNode, text{"运行状态", "running"}, checkUp},
	{groupNode, text{"就绪", "ready"}, checkReady},
	{groupNode, text{"检查点", "checkpoints"}, checkCheckpoints},
	{groupNode, text{"访问日志", "access log"}, checkAccess},
	{groupAccounts, text{"本地账号", "local accounts"}, checkAccounts},
	{groupPeers, text{"投票与节点", "voters and nodes"}, checkMembership},
	{groupPeers, text{"连通与时钟", "reach and clock"}, checkPeers},
	{groupCalendar, text{"未来十二个月", "next 12 months"}, checkCalendar},
}

func checkConfig(_ context.Context, p *patient) result {
	cfg, err := node.LoadConfig(p.configPath)
	if err != nil {
		return fail(errorText(err), text{"按提示修改配置；sandi init 可生成一份", "mend the file as said; sandi init writes one"})
	}
	p.config = &cfg
	return good(p.configPath, p.configPath)
}

func checkGenesis(ctx context.Context, p *patient) result {
	if p.config == nil {
		return fail(text{"没有配置", "no configuration"}, text{"先修复配置文件", "mend the configuration first"})
	}
	file, err := os.ReadFile(p.config.Genesis)
	if err != nil {
		return fail(errorText(err), text{"将各局签名的 genesis.json 复制到配置所指位置", "copy the signed genesis.json to where the configuration points"})
	}
	signed, err := genesis.Parse(file)
	if err != nil {
		return fail(errorText(err), text{"缺少签名或文件损坏；sandi genesis show 查看", "a signature is missing or the file is damaged; see sandi genesis show"})
	}
	p.genesis = signed
	if err := p.learn(ctx); err != nil {
		return fail(errorText(err), text{"重新生成 nodes 所指文件：sandi node list -o json", "write the file that nodes names anew: sandi node list -o json"})
	}
	self, region := p.today.Node(p.config.Node)
	if self == nil || region.Code != p.config.Region {
		return fail(textf("网络中没有节点 %s，或已被移除", "the network has no node %s of this region, or it was removed", p.config.Node),
			text{"检查 region 与 node 两项设置；新加入的节点还需 nodes 一项（sandi node list -o json）", "check the settings region and node; a node that was added also needs nodes (sandi node list -o json)"})
	}
	p.self, p.region = self, region
	return result{verdict: OK, detail: textf("%s，指纹 %s", "%s, fingerprint %s", signed.Name, signed.Fingerprint())}
}

func checkKeys(_ context.Context, p *patient) result {
	err := node.CheckKeys(p.config.Keys, p.genesis.Genesis, p.self.ID)
	if errors.Is(err, node.ErrOtherKey) {
		return warn(text{"日志密钥或共签密钥不在创世文件中", "the log or cosigner key is not one of genesis"},
			text{"若已用 sandi key add 登记并激活则正常；否则恢复本节点自己的密钥文件", "fine if it was registered and activated with sandi key add; else restore this node's own key files"})
	}
	if err != nil {
		return fail(errorText(err), text{"恢复本节点自己的密钥文件，权限 0600", "restore this node's own key files, mode 0600"})
	}
	key, err := keyring.LoadFile(p.config.Keys.Statement)
	if err != nil {
		return fail(errorText(err), text{"恢复签名密钥", "restore the statement key"})
	}
	if !slices.ContainsFunc(p.region.Statement, key.Public().Equal) {
		return warn(text{"签名密钥不在创世文件中", "the statement key is not one of genesis"},
			text{"若已用 sandi key add 登记并激活则正常", "fine if it was registered and activated with sandi key add"})
	}
	return good("与创世文件一致", "as genesis names them")
}

func checkNodeCert(_ context.Context, p *patient) result {
	return certDays(p.config.Keys.NodeCert, text{"用本局 CA 签发新证书并替换文件，节点会自动换用", "issue a new one with the region's CA and replace the file; the node takes it up by itself"})
}

func checkPublicCert(_ context.Context, p *patient) result {
	if p.config.TLS.Cert == "" {
		return good("未设置，仅在本机回环地址提供明文接口", "none: plain HTTP on loopback only")
	}
	return certDays(p.config.TLS.Cert, text{"更换 tls.cert 与 tls.key", "replace tls.cert and tls.key"})
}

func certDays(path string, mend text) result {
	file, err := os.ReadFile(path)
	if err != nil {
		return fail(errorText(err), mend)
	}
	block, _ := pem.Decode(file)
	if block == nil {
		return fail(textf("%s 不是 PEM 证书", "%s is no PEM certificate", path), mend)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return fail(errorText(err), mend)
	}
	days := int(time.Until(cert.NotAfter).Hours() / 24)
	detail := textf("剩余 %d 天", "%d days left", days)
	switch {
	case time.Now().After(cert.NotAfter):
		return fail(text{"已过期", "expired"}, mend)
	case days < certDaysWarn:
		return warn(detail, mend)
	}
	return result{verdict: OK, detail: detail}
}

// dataDir is the data folder, or the nearest parent that exists: a node that was
// never started has none yet.
func dataDir(p *patient) string {
	dir := p.config.Data
	for {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

func checkSpace(_ context.Context, p *patient) result {
	free, err := node.FreeMiB(dataDir(p))
	if err != nil {
		return fail(errorText(err), text{"检查 data 设置", "check the setting data"})
	}
	detail := textf("%d MiB", "%d MiB", free)
	if free < p.config.Limits.WarnBelowMiB {
		return warn(detail, textf("腾出空间；低于 %d MiB 即告警", "make room; limits.warn_below_mib is %d", p.config.Limits.WarnBelowMiB))
	}
	return result{verdict: OK, detail: detail}
}

// checkFsync writes and syncs a few blocks and takes the median.
func checkFsync(ctx context.Context, p *patient) result {
	f, err := os.CreateTemp(dataDir(p), ".doctor-*")
	if err != nil {
		return fail(errorText(err), text{"检查数据目录的权限", "check the permissions of the data folder"})
	}
	defer func() {
		_ = f.Close()
		_ = os.Remove(f.Name())
	}()
	block := make([]byte, 4096)
	var took []time.Duration
	for range 20 {
		if ctx.Err() != nil {
			break
		}
		began := time.Now()
		if _, err = f.Write(block); err == nil {
			err = f.Sync()
		}
		if err != nil {
			return fail(errorText(err), text{"磁盘不可写", "the disk does not take writes"})
		}
		took = append(took, time.Since(began))
	}
	if len(took) == 0 {
		return fail(text{"超时", "timed out"}, text{"检查磁盘", "check the disk"})
	}
	slices.Sort(took)
	median := took[len(took)/2]
	detail := textf("中位数 %.2f 毫秒", "median %.2f ms", float64(median.Microseconds())/1000)
	if median > fsyncSlow {
		return warn(detail, text{"换用更快的磁盘（固态）；每次提交都等待落盘", "use a faster disk (SSD): every commit waits for it"})
	}
	return result{verdict: OK, detail: detail}
}

func get(ctx context.Context, url string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return resp.StatusCode, string(body), err
}

func checkUp(ctx context.Context, p *patient) result {
	status, _, err := get(ctx, "http://"+p.config.Listen.Admin+"/livez")
	if err == nil && status == http.StatusOK {
		p.up = true
		return good("在运行", "running")
	}
	// Down: then at least its ports must be free.
	for _, addr := range []string{p.config.Listen.Public, p.config.Listen.Peer, p.config.Listen.Admin} {
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			return fail(textf("未运行，且端口 %s 被占用", "not running, and %s is taken", addr), text{"释放端口或修改 listen", "free the port or change listen"})
		}
		_ = ln.Close()
	}
	return warn(text{"未运行（端口空闲）", "not running (its ports are free)"}, text{"sandi serve", "sandi serve"})
}

func checkReady(ctx context.Context, p *patient) result {
	if !p.up {
		return warn(text{"未运行，无法得知", "unknown while the node is down"}, text{"启动后再查", "start it and look again"})
	}
	status, body, err := get(ctx, "http://"+p.config.Listen.Admin+"/readyz?verbose")
	if err != nil {
		return fail(errorText(err), text{"查看节点日志", "see the node's log"})
	}
	summary := strings.ReplaceAll(strings.TrimSpace(body), "\n", "; ")
	if status != http.StatusOK {
		return fail(text{summary, summary}, text{"按未通过的项目处理", "mend what does not pass"})
	}
	return good(summary, summary)
}

// checkMembership says who votes, what the leader is about to change, what it waits
// for, and which removals wait for a signature.
func checkMembership(_ context.Context, p *patient) result {
	if p.nodes == nil {
		return warn(text{"节点未运行，无法得知", "unknown while the node is down"}, text{"启动后再查", "start it and look again"})
	}
	var voters, standbys, against, zh, en []string
	for _, n := range p.nodes.Nodes {
		switch {
		case n.Removed != nil:
			continue
		case n.Server == "voter":
			voters = append(voters, n.ID)
		default:
			standbys = append(standbys, n.ID)
		}
		if len(n.Against) > 0 {
			against = append(against, fmt.Sprintf("%s: %s (%d/%d)", n.ID, strings.Join(n.Against, " "), len(n.Against), p.nodes.Removals))
		}
	}
	for _, s := range p.nodes.Plan {
		zh, en = append(zh, s.Action+" "+s.Node), append(en, s.Action+" "+s.Node)
	}
	for _, w := range p.nodes.Waits {
		zh, en = append(zh, w.Text.ZH), append(en, w.Text.EN)
	}
	names := strings.Join(voters, " ")
	if len(standbys) > 0 {
		names += " (+ " + strings.Join(standbys, " ") + ")"
	}
	switch {
	case len(zh) > 0:
		return warn(text{names + "；" + strings.Join(zh, "；"), names + "; " + strings.Join(en, "; ")},
			text{"详见 sandi node list", "see sandi node list"})
	case len(against) > 0:
		list := strings.Join(against, "; ")
		return warn(textf("%s；待签署的移除：%s", "%s; removals that wait for signatures: %s", names, list),
			text{"同意则 sandi node remove，不同意则与对方联系", "sign too with sandi node remove if you agree, or speak with who signed"})
	}
	return good(names, names)
}

// checkPeers asks every other node who it is and what its clock says. The way in
// to this node is seen by the others only: run doctor there too.
func checkPeers(ctx context.Context, p *patient) result {
	peers, closePeers, err := p.peers()
	if err != nil {
		return fail(errorText(err), text{"恢复节点证书与私钥", "restore the node's certificate and key"})
	}
	defer closePeers()
	var reached, failed, skewed []string
	for _, r := range p.today.Regions {
		for _, n := range r.Nodes {
			if n.ID == p.self.ID {
				continue
			}
			asked := time.Now()
			hello, err := peers.Hello(ctx, n.ID)
			if err != nil {
				failed = append(failed, err.Error())
				continue
			}
			// The peer looked at its clock between asking and now.
			offset := time.UnixMilli(hello.Now).Sub(asked.Add(time.Since(asked) / 2)).Round(time.Millisecond)
			reached = append(reached, fmt.Sprintf("%s %s %+dms", n.ID, hello.Version, offset.Milliseconds()))
			if offset.Abs() > clockWarn {
				skewed = append(skewed, fmt.Sprintf("%s %s", n.ID, offset))
			}
		}
	}
	switch {
	case len(failed) > 0:
		list := strings.Join(failed, "; ")
		return fail(text{list, list}, text{"检查对方是否运行、防火墙与证书", "see whether it runs, the firewall, and both certificates"})
	case len(skewed) > 0:
		list := strings.Join(skewed, "; ")
		return warn(text{"时钟偏差 " + list, "clocks differ: " + list}, text{"校准时间（NTP）", "set the clocks (NTP)"})
	}
	list := strings.Join(reached, ", ")
	return good("可达 "+list, "reached "+list)
}

func checkCalendar(_ context.Context, p *patient) result {
	c, err := calendar.Parse([]byte(p.genesis.Calendar))
	if err != nil {
		return fail(errorText(err), text{"创世文件中的日历损坏", "the calendar in genesis is damaged"})
	}
	until := calendar.DayOf(time.Now().AddDate(1, 0, 0).Unix())
	if _, last := c.Covers(); last < until {
		return warn(textf("创世文件的日历止于 %s，此后的期限标注为暂定", "the calendar of genesis ends on %s; limits beyond are marked provisional", last),
			text{"国务院办公厅发布次年放假通知后，由各地区表决采纳新日历", "adopt the new table by vote once the State Council's notice for the next year is out (usually November)"})
	}
	return result{verdict: OK, detail: textf("覆盖至 %s", "covered to %s", until)}
}
