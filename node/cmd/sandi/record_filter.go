package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
)

// lawBooks is what tells which names a filter of records may have; *client.Client is one.
type lawBooks interface {
	Procedures(ctx context.Context) ([]v1.Procedure, error)
	Procedure(ctx context.Context, name string) (v1.ProcedureText, error)
	Nodes(ctx context.Context) (v1.Nodes, error)
}

// misnamed says what of a filter that selected nothing the network does not have: an
// empty table would read as if there were no such records.
func misnamed(ctx context.Context, c lawBooks, f client.Filter) error {
	if f.Region != "" || f.Counterpart != "" {
		list, err := c.Nodes(ctx)
		if err != nil {
			return err
		}
		var regions []string
		for _, n := range list.Nodes {
			regions = append(regions, n.Region)
		}
		for flag, given := range map[string]string{"--region": f.Region, "--counterpart": f.Counterpart} {
			if err := among(flag, given, regions); err != nil {
				return err
			}
		}
	}
	if f.Procedure == "" && f.State == "" {
		return nil
	}
	laws, err := c.Procedures(ctx)
	if err != nil {
		return err
	}
	var names, states []string
	for _, law := range laws {
		names = append(names, law.Name)
	}
	if err := among("--procedure", f.Procedure, names); err != nil || f.State == "" {
		return err
	}
	for _, name := range names {
		if f.Procedure != "" && f.Procedure != name {
			continue
		}
		of, err := statesOf(ctx, c, name)
		if err != nil {
			return err
		}
		if states = append(states, of...); slices.Contains(of, f.State) {
			return nil
		}
	}
	if f.Procedure == "" {
		return usagef("--state %s: no procedure has such a state; give --procedure too, and the answer lists its states", f.State)
	}
	return among("--state", f.State, states)
}

// statesOf are the states of a procedure in force.
func statesOf(ctx context.Context, c lawBooks, name string) ([]string, error) {
	text, err := c.Procedure(ctx, name)
	if err != nil {
		return nil, err
	}
	var doc struct{ States []struct{ Name string } }
	if err := json.Unmarshal(text.Document, &doc); err != nil {
		return nil, fmt.Errorf("couldn't read the procedure %s: %w", name, err)
	}
	var states []string
	for _, s := range doc.States {
		states = append(states, s.Name)
	}
	return states, nil
}

// among refuses what is given and not there.
func among(flag, given string, there []string) error {
	if given == "" || slices.Contains(there, given) {
		return nil
	}
	slices.Sort(there)
	return usagef("%s %s: the network has no such one; it has %s", flag, given, strings.Join(slices.Compact(there), ", "))
}
