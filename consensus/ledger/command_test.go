package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func TestCommandRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Command{
			ProposedAt: rapid.Int64Range(0, MaxProposedAt).Draw(t, "ms"),
			Statements: rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 300), 0, MaxStatements).Draw(t, "statements"),
		}
		data := EncodeCommand(c)
		got, err := DecodeCommand(data)
		if err != nil {
			t.Fatalf("couldn't decode: %v", err)
		}
		if got.ProposedAt != c.ProposedAt || len(got.Statements) != len(c.Statements) {
			t.Fatalf("got %d statements at %d", len(got.Statements), got.ProposedAt)
		}
		for i := range c.Statements {
			if !bytes.Equal(got.Statements[i], c.Statements[i]) {
				t.Fatalf("statement %d differs", i)
			}
		}
		if !bytes.Equal(EncodeCommand(got), data) {
			t.Fatal("a command has two encodings")
		}
	})
}

func TestCommandRefused(t *testing.T) {
	valid := EncodeCommand(Command{ProposedAt: 1, Statements: [][]byte{[]byte("ab"), []byte("c")}})
	huge := func(n int) []byte {
		c := Command{Statements: make([][]byte, 9)}
		for i := range c.Statements {
			c.Statements[i] = make([]byte, n/9)
		}
		return EncodeCommand(c)
	}
	tests := map[string][]byte{
		"empty":               nil,
		"version alone":       {commandVersion},
		"unknown version":     append([]byte{2}, valid[1:]...),
		"truncated":           valid[:len(valid)-1],
		"extended":            append(bytes.Clone(valid), 0),
		"long integer":        {commandVersion, 0x81, 0x00, 0x00},
		"count over the data": {commandVersion, 1, 9},
		"count over bound":    EncodeCommand(Command{Statements: make([][]byte, MaxStatements+1)}),
		"time over bound":     EncodeCommand(Command{ProposedAt: MaxProposedAt + 1}),
		"negative time":       EncodeCommand(Command{ProposedAt: -1}),
		"overlong varint":     bytes.Repeat([]byte{0xff}, 30),
		"sum over bound":      huge(MaxCommandBytes + 9),
		"1 MiB":               huge(1 << 20),
		"1 MiB of noise":      bytes.Repeat([]byte{commandVersion, 7, 0xfe}, 1<<20/3),
		"length over int":     append([]byte{commandVersion, 1, 1}, binary.AppendUvarint(nil, 1<<63)...),
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := DecodeCommand(data); !errors.Is(err, ErrUndecodable) {
				t.Fatalf("got %v, want ErrUndecodable", err)
			}
		})
	}
	if _, err := DecodeCommand(huge(MaxCommandBytes)); err != nil {
		t.Fatalf("the largest command is refused: %v", err)
	}
}

func FuzzDecodeCommand(f *testing.F) {
	f.Add(EncodeCommand(Command{ProposedAt: 1, Statements: [][]byte{[]byte("ab")}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := DecodeCommand(data)
		if err == nil && !bytes.Equal(EncodeCommand(c), data) {
			t.Fatal("accepted bytes that are not the encoding of what they mean")
		}
	})
}
