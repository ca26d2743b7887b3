package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/node/setup"
)

func newGenesis(s *settings) *cobra.Command {
	cmd := &cobra.Command{Use: "genesis", Short: "found a network: draft, sign, show, fingerprint, auditor-keys"}
	cmd.AddCommand(newGenesisDraft(s), newGenesisSign(s), newGenesisShow(s), newGenesisFingerprint(s), newGenesisAuditorKeys(s))
	return cmd
}

func newGenesisDraft(s *settings) *cobra.Command {
	var name, origin, file string
	cmd := &cobra.Command{
		Use:   "draft MEMBER.json …",
		Short: "join the bureaus' member files to a draft genesis",
		Args:  cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var members []*setup.Member
			for _, path := range args {
				text, err := readBounded(path, setup.MaxMemberBytes)
				if err != nil {
					return err
				}
				m, err := setup.ParseMember(text)
				if err != nil {
					return fmt.Errorf("%s: %w", path, err)
				}
				members = append(members, m)
			}
			draft, err := setup.Assemble(name, origin, time.Now(), members)
			if err != nil {
				return err
			}
			if err := writeNew(file, draft); err != nil {
				return err
			}
			signed, err := genesis.ParseDraft(draft)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), s.pick("草案 %s，指纹 %s\n请各局核对指纹后签名: sandi genesis sign -f %s --region … --key …\n",
				"draft %s, fingerprint %s\nevery bureau compares the fingerprint and signs: sandi genesis sign -f %s --region … --key …\n"), file, signed.Fingerprint(), file)
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "name of the network, for people")
	cmd.Flags().StringVar(&origin, "origin", "sandi.internal/ledger", "origin of the ledger (C2SP): one string for the whole federation")
	cmd.Flags().StringVarP(&file, "file", "f", "genesis.json", "file to write; must not exist")
	_ = cmd.MarkFlagRequired("name")
	return cmd
}

func newGenesisSign(s *settings) *cobra.Command {
	var file, region, key string
	cmd := &cobra.Command{
		Use:   "sign",
		Short: "sign a draft with this bureau's offline governance key",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := readBounded(file, maxGenesisFile)
			if err != nil {
				return err
			}
			signer, err := keyring.LoadFile(key)
			if err != nil {
				return fmt.Errorf("couldn't read the governance key: %w", err)
			}
			signedText, err := genesis.AddSignature(text, region, signer)
			if err != nil {
				return err
			}
			if err := replaceFile(file, signedText); err != nil {
				return err
			}
			signed, err := genesis.ParseDraft(signedText)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), s.pick("%s 已签名，指纹 %s；%s\n", "signed for %s, fingerprint %s; %s\n"), region, signed.Fingerprint(), s.signatures(signed))
			return nil
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "genesis.json", "the draft; it is replaced")
	cmd.Flags().StringVar(&region, "region", "", "this bureau's region")
	cmd.Flags().StringVar(&key, "key", "offline/governance.pem", "this bureau's governance key")
	_ = cmd.MarkFlagRequired("region")
	return cmd
}

func newGenesisFingerprint(*settings) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "fingerprint",
		Short: "print what bureaus and auditors compare out of band",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			signed, err := readGenesis(file)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), signed.Fingerprint())
			return nil
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "genesis.json", "a genesis or a draft")
	return cmd
}

// genesisView is what people check before they sign.
type genesisView struct {
	Fingerprint string       `json:"fingerprint"`
	Name        string       `json:"name"`
	Origin      string       `json:"origin"`
	Clock       string       `json:"clock"`
	CreatedAt   string       `json:"created_at"`
	Missing     []string     `json:"missing_signatures"`
	Regions     []regionView `json:"regions"`
	Law         []string     `json:"law"`
}

type regionView struct {
	Code       string `json:"code"`
	Name       string `json:"name"`
	Governance string `json:"governance_fingerprint"`
	Node       string `json:"node"`
	Peer       string `json:"peer"`
}

func (v genesisView) header() table.Row {
	return heads("region", "name", "node", "peer", "governance key")
}

func (v genesisView) rows() []table.Row {
	var rows []table.Row
	for _, r := range v.Regions {
		rows = append(rows, table.Row{r.Code, r.Name, r.Node, r.Peer, r.Governance})
	}
	return rows
}

func newGenesisShow(s *settings) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "show",
		Short: "print what a genesis says",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			signed, err := readGenesis(file)
			if err != nil {
				return err
			}
			g := signed.Genesis
			v := genesisView{
				Fingerprint: signed.Fingerprint(), Name: g.Name, Origin: g.Origin, Clock: string(g.Clock), CreatedAt: g.CreatedAt, Missing: append([]string{}, signed.Missing()...),
			}
			for _, r := range g.Regions {
				for _, n := range r.Nodes {
					v.Regions = append(v.Regions, regionView{r.Code, s.pick(r.NameZH, r.NameEN), r.Governance.Fingerprint(), n.ID, n.Peer})
				}
			}
			for _, l := range g.Law {
				v.Law = append(v.Law, l.Name)
			}
			if s.output == "table" {
				fmt.Fprintf(cmd.OutOrStdout(), s.pick("%s\n账本 %s，%s，%s 创建\n指纹 %s\n签名: %s\n", "%s\nledger %s, %s clock, created %s\nfingerprint %s\nsignatures: %s\n"),
					g.Name, g.Origin, word(g.Clock+"|clock").in(s.lang), g.CreatedAt, v.Fingerprint, s.signatures(signed))
			}
			return s.print(cmd.OutOrStdout(), v)
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "genesis.json", "a genesis or a draft")
	return cmd
}

// signatures says which regions have still to sign.
func (s *settings) signatures(signed *genesis.Signed) string {
	missing := signed.Missing()
	if len(missing) == 0 {
		return s.pick("已齐，可以启动", "all have signed: the network can start")
	}
	return s.pick("尚缺: ", "still missing: ") + strings.Join(missing, ", ")
}

// maxGenesisFile bounds what is read: law texts of 64 documents and some.
const maxGenesisFile = 64 << 20

func readGenesis(path string) (*genesis.Signed, error) {
	text, err := readBounded(path, maxGenesisFile)
	if err != nil {
		return nil, err
	}
	signed, err := genesis.ParseDraft(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return signed, nil
}

func readBounded(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > most {
		return nil, fmt.Errorf("%s is larger than %d bytes; is it the right file?", path, most)
	}
	return os.ReadFile(path)
}

// writeNew never overwrites.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("couldn't write %s: %w", path, err)
	}
	if _, err := f.Write(data); err != nil {
		_ = f.Close()
		return fmt.Errorf("couldn't write %s: %w", path, err)
	}
	return f.Close()
}

// replaceFile replaces a file whole or not at all.
func replaceFile(path string, data []byte) error {
	next := path + ".new"
	if err := os.WriteFile(next, data, 0o600); err != nil {
		return fmt.Errorf("couldn't write %s: %w", next, err)
	}
	return os.Rename(next, path)
}
