package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/node/setup"
)

func newInit(s *settings) *cobra.Command {
	var p setup.Profile
	var dir, gossip string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "make this bureau's keys, CA, configuration and member file",
		Example: "  sandi init --dir /etc/sandi --region 120000 --name-zh 天津市市场监督管理委员会 --name-en 'Tianjin Municipal Commission for Market Regulation' \\\n" +
			"    --public https://gw.tj.example:8011 --peer gw.tj.example:9011 --gossip gw.tj.example:7011",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := p.Check(); err != nil {
				return usagef("%w", err)
			}
			if gossip != "" {
				secret, err := keyring.LoadSecret(gossip)
				if err != nil {
					return fmt.Errorf("couldn't read the gossip key: %w", err)
				}
				p.Secret = secret
			}
			m, err := setup.Init(dir, p)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, s.pick("本局密钥已生成于 %s\n", "this bureau's keys are in %s\n"), dir)
			fmt.Fprintf(out, s.pick("治理公钥指纹（请当面或电话核对）: %s\n", "governance key fingerprint (compare it out of band): %s\n"), m.Region.Governance.Fingerprint())
			fmt.Fprintf(out, s.pick("将 %s 移到保险柜（离线），节点不需要它\n", "move %s to a safe: the node does not need it\n"), filepath.Join(dir, "offline"))
			fmt.Fprintf(out, s.pick("把 %s 交给其他局", "give %s to the other bureaus"), filepath.Join(dir, "member.json"))
			if gossip == "" {
				fmt.Fprintf(out, s.pick("，并以安全途径交付 %s", ", and %s by a safe way"), filepath.Join(dir, "keys", "gossip.key"))
			}
			fmt.Fprintln(out)
			fmt.Fprintln(out, s.pick("其他局据此加入:", "the other bureaus join with:"))
			fmt.Fprintf(out, "  sandi init --gossip-key gossip.key --region … --name-zh … --name-en … --public … --peer … --gossip …\n")
			fmt.Fprintln(out, s.pick("收齐各局 member.json 后:", "with every bureau's member.json at hand:"))
			fmt.Fprintf(out, "  sandi genesis draft --name … -f genesis.json member-*.json\n  sandi genesis sign -f genesis.json --region %s --key %s\n", p.Region, filepath.Join(dir, "offline", "governance.pem"))
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&dir, "dir", "sandi", "folder to make; must be empty or absent")
	f.StringVar(&p.Region, "region", "", "division code of the region, e.g. 120000")
	f.StringVar(&p.NameZH, "name-zh", "", "official name in Chinese")
	f.StringVar(&p.NameEN, "name-en", "", "name in English")
	f.StringVar(&p.Suffix, "suffix", "a", "this node's suffix; its id is <region>-<suffix>")
	f.StringVar(&p.Public, "public", "", "base URL of the public API as this bureau's users reach it")
	f.StringVar(&p.Peer, "peer", "", "host:port for Raft and the peer API as the other bureaus reach it")
	f.StringVar(&p.Gossip, "gossip", "", "host:port of the health gossip as the other bureaus reach it")
	f.StringVar(&gossip, "gossip-key", "", "gossip key of the network, from the bureau that began")
	return cmd
}
