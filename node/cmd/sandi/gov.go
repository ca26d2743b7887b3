package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node/setup"
)

// governance is what every command needs that signs with the offline key. It
// runs on the machine beside the safe: no node, no network.
type governance struct {
	region, key, genesis, file string
	at                         string // signed time; empty: now
}

func (g *governance) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&g.region, "region", "", "this bureau's region")
	f.StringVar(&g.key, "key", "offline/governance.pem", "this bureau's governance key")
	f.StringVar(&g.genesis, "genesis", "genesis.json", "the network's signed genesis")
	f.StringVarP(&g.file, "file", "f", "", "file for the signed statement (default: standard output)")
	f.StringVar(&g.at, "at", "", "signed time, as 2025-11-10T09:00:00+08:00 (default: now); practice networks want the clock that sandi status shows")
	_ = cmd.MarkFlagRequired("region")
}

// signedAt is the time that the statement carries.
func (g *governance) signedAt() (time.Time, error) {
	if g.at == "" {
		return time.Now(), nil
	}
	unix, err := statement.ParseAt(g.at)
	if err != nil {
		return time.Time{}, usagef("--at: %v", err)
	}
	return time.Unix(unix, 0), nil
}

// sign signs one governance statement and writes it out.
func (g *governance) sign(cmd *cobra.Command, kind string, body func(network string) ([]byte, error)) error {
	at, err := g.signedAt()
	if err != nil {
		return err
	}
	signed, err := readGenesis(g.genesis)
	if err != nil {
		return err
	}
	signer, err := keyring.LoadFile(g.key)
	if err != nil {
		return fmt.Errorf("couldn't read the governance key: %w", err)
	}
	content, err := body(signed.Network())
	if err != nil {
		return err
	}
	_, raw, err := setup.Govern(signer, signed.Network(), g.region, kind, content, at)
	if err != nil {
		return err
	}
	if g.file != "" {
		return writeNew(g.file, append(raw, '\n'))
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s\n", raw)
	return nil
}

func newGov(s *settings) *cobra.Command {
	cmd := &cobra.Command{Use: "gov", Short: "governance: sign offline, submit online"}
	cmd.AddCommand(newGovSign(), newGovMove(), newGovRecovery(), newGovReturn(), newGovSubmit(s))
	return cmd
}

func newGovSign() *cobra.Command {
	var g governance
	cmd := &cobra.Command{
		Use:   "sign KIND BODY.json",
		Short: "sign a governance statement (key.*, issuer.*, role.*, token.revoke, node.*) with the offline key",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !statement.IsGovernance(args[0]) {
				return usagef("%s is not a governance kind", args[0])
			}
			return g.sign(cmd, args[0], func(string) ([]byte, error) {
				body, err := readBounded(args[1], statement.MaxBytes)
				return bytes.TrimSpace(body), err
			})
		},
	}
	g.flags(cmd)
	return cmd
}

func newGovSubmit(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "submit FILE",
		Short: "hand a signed statement to this bureau's node",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			raw, err := readBounded(args[0], statement.MaxBytes+2)
			if err != nil {
				return err
			}
			return s.submit(cmd.Context(), cmd, bytes.TrimSpace(raw))
		},
	}
}

func (s *settings) submit(ctx context.Context, cmd *cobra.Command, raw []byte) error {
	st, err := statement.Parse(raw)
	if err != nil {
		return fmt.Errorf("not a signed statement, such as `sandi gov sign`, `sandi key` and `sandi node` write: %w", err)
	}
	c, err := s.client()
	if err != nil {
		return err
	}
	receipt, err := c.SubmitStatement(ctx, st.ID, raw)
	if err != nil {
		return err
	}
	return s.answer(cmd, c, receipt)
}

func newKey() *cobra.Command {
	cmd := &cobra.Command{Use: "key", Short: "make keys and sign their registration, activation, retirement, revocation"}
	cmd.AddCommand(
		newKeyMake(), newKeyAdd(),
		newKeyChange("activate", statement.KindKeyActivate, "a prepared key becomes valid", false),
		newKeyChange("retire", statement.KindKeyRetire, "a key verifies what it signed, and signs nothing new", false),
		newKeyChange("revoke", statement.KindKeyRevoke, "a key is not accepted any more", true),
	)
	return cmd
}

func newKeyMake() *cobra.Command {
	var use, alg, id, file string
	cmd := &cobra.Command{
		Use:   "make",
		Short: "make a key pair; prints the public half's fingerprint",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("alg") && keyring.Use(use) == keyring.UseDraw {
				alg = string(keyring.BLS)
			}
			key, err := keyring.Generate(keyring.Alg(alg), keyring.Use(use), id)
			if err != nil {
				return err
			}
			if err := key.SaveFile(file); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s  %s\n", file, key.Public().Fingerprint())
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&use, "use", "statement", "statement, token, log, cosigner or draw")
	f.StringVar(&alg, "alg", "EdDSA", "EdDSA or ES256; draw keys are BLS12381G1")
	f.StringVar(&id, "id", "", "id of the key, unique in the region, e.g. st-2")
	f.StringVarP(&file, "file", "f", "", "file to write; must not exist")
	_ = cmd.MarkFlagRequired("id")
	_ = cmd.MarkFlagRequired("file")
	return cmd
}

func newKeyAdd() *cobra.Command {
	var g governance
	var private, issuer, node string
	var active bool
	cmd := &cobra.Command{
		Use:   "add",
		Short: "register a key, prepared or active at once, with proof of possession",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			key, err := keyring.LoadFile(private)
			if err != nil {
				return fmt.Errorf("couldn't read the new key: %w", err)
			}
			return g.sign(cmd, statement.KindKeyAdd, func(network string) ([]byte, error) {
				body := statement.KeyAddBody{Issuer: issuer, Node: node, Active: active}
				var err error
				body.Proven, err = statement.Prove(key, network, g.region, body.Owner())
				return body.Marshal(), err
			})
		},
	}
	g.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&private, "new", "", "the new private key (its public half and the proof go into the statement)")
	f.StringVar(&issuer, "issuer", "", "issuer a token key belongs to")
	f.StringVar(&node, "node", "", "node a log or cosigner key belongs to")
	f.BoolVar(&active, "active", false, "active at once instead of prepared")
	_ = cmd.MarkFlagRequired("new")
	return cmd
}

func newKeyChange(name, kind, short string, reasoned bool) *cobra.Command {
	var g governance
	var reason string
	cmd := &cobra.Command{
		Use:   name + " KEY-ID",
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.sign(cmd, kind, func(string) ([]byte, error) {
				body := statement.KeyBody{Key: args[0], Reason: reason}.Marshal()
				_, err := statement.ParseKey(kind, body)
				return body, err
			})
		},
	}
	g.flags(cmd)
	if reasoned {
		cmd.Flags().StringVar(&reason, "reason", "replaced", "ceased, compromised or replaced")
	}
	return cmd
}

// maxTokenFile bounds what is read as a token; the gate takes 8 KiB.
const maxTokenFile = 16 << 10

// clientToken is the --token flag: the text, or @FILE.
func (s *settings) clientToken() (string, error) {
	token := s.token
	if token == "" {
		token = os.Getenv("SANDI_TOKEN")
	}
	if len(token) > 1 && token[0] == '@' {
		text, err := readBounded(token[1:], maxTokenFile)
		if err != nil {
			return "", fmt.Errorf("couldn't read the token file: %w", err)
		}
		return trimNewline(string(text)), nil
	}
	return token, nil
}
