package demo

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/console"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/statement"
)

// linksDir is where a demo's node looks for sign-in links, below its folder.
const linksDir = "links"

// SignIn is a one-time link into the console of one region.
type SignIn struct {
	Region, Role, URL string
}

// desks are the people for whom a demo makes links: who drafts, who approves, who
// sends and receives, who is on a team, who checks, who runs the node.
var desks = []string{"clerk", "bureau_head", "liaison", "unit_head", "lead", auth.RoleAuditor, auth.RoleOperator}

// SignInLinks makes one link each for the people of every region.
func (n *Network) SignInLinks() ([]SignIn, error) {
	var out []SignIn
	for _, r := range n.Regions {
		for _, role := range desks {
			link, err := n.SignInLink(Actor{Region: r.Code, Org: r.Code + "-SJ", Role: role, Person: "console-" + role})
			if err != nil {
				return nil, err
			}
			out = append(out, link)
		}
	}
	return out, nil
}

// SignInLink makes a link for one person.
func (n *Network) SignInLink(a Actor) (SignIn, error) {
	i := slices.IndexFunc(n.signed.Regions, func(r genesis.Region) bool { return r.Code == a.Region })
	if i < 0 {
		return SignIn{}, fmt.Errorf("no region %q in the demo", a.Region)
	}
	if !statement.IsTokenRole(a.Role) && !auth.IsAdministrator(a.Role) {
		return SignIn{}, fmt.Errorf("no role %q; there are %s and %s", a.Role, strings.Join(statement.TokenRoles[:], ", "), strings.Join(auth.Administrators[1:], ", "))
	}
	if region := n.signed.Regions[i]; !slices.ContainsFunc(region.Orgs, func(o genesis.Org) bool { return o.Code == a.Org }) {
		return SignIn{}, fmt.Errorf("no organisation %q in region %s; `sandi genesis show -o json -f %s` lists them", a.Org, a.Region, filepath.Join(n.Dir, genesisName))
	}
	name := Terminal{Lang: "zh"}.role(a.Role) + "（演示）"
	code, err := console.MakeLink(filepath.Join(n.Dir, a.Region, linksDir), console.Identity{Person: a.Person, Name: name, Org: a.Org, Roles: []string{a.Role}}, time.Now().Add(console.LinkLife))
	if err != nil {
		return SignIn{}, err
	}
	return SignIn{Region: a.Region, Role: a.Role, URL: n.signed.Regions[i].Nodes[0].Public + "/console/enter#" + code}, nil
}

// stay shows what can be tried, sign-in links among it, until ctx ends.
func stay(ctx context.Context, n *Network, view View) error {
	links, err := n.SignInLinks()
	if err != nil {
		return err
	}
	view.Staying(n, links)
	<-ctx.Done()
	return nil
}

// signIns prints the links, region by region; where names the folder for further ones.
func (t Terminal) signIns(links []SignIn, where string) {
	t.line("")
	t.line(t.pick("操作界面：一次性登录链接，各用一次，两小时内有效（另取：bin/sandi demo link --region 110000 --role clerk%s）",
		"the console: one-time sign-in links, each good once and for two hours (more: bin/sandi demo link --region 110000 --role clerk%s)"), where)
	for _, l := range links {
		t.row(linkWidths, l.Region, t.role(l.Role), l.URL)
	}
}

// linkWidths leave the links whole: they are long.
var linkWidths = []int{8, 14}
