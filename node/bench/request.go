package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/node/demo"
)

// door is one node as callers see it.
type door struct {
	region string
	host   string   // host:port
	token  string   // access token of the probe's person
	reads  [][]byte // a whole request for each record to read
	wants  []string // and what its answer must hold
}

func newDoor(region, base, token string) (*door, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "https" || u.Port() == "" {
		return nil, fmt.Errorf("the benchmark needs an https address with a port, not %q", base)
	}
	return &door{region: region, host: u.Host, token: token}, nil
}

// head is a request's first line and the header lines that all requests have.
func (d *door) head(method, target string) string {
	return method + " " + target + " HTTP/1.1\r\nHost: " + d.host + "\r\nAuthorization: Bearer " + d.token + "\r\nAccept: application/json\r\n"
}

// readable prepares the reading of a record.
func (d *door) readable(record, consistency string) {
	target := "/v1/records/" + record + "?details=false&consistency=" + consistency
	d.reads = append(d.reads, []byte(d.head("GET", target)+"\r\n"))
	d.wants = append(d.wants, `"id":"`+record+`"`)
}

// write is a request that opens a record, made once and sent again and again:
// only the idempotency key and the unique value in it change, in place.
type write struct {
	bytes  []byte
	key    []byte // part of bytes: Idempotency-Key
	serial []byte // part of bytes: the last digits of the unique value
}

// Shapes of what changes: a ULID, and a prefix for the caller with the number of
// the write behind it.
const (
	keyPlace     = "00000000000000000000000000"
	serialDigits = 6
)

// newWrite makes the request from the probe; unique must be no other caller's.
func newWrite(d *door, probe *demo.Probe, unique string) (*write, error) {
	unique += strings.Repeat("0", serialDigits)
	req, err := probe.Request(unique)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(req)
	if err != nil {
		return nil, fmt.Errorf("couldn't encode a write: %w", err)
	}
	w := &write{bytes: fmt.Appendf(nil, "%sContent-Type: application/json\r\nIdempotency-Key: %s\r\nContent-Length: %d\r\n\r\n%s",
		d.head("POST", "/v1/records"), keyPlace, len(body), body)}
	if w.key, err = place(w.bytes, "Idempotency-Key: ", keyPlace); err != nil {
		return nil, err
	}
	w.serial, err = place(w.bytes, unique[:len(unique)-serialDigits], unique[len(unique)-serialDigits:])
	return w, err
}

// place finds the one place in a request where text stands behind before.
func place(request []byte, before, text string) ([]byte, error) {
	if bytes.Count(request, []byte(before+text)) != 1 {
		return nil, fmt.Errorf("%q doesn't stand once in a write", before+text)
	}
	i := bytes.Index(request, []byte(before+text)) + len(before)
	return request[i : i+len(text) : i+len(text)], nil
}

// number makes the request write n, under a new key.
func (w *write) number(n int) {
	copy(w.key, client.NewKey())
	for i := len(w.serial) - 1; i >= 0; i-- {
		w.serial[i] = byte('0' + n%10)
		n /= 10
	}
}
