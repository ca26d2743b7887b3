package main

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/certs/authority"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/statement"
)

// machineLife is the longest life that the gate accepts of a machine's token, as
// one with the scope bulk:export is.
const machineLife = 5 * time.Minute

// maxCertFile bounds a file with a certificate and its chain.
const maxCertFile = 1 << 20

func newToken(s *settings) *cobra.Command {
	cmd := &cobra.Command{Use: "token", Short: "access tokens"}
	cmd.AddCommand(newTokenIssue(s), newTokenCertificate(s))
	return cmd
}

func newTokenIssue(*settings) *cobra.Command {
	var key, dir, region, issuer, roles, org, subject, scope, bind string
	var life time.Duration
	cmd := &cobra.Command{
		Use:   "issue",
		Short: "sign an access token with the region's token key and print it",
		Example: "  export SANDI_TOKEN=$(sandi token issue --dir /tmp/sandi-demo-0 --region 120000 --role liaison)\n" +
			"  sandi token issue --key ca/token.pem --region 120000 --role clerk,officer --org 120114-SJ --sub wang --life 10m",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (key == "") == (dir == "") {
				return usagef("give --key FILE, or --dir of a demo network, one of the two")
			}
			if region == "" || roles == "" {
				return usagef("--region and --role are needed")
			}
			for _, role := range strings.Split(roles, ",") {
				if !statement.IsTokenRole(role) && !auth.IsAdministrator(role) {
					return usagef("--role %s: there is no such role; there are %s and %s", role, strings.Join(statement.TokenRoles[:], ", "), strings.Join(auth.Administrators[1:], ", "))
				}
			}
			if auth.Exclude(strings.Split(roles, ",")) {
				return usagef("--role %s: an administrator's role excludes every other; no node takes such a token", roles)
			}
			if dir != "" {
				key = filepath.Join(dir, region, "ca", "token.pem")
			}
			signer, err := keyring.LoadFile(key)
			if err != nil {
				return fmt.Errorf("couldn't read the token key: %w", err)
			}
			if org == "" {
				org = region + "-SJ"
			}
			if issuer == "" {
				issuer = "https://" + authority.TrustDomain(region) + "/issuer"
			}
			id := make([]byte, 16)
			_, _ = rand.Read(id) // crypto/rand cannot fail
			now := time.Now()
			var confirm *keyring.Confirmation
			if bind != "" {
				if !cmd.Flags().Changed("life") {
					life = machineLife
				}
				if confirm, err = confirmation(bind); err != nil {
					return err
				}
			}
			text, err := keyring.SignToken(signer, keyring.Claims{
				Confirm: confirm,
				Issuer:  issuer, Subject: subject, Audience: "urn:sandi:" + region, IssuedAt: now.Unix(), Expires: now.Add(life).Unix(),
				ID: hex.EncodeToString(id), Roles: strings.Split(roles, ","), Org: org, Scope: scope,
			})
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), text)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&key, "key", "", "token key of the region's issuer")
	f.StringVar(&dir, "dir", "", "folder of a demo network")
	f.StringVar(&region, "region", "", "region of the issuer and audience, e.g. 120000")
	f.StringVar(&issuer, "issuer", "", "iss claim (default https://<region>.sandi/issuer)")
	f.StringVar(&roles, "role", "", "office roles, comma-separated")
	f.StringVar(&org, "org", "", "organisation code (default <region>-SJ)")
	f.StringVar(&subject, "sub", "cli-user", "who the token is for")
	f.StringVar(&scope, "scope", "records:read records:write", "scopes, space-separated")
	f.StringVar(&bind, "bind", "", "client certificate (PEM) to bind the token to; the scope bulk:export demands it")
	f.DurationVar(&life, "life", 10*time.Minute, "life; the gate accepts 10 minutes for people, 5 for machines (--bind)")
	return cmd
}

// newTokenCertificate makes what a token can be bound to: who finds or steals the
// token cannot use it without this key.
func newTokenCertificate(s *settings) *cobra.Command {
	var ca, caKey, region, name, file string
	var life time.Duration
	cmd := &cobra.Command{
		Use:   "certificate",
		Short: "make a client certificate that tokens can be bound to",
		Example: `  sandi token certificate --ca ca/issuing.pem --ca-key ca/issuing-key.pem \
    --region 120000 --name auditor -f auditor.pem
  sandi token issue --key ca/token.pem --region 120000 --role auditor \
    --scope bulk:export --bind auditor.pem`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if region == "" || name == "" {
				return usagef("--region and --name are needed")
			}
			chain, err := readBounded(ca, maxCertFile)
			if err != nil {
				return fmt.Errorf("couldn't read --ca: %w", err)
			}
			key, err := readBounded(caKey, maxCertFile)
			if err != nil {
				return fmt.Errorf("couldn't read --ca-key: %w", err)
			}
			issuer, err := authority.LoadIssuing(region, chain, key, nil)
			if err != nil {
				return err
			}
			cert, private, err := issuer.IssueClient(name, life)
			if err != nil {
				return err
			}
			if err := s.writeWhole(file, false, bytesOf(append(cert, private...))); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), s.pick("%s: 证书与私钥，有效期 %s\n", "%s: certificate and private key, good for %s\n"), file, life)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&ca, "ca", "ca/issuing.pem", "the region's issuing CA, PEM")
	f.StringVar(&caKey, "ca-key", "ca/issuing-key.pem", "its private key, PEM")
	f.StringVar(&region, "region", "", "region of the CA, e.g. 120000")
	f.StringVar(&name, "name", "", "whom it is for: letters, digits, -")
	f.StringVarP(&file, "file", "f", "client.pem", "file to write, certificate and key; must not exist")
	f.DurationVar(&life, "life", authority.NodeLife, "life of the certificate")
	return cmd
}

// confirmation binds a token to the certificate in a file (RFC 8705).
func confirmation(path string) (*keyring.Confirmation, error) {
	text, err := readBounded(path, maxCertFile)
	if err != nil {
		return nil, fmt.Errorf("couldn't read --bind: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("--bind %s holds no certificate", path)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("--bind %s: %w", path, err)
	}
	return &keyring.Confirmation{X5T: authority.Thumbprint(cert)}, nil
}
