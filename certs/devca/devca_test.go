package devca

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sandi.internal/gateway/certs/authority"
	"sandi.internal/gateway/certs/keyring"
)

func TestInMemory(t *testing.T) {
	n, err := New("")
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Regions) != 3 || n.Region("120000").NameZH != "天津市市场监督管理委员会" {
		t.Fatalf("%d regions, Tianjin is %q", len(n.Regions), n.Region("120000").NameZH)
	}
	checkNetwork(t, n)
	if _, err := n.AddNode("130000", "b"); err != nil {
		t.Fatal(err)
	}
	checkNetwork(t, n)
}

func TestAnyRegions(t *testing.T) {
	n, err := New("", "150000", "110000", "370000", "140000", "120000")
	if err != nil {
		t.Fatal(err)
	}
	checkNetwork(t, n)
	for _, bad := range [][]string{{"110000", "110000"}, {"11000"}, {"beijing"}, {"11000x"}} {
		if _, err := New("", bad...); err == nil {
			t.Errorf("made a network of %v", bad)
		}
	}
}

func TestOnDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "net")
	n, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.AddNode("110000", "b"); err != nil {
		t.Fatal(err)
	}
	if _, err := New(dir); err == nil {
		t.Fatal("made a second network over the first")
	}
	got, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	checkNetwork(t, got)
	if !bytes.Equal(got.Gossip, n.Gossip) || len(got.Regions) != 3 || len(got.Regions[0].Nodes) != 2 {
		t.Fatal("another network came back")
	}
	for i, r := range n.Regions {
		if !got.Regions[i].Governance.Public().Equal(r.Governance.Public()) || !got.Regions[i].Token.Public().Equal(r.Token.Public()) {
			t.Fatalf("%s: other keys", r.Code)
		}
		for j, node := range r.Nodes {
			if !bytes.Equal(got.Regions[i].Nodes[j].CertPEM, node.CertPEM) || got.Regions[i].Nodes[j].Dir != node.Dir {
				t.Fatalf("%s: another certificate or folder", node.ID)
			}
		}
	}
	checkModes(t, dir)
	if _, err := Load(t.TempDir()); err == nil {
		t.Fatal("loaded a network from an empty folder")
	}
}

// checkModes: no file is readable by others, and the warning is in both
// languages.
func checkModes(t *testing.T, dir string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if !d.IsDir() {
			files++
		}
		return nil
	})
	if err != nil || files != 1+3*(7+8)+8 {
		t.Fatalf("%d files, %v", files, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, warningFile))
	if err != nil || !strings.Contains(string(text), "严禁") || !strings.Contains(string(text), "NEVER") {
		t.Fatal("the warning is missing")
	}
}

// checkNetwork: all public keys pass Check and differ, every node's certificate
// verifies under its own region, every region's issuer signs tokens.
func checkNetwork(t *testing.T, n *Network) {
	t.Helper()
	seen := make(map[string]string)
	check := func(k *keyring.PrivateKey, use keyring.Use) {
		pub := k.Public()
		if err := pub.Check(); err != nil || pub.Use != use {
			t.Errorf("key %s: %v, use %s", pub.ID, err, pub.Use)
		}
		if other, twice := seen[string(pub.Key)]; twice {
			t.Errorf("%s and %s are the same key", pub.ID, other)
		}
		seen[string(pub.Key)] = pub.ID
	}
	for _, r := range n.Regions {
		check(r.Governance, keyring.UseGovernance)
		check(r.Statement, keyring.UseStatement)
		check(r.Token, keyring.UseToken)
		for _, node := range r.Nodes {
			check(node.Log, keyring.UseLog)
			check(node.Cosigner, keyring.UseCosigner)
			keeper, err := n.Keeper(node.ID)
			if err != nil {
				t.Fatal(err)
			}
			if want := (authority.Identity{Region: r.Code, Role: authority.RoleNode, ID: node.ID}); keeper.Identity() != want {
				t.Errorf("keeper of %s", keeper.Identity())
			}
		}
		token, err := r.SignToken(keyring.Claims{Subject: "s", ID: "1"})
		if err != nil || strings.Count(token, ".") != 2 {
			t.Errorf("token %q, %v", token, err)
		}
	}
}
