package demo

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"

	"sandi.internal/gateway/api/v1"
)

//go:embed probe.yaml
var probeText []byte

// Probe is a small write that can be repeated without end: what kill-leader and
// the benchmark send. It is data, so that no program text names a procedure.
type Probe struct {
	Open   string         `yaml:"open"`
	Role   string         `yaml:"role"`
	Person string         `yaml:"person"`
	Fields map[string]any `yaml:"fields"` // "${n}" is unique per write
}

// LoadProbe reads the embedded probe.
func LoadProbe() (*Probe, error) {
	var p Probe
	if err := yaml.NewDecoder(bytes.NewReader(probeText), yaml.Strict()).Decode(&p); err != nil {
		return nil, fmt.Errorf("couldn't read the probe: %w", err)
	}
	return &p, nil
}

// Actor is who writes in a region.
func (p *Probe) Actor(region string) Actor {
	return Actor{Region: region, Org: region + "-SJ", Role: p.Role, Person: p.Person}
}

// Request is one write; n must be unique.
func (p *Probe) Request(n string) (v1.OpenRequest, error) {
	fields := substitute(p.Fields, strings.NewReplacer("${n}", n))
	raw, err := json.Marshal(fields)
	if err != nil {
		return v1.OpenRequest{}, fmt.Errorf("couldn't encode the probe: %w", err)
	}
	return v1.OpenRequest{Procedure: p.Open, Role: p.Role, Fields: raw}, nil
}
