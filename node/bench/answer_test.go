package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// Ensure answers are read one after another however they are framed and however
// the bytes arrive.
func TestAnswers(t *testing.T) {
	stream := "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\ncontent-length: 5\r\n\r\nfirst" +
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nsec\r\n00A\r\n0123456789\r\n0\r\n\r\n" +
		"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n" +
		"HTTP/1.1 200 \r\nContent-Length: 6000\r\n\r\n" + strings.Repeat("x", 6000)
	want := []answer{
		{201, []byte("first"), false},
		{200, []byte("sec0123456789"), false},
		{404, nil, true},
		{200, bytes.Repeat([]byte("x"), 6000), false},
	}
	for name, r := range map[string]io.Reader{"at once": strings.NewReader(stream), "byte by byte": iotest.OneByteReader(strings.NewReader(stream))} {
		in := newAnswers(r)
		for i, w := range want {
			got, err := in.next()
			if err != nil {
				t.Fatalf("%s, answer %d: %v", name, i, err)
			}
			if got.status != w.status || !bytes.Equal(got.body, w.body) || got.closes != w.closes {
				t.Errorf("%s, answer %d: got %d %.40q %v", name, i, got.status, got.body, got.closes)
			}
		}
		if _, err := in.next(); !errors.Is(err, io.EOF) {
			t.Errorf("%s: after the last answer: %v, want EOF", name, err)
		}
	}
}

// Ensure an answer that is not exactly what is expected is an error, never a
// wrong body.
func TestAnswersRefuse(t *testing.T) {
	ok := "HTTP/1.1 200 OK\r\n"
	for name, stream := range map[string]string{
		"other protocol":       "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
		"interim answer":       "HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n",
		"no number":            "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
		"bare line feed":       "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
		"no framing":           ok + "\r\nbody",
		"two framings":         ok + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
		"two lengths":          ok + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
		"negative length":      ok + "Content-Length: -1\r\n\r\n",
		"no length":            ok + "Content-Length: \r\n\r\n",
		"other coding":         ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"no header line":       ok + "Content-Length\r\n\r\n",
		"endless line":         ok + "X: " + strings.Repeat("x", lineMost) + "\r\nContent-Length: 0\r\n\r\n",
		"too long":             ok + "Content-Length: 1048577\r\n\r\n" + strings.Repeat("x", bodyMost+1),
		"too long in chunks":   ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n100000\r\n" + strings.Repeat("x", bodyMost+1),
		"cut body":             ok + "Content-Length: 3\r\n\r\nab",
		"cut chunk":            ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nab",
		"long chunk":           ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
		"chunk with extension": ok + "Transfer-Encoding: chunked\r\n\r\n1;x\r\na\r\n0\r\n\r\n",
		"trailer":              ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n",
	} {
		if got, err := newAnswers(strings.NewReader(stream)).next(); err == nil {
			t.Errorf("%s: accepted as %d %q", name, got.status, got.body)
		}
	}
}
