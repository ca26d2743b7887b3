package raftlog

import (
	"bytes"
	"errors"
	"testing"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/storage/storagetest"
)

func encoded(l *raft.Log) []byte {
	b := make([]byte, recordSize(l))
	encodeRecord(b, l)
	return b
}

// TestRecordFrozen holds the bytes of a record: stores written by an older
// program must stay readable. (The bytes were computed by another program.)
func TestRecordFrozen(t *testing.T) {
	l := entry(4, 9)
	l.Data = []byte("data")
	want := []byte("\x01\x01\x00\x00\x00\x00\x00\x00\x00\x09\x17\x97\x9c\xff\x24\x95\x28\x09\x00\x00\x00\x05ext-4data\x83\x40\x75\x32")
	if got := encoded(l); !bytes.Equal(got, want) {
		t.Fatalf("got  %q\nwant %q", got, want)
	}
}

// TestRecordFlips asserts that no single flipped bit, no truncation and no
// other index goes unnoticed.
func TestRecordFlips(t *testing.T) {
	good := encoded(entry(8, 3))
	refuse := func(what string, record []byte, index uint64) {
		t.Helper()
		l := raft.Log{Index: 77}
		if err := decodeRecord(record, index, &l); !errors.Is(err, ErrCorrupt) || l.Index != 77 {
			t.Errorf("%s: %v, %+v", what, err, l)
		}
	}
	for bit := range len(good) * 8 {
		bad := bytes.Clone(good)
		bad[bit/8] ^= 1 << (bit % 8)
		refuse("flipped bit", bad, 8)
	}
	for n := range good {
		refuse("truncated", good[:n], 8)
	}
	refuse("moved", good, 9)
	refuse("extended", append(bytes.Clone(good), 0), 8)
}

// FuzzDecodeRecord feeds the decoder arbitrary bytes: it must neither panic nor
// accept anything that encoding would not produce.
func FuzzDecodeRecord(f *testing.F) {
	f.Add(encoded(entry(1, 1)), uint64(1))
	f.Add(encoded(entry(8, 3)), uint64(8))
	f.Add(encoded(&raft.Log{Index: 2}), uint64(2))
	f.Add([]byte{}, uint64(0))
	f.Fuzz(func(t *testing.T, record []byte, index uint64) {
		checkDecode(t, record, index)
		if len(record) < headerSize+trailerSize {
			return
		}
		// Checksums stop random bytes at the door: repair it and look behind.
		fixed := bytes.Clone(record)
		body := fixed[:len(fixed)-trailerSize]
		sum := checksum(index, body)
		for i := range trailerSize {
			fixed[len(body)+i] = byte(sum >> (8 * (trailerSize - 1 - i)))
		}
		checkDecode(t, fixed, index)
	})
}

func checkDecode(t *testing.T, record []byte, index uint64) {
	var l raft.Log
	if err := decodeRecord(record, index, &l); err != nil {
		if !errors.Is(err, ErrCorrupt) {
			t.Fatal(err)
		}
		return
	}
	if again := encoded(&l); !bytes.Equal(again, record) {
		t.Fatalf("%x decodes and encodes to %x", record, again)
	}
}

// TestFlippedDisk flips bits in every file of a closed store: opening or
// reading must say so, and must never give back another entry.
func TestFlippedDisk(t *testing.T) {
	disk := storagetest.NewDisk()
	n := open(t, disk)
	must(t, n.StoreLogs(entries(1, 50, 1)))
	must(t, n.db.Flush())
	must(t, n.StoreLogs(entries(51, 80, 1)))
	n.close(t)
	files, err := disk.Files("raft")
	must(t, err)
	want := entries(1, 80, 1)
	noticed := 0
	for _, file := range files {
		for _, at := range []int64{0, 7, 40, 300, -1, -30, -200} {
			clone := disk.Crash(100, 1)
			if clone.Flip(file, at) != nil {
				continue // the file is shorter
			}
			if flippedNoticed(t, clone, want) {
				noticed++
			}
		}
	}
	if noticed < 10 {
		t.Fatalf("only %d flips were noticed", noticed)
	}
}

func flippedNoticed(t *testing.T, disk *storagetest.Disk, want []*raft.Log) (noticed bool) {
	p := storagetest.NewProcess(disk)
	died := p.Run(func() {
		n, err := tryOpen(disk, p.Exit)
		if err != nil {
			noticed = true
			return
		}
		defer n.db.Close()
		first, _ := n.FirstIndex()
		last, _ := n.LastIndex()
		var l raft.Log
		for i := first; i <= last && i > 0; i++ {
			if err := n.GetLog(i, &l); err != nil {
				noticed = true
				return
			}
			if err := same(&l, want[i-1]); err != nil {
				t.Errorf("a flipped bit changed an entry: %v", err)
			}
		}
		// Damage in what was synced last cannot be told from a torn write:
		// the log then ends earlier (the README says so).
		noticed = last < 80
	})
	return noticed || died != ""
}
