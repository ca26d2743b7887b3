package demo

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/certs/devca"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/genesis"
)

// tokenLife is the life of a person's token; renewed a minute before it ends.
const tokenLife = 10 * time.Minute

// doors hands out clients: each person comes in through their own bureau's node
// with their own token.
type doors struct {
	network *devca.Network
	url     map[string]string // region -> base URL
	lang    problem.Language

	mu      sync.Mutex // owns clients
	clients map[Actor]*client.Client
}

func newDoors(n *Network, lang problem.Language) *doors {
	d := &doors{network: n.Network, url: map[string]string{}, lang: lang, clients: map[Actor]*client.Client{}}
	for i, r := range n.Regions {
		d.url[r.Code] = n.PublicURL(i)
	}
	return d
}

// newDoorsAt takes the addresses from the genesis of a running network.
func newDoorsAt(n *Network, g *genesis.Signed) *doors {
	d := &doors{network: n.Network, url: map[string]string{}, lang: problem.English, clients: map[Actor]*client.Client{}}
	for _, r := range g.Genesis.Regions {
		d.url[r.Code] = r.Nodes[0].Public
	}
	return d
}

// leader asks every node until one names a leader, and returns its region.
func (d *doors) leader(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, readyPatience)
	defer cancel()
	var region string
	err := poll(ctx, func() error {
		for _, r := range d.network.Regions {
			door, err := d.operator(r.Code)
			if err != nil {
				return err
			}
			s, err := door.Status(ctx)
			if err == nil && s.Replica.Leader != "" {
				region, _, _ = strings.Cut(s.Replica.Leader, "-")
				return nil
			}
		}
		return errors.New("no node names a leader")
	})
	return region, err
}

// of is the door of one person.
func (d *doors) of(a Actor) (*client.Client, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.clients[a]; c != nil {
		return c, nil
	}
	region := d.network.Region(a.Region)
	if region == nil {
		return nil, fmt.Errorf("no region %q in the demo", a.Region)
	}
	source := &tokens{region: region, actor: a}
	c, err := client.New(client.Options{Base: d.url[a.Region], Token: source.token, Lang: d.lang})
	if err != nil {
		return nil, err
	}
	d.clients[a] = c
	return c, nil
}

// operator is the machine that moves the practice clock and reads the status.
func (d *doors) operator(region string) (*client.Client, error) {
	return d.of(Actor{Region: region, Org: region + "-SJ", Role: "operator", Person: "demo-operator"})
}

// setClock moves the scenario clock of every node to t.
func (d *doors) setClock(ctx context.Context, t time.Time) error {
	for _, r := range d.network.Regions {
		door, err := d.operator(r.Code)
		if err != nil {
			return err
		}
		if err := door.SetClock(ctx, t); err != nil {
			return fmt.Errorf("couldn't set the scenario clock of %s: %w", r.Code, err)
		}
	}
	return nil
}

// tokens signs and renews one person's token. Tokens keep real time, also on
// the practice clock.
type tokens struct {
	region *devca.Region
	actor  Actor

	mu    sync.Mutex // owns the fields below
	text  string
	until time.Time
}

func (t *tokens) token(context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Until(t.until) > time.Minute {
		return t.text, nil
	}
	text, until, err := signToken(t.region, t.actor, tokenLife)
	if err != nil {
		return "", err
	}
	t.text, t.until = text, until
	return text, nil
}

func signToken(r *devca.Region, a Actor, life time.Duration) (string, time.Time, error) {
	now := time.Now()
	id := make([]byte, 16)
	_, _ = rand.Read(id) // crypto/rand cannot fail
	text, err := r.SignToken(keyring.Claims{
		Subject: a.Person, Org: a.Org, Roles: []string{a.Role}, Scope: scopes(a.Role), ID: hex.EncodeToString(id),
		IssuedAt: now.Unix(), Expires: now.Add(life).Unix(),
	})
	if err != nil {
		return "", time.Time{}, fmt.Errorf("couldn't sign a token for %s: %w", a.Person, err)
	}
	return text, now.Add(life), nil
}

// scopes are what a token of that role needs.
func scopes(role string) string {
	switch role {
	case auth.RoleOperator:
		return auth.ScopeRead + " " + auth.ScopeOperate
	case auth.RoleAuditor:
		return auth.ScopeRead
	}
	return auth.ScopeRead + " " + auth.ScopeWrite
}
