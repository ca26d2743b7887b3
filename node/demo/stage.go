package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/genesis"
)

// onNetwork founds a practice network whose clock stands at start, plays something on
// it, and stops it; without Once it stays up until ctx ends.
func onNetwork(ctx context.Context, c *Config, start time.Time, play func(ctx context.Context, n *Network, d *doors) error) error {
	if c.Dir == "" {
		c.Dir = DefaultDir()
	}
	if err := clearDir(c.Dir); err != nil {
		return err
	}
	c.View.Founding(c.Dir)
	began := time.Now()
	network, err := Found(Options{Dir: c.Dir, Clock: genesis.ClockPractice, Start: start, Timeouts: c.Timeouts, PortBase: c.PortBase})
	if err != nil {
		return err
	}
	runCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	nodes := newSupervisor(network, c.Binary, c.Log)
	if err := nodes.startAll(runCtx); err != nil {
		return err
	}
	doors := newDoors(network, c.Lang)
	if err = doors.ready(runCtx); err == nil {
		err = doors.setClock(runCtx, start)
	}
	if err == nil {
		c.View.Ready(network, time.Since(began))
		err = play(runCtx, network, doors)
	}
	if !c.Once && err == nil {
		err = stay(ctx, network, c.View)
	}
	cancel()
	return errors.Join(err, nodes.stopAll())
}

// step is one step of something that is played.
type step struct {
	zh, en string
	do     func(context.Context) error
}

// steps takes one after the other, with its time.
func steps(ctx context.Context, done *[]TransferStep, report func(TransferStep), list []step) error {
	for _, s := range list {
		began := time.Now()
		if err := s.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.en, err)
		}
		took := TransferStep{ZH: s.zh, EN: s.en, MS: time.Since(began).Milliseconds()}
		*done = append(*done, took)
		if report != nil {
			report(took)
		}
	}
	return nil
}

// opened opens a record in somebody's name; it has to stand.
func (d *doors) opened(ctx context.Context, who Actor, procedure string, fields map[string]any) (v1.Receipt, error) {
	door, err := d.of(who)
	if err != nil {
		return v1.Receipt{}, err
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return v1.Receipt{}, err
	}
	r, err := door.Open(ctx, client.NewKey(), v1.OpenRequest{Procedure: procedure, Role: who.Role, Fields: raw})
	return stood(ctx, door, r, err)
}

// acted makes an event happen to a record in somebody's name; it has to stand.
func (d *doors) acted(ctx context.Context, who Actor, record, event string, fields map[string]any) error {
	door, err := d.of(who)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	rec, err := door.Record(ctx, record, client.Read{})
	if err != nil {
		return err
	}
	r, err := door.Act(ctx, client.NewKey(), record, rec.Head, v1.ActRequest{Event: event, Role: who.Role, Fields: raw})
	_, err = stood(ctx, door, r, err)
	return err
}

func stood(ctx context.Context, door *client.Client, r v1.Receipt, err error) (v1.Receipt, error) {
	if err == nil {
		r, err = door.Await(ctx, r)
	}
	if err == nil && r.Status != v1.Committed {
		err = fmt.Errorf("the statement is %s", r.Status)
	}
	return r, err
}
