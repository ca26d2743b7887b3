package main

import (
	"strings"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/statement"
)

// statementBytes is the size of the statement that the node makes of one write:
// the same payload, signed here with the same kind of key. etcd's values get
// this size.
func (l *load) statementBytes() (int, error) {
	region := l.doors[0].region
	req, err := l.probe.Request(l.run + "000" + strings.Repeat("0", serialDigits))
	if err != nil {
		return 0, err
	}
	key, err := keyring.Generate(keyring.EdDSA, keyring.UseStatement, "st-1")
	if err != nil {
		return 0, err
	}
	digest := statement.RequestDigest(nil)
	raw, _, err := statement.Sign(key, statement.Payload{
		Network: digest, Kind: statement.KindRecordOpen, ID: client.NewKey(), Region: region, At: statement.FormatAt(time.Now().Unix()),
		Actor:   statement.Actor{Role: l.probe.Role, Org: l.probe.Actor(region).Org, Person: "AAAAAAAAAAAAAAAAAAAAAA"},
		Request: digest, Body: statement.OpenBody{Procedure: req.Procedure, Fields: req.Fields}.Marshal(),
	})
	return len(raw), err
}
