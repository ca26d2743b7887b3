package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	"sandi.internal/gateway/api/v1"
)

// caller is one of the concurrent callers, with a connection of its own, as a
// bureau's systems have. It sends one request at a time and checks every answer.
type caller struct {
	door  *door
	tls   *tls.Config
	end   time.Time // when it gives up waiting for an answer
	write *write

	conn    *tls.Conn // nil: to be dialled
	answers *answers
}

// dial opens the connection, unless it stands.
func (c *caller) dial() error {
	if c.conn != nil {
		return nil
	}
	ctx, cancel := context.WithDeadline(context.Background(), c.end)
	defer cancel()
	conn, err := (&tls.Dialer{NetDialer: &net.Dialer{}, Config: c.tls}).DialContext(ctx, "tcp", c.door.host)
	if err != nil {
		return fmt.Errorf("couldn't connect: %w", err)
	}
	c.conn = conn.(*tls.Conn)
	c.answers = newAnswers(c.conn)
	return c.conn.SetDeadline(c.end)
}

func (c *caller) hangUp() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// send sends one whole request and gives its answer, which must have the wanted
// status.
func (c *caller) send(request []byte, want int) ([]byte, error) {
	if err := c.dial(); err != nil {
		return nil, err
	}
	a, err := c.exchange(request)
	if err != nil || a.closes {
		c.hangUp()
	}
	if err != nil {
		return nil, err
	}
	if a.status != want {
		return nil, fmt.Errorf("status %d, not %d: %.200s", a.status, want, a.body)
	}
	return a.body, nil
}

func (c *caller) exchange(request []byte) (answer, error) {
	if _, err := c.conn.Write(request); err != nil {
		return answer{}, fmt.Errorf("couldn't send a request: %w", err)
	}
	return c.answers.next()
}

// open writes record n and demands a receipt that says it is committed. An
// answer is JSON without white space, and a quote inside a JSON string is
// escaped: where these bytes stand they are the receipt's members.
func (c *caller) open(n int) ([]byte, error) {
	c.write.number(n)
	receipt, err := c.send(c.write.bytes, http.StatusCreated)
	if err != nil {
		return nil, err
	}
	if !member(receipt, "id", string(c.write.key)) || !member(receipt, "status", string(v1.Committed)) {
		return nil, fmt.Errorf("not the receipt of a committed write: %.200s", receipt)
	}
	return receipt, nil
}

// opened is open, with the id of the record that it made.
func (c *caller) opened(n int) (string, error) {
	text, err := c.open(n)
	if err != nil {
		return "", err
	}
	var receipt v1.Receipt
	if err := json.Unmarshal(text, &receipt); err != nil {
		return "", fmt.Errorf("couldn't read a receipt: %w", err)
	}
	return receipt.Record, nil
}

// read reads the nth record and demands that the answer is that record.
func (c *caller) read(n int) error {
	n %= len(c.door.reads)
	record, err := c.send(c.door.reads[n], http.StatusOK)
	if err != nil {
		return err
	}
	if want := c.door.wants[n]; !bytes.Contains(record, []byte(want)) {
		return fmt.Errorf("not the record with %s: %.200s", want, record)
	}
	return nil
}

// member reports whether a JSON text without white space has a member.
func member(text []byte, name, value string) bool {
	return bytes.Contains(text, []byte(`"`+name+`":"`+value+`"`))
}
