package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/certs/authority"
	"sandi.internal/gateway/certs/keyring"
)

func newToken(s *settings) *cobra.Command {
	cmd := &cobra.Command{Use: "token", Short: "access tokens"}
	cmd.AddCommand(newTokenIssue(s))
	return cmd
}

func newTokenIssue(*settings) *cobra.Command {
	var key, dir, region, issuer, roles, org, subject, scope string
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
			text, err := keyring.SignToken(signer, keyring.Claims{
				Issuer: issuer, Subject: subject, Audience: "urn:sandi:" + region, IssuedAt: now.Unix(), Expires: now.Add(life).Unix(),
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
	f.DurationVar(&life, "life", 10*time.Minute, "life; the gate accepts at most 10 minutes for people")
	return cmd
}
