package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	// lineMost bounds one line of an answer's header.
	lineMost = 4 << 10
	// bodyMost bounds an answer's body: a record of the benchmark takes 1 KiB.
	bodyMost = 1 << 20
)

// answer is one HTTP/1.1 answer, as far as the load looks at it.
type answer struct {
	status int
	body   []byte // until the next answer is read
	closes bool   // the server ends the connection after it
}

// answers reads the answers that come over one connection: a status line, header
// lines, and a body whose length is declared or that comes in chunks (RFC 9112).
// Anything else is an error. net/http's client costs the load process three
// times as much per request, on the processors that it shares with the servers.
type answers struct {
	in   *bufio.Reader
	body []byte // of the last answer, used again for the next
}

func newAnswers(r io.Reader) *answers { return &answers{in: bufio.NewReaderSize(r, lineMost)} }

// next waits for one whole answer. After an error the connection is of no use.
func (a *answers) next() (answer, error) {
	line, err := a.line()
	if err != nil {
		return answer{}, err
	}
	out, err := statusOf(line)
	if err != nil {
		return answer{}, err
	}
	length, chunked := -1, false
	for {
		line, err := a.line()
		if err != nil {
			return answer{}, err
		}
		if len(line) == 0 {
			break
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			return answer{}, fmt.Errorf("no header line: %.80q", line)
		}
		switch value = bytes.TrimSpace(value); {
		case isName(name, "Content-Length") && length < 0:
			length, err = number(value, 10)
		case isName(name, "Transfer-Encoding") && !chunked && string(value) == "chunked":
			chunked = true
		case isName(name, "Content-Length"), isName(name, "Transfer-Encoding"):
			err = fmt.Errorf("framing that is not expected: %.80q", line)
		case isName(name, "Connection"):
			out.closes = strings.EqualFold(string(value), "close")
		}
		if err != nil {
			return answer{}, err
		}
	}
	if chunked == (length >= 0) {
		return answer{}, errors.New("an answer needs a Content-Length or chunks, and not both")
	}
	a.body = a.body[:0]
	if chunked {
		err = a.chunks()
	} else {
		err = a.take(length)
	}
	out.body = a.body
	return out, err
}

// line reads one line without its end; it stands until the next read.
func (a *answers) line() ([]byte, error) {
	line, err := a.in.ReadSlice('\n')
	if err != nil {
		return nil, fmt.Errorf("couldn't read an answer: %w", err)
	}
	if len(line) < 2 || line[len(line)-2] != '\r' {
		return nil, fmt.Errorf("a line without its end: %.80q", line)
	}
	return line[:len(line)-2], nil
}

// take adds the next n bytes to the body.
func (a *answers) take(n int) error {
	start := len(a.body)
	if n > bodyMost-start {
		return fmt.Errorf("an answer of more than %d bytes", bodyMost)
	}
	a.body = append(a.body, make([]byte, n)...)
	if _, err := io.ReadFull(a.in, a.body[start:]); err != nil {
		return fmt.Errorf("couldn't read an answer: %w", err)
	}
	return nil
}

// chunks adds all chunks to the body. Extensions and trailers are refused.
func (a *answers) chunks() error {
	for {
		line, err := a.line()
		if err != nil {
			return err
		}
		size, err := number(line, 16)
		if err != nil {
			return err
		}
		if err := a.take(size); err != nil {
			return err
		}
		if line, err = a.line(); err != nil {
			return err
		}
		if len(line) != 0 {
			return fmt.Errorf("a chunk with more behind it: %.80q", line)
		}
		if size == 0 {
			return nil
		}
	}
}

// statusOf reads "HTTP/1.1 201 Created". Interim answers (1xx) are not expected.
func statusOf(line []byte) (answer, error) {
	const version = "HTTP/1.1 "
	if !bytes.HasPrefix(line, []byte(version)) || len(line) < len(version)+3 {
		return answer{}, fmt.Errorf("no status line: %.80q", line)
	}
	status, err := number(line[len(version):len(version)+3], 10)
	if err != nil || status < 200 {
		return answer{}, fmt.Errorf("no final status: %.80q", line)
	}
	return answer{status: status}, nil
}

// number reads digits of a base, nothing else.
func number(text []byte, base int) (int, error) {
	n, err := strconv.ParseUint(string(text), base, 31)
	if err != nil {
		return 0, fmt.Errorf("couldn't read a length: %w", err)
	}
	return int(n), nil
}

func isName(name []byte, want string) bool {
	return len(name) == len(want) && strings.EqualFold(string(name), want)
}
