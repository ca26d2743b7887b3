package ledger

import (
	"encoding/binary"
	"fmt"

	"sandi.internal/gateway/consensus/merkle"
)

// head is what Apply must know to go on: it is written with every command that
// added a leaf, so a restart reads one key, however long the log.
type head struct {
	protocol int
	time     int64  // ledger time, unix ms
	governed uint64 // leaves in the ledger after the last governance statement
	tree     *merkle.Tree
	digest   *merkle.Digest
}

func (h *head) marshal() []byte {
	dst := binary.AppendUvarint([]byte{rowVersion}, uint64(h.protocol))
	dst = binary.AppendUvarint(dst, uint64(h.time))
	dst = binary.AppendUvarint(dst, h.governed)
	dst = appendText(dst, string(h.tree.Marshal()))
	return appendText(dst, string(h.digest.Marshal()))
}

func parseHead(row []byte) (*head, error) {
	d := newDecoder(row)
	h := &head{protocol: int(d.uvarint()), time: int64(d.uvarint()), governed: d.uvarint()}
	tree, digest := d.bytes(), d.bytes()
	if err := d.done("the head"); err != nil {
		return nil, err
	}
	var err error
	if h.tree, err = merkle.UnmarshalTree(tree); err != nil {
		return nil, fmt.Errorf("%w: %w", corrupt("the tree"), err)
	}
	if h.digest, err = merkle.UnmarshalDigest(digest); err != nil {
		return nil, fmt.Errorf("%w: %w", corrupt("the state digest"), err)
	}
	return h, nil
}

// readHead returns nil when the storage holds no ledger.
func readHead(r Reader) (*head, error) {
	row, err := r.Get(headKey())
	if err != nil || row == nil {
		return nil, err
	}
	return parseHead(row)
}

func (l *Ledger) putHead(tx Tx) error {
	if l.bare {
		return nil
	}
	h := head{
		protocol: l.protocol, time: l.time, governed: l.registry.Load().at,
		tree: l.tree, digest: l.digest,
	}
	return tx.Set(headKey(), h.marshal())
}

// Load takes the ledger's memory from storage: at the start of the process and
// after a restore. An empty storage is seeded from genesis. A storage of another
// network, or of a protocol that this binary does not know, is an error.
func (l *Ledger) Load(tx Tx) error {
	l.loaded = false
	h, err := readHead(tx)
	if err != nil {
		return err
	}
	if h == nil {
		if err := l.seed(tx); err != nil {
			return fmt.Errorf("couldn't seed the ledger from genesis: %w", err)
		}
	} else if err := l.resume(tx, h); err != nil {
		return fmt.Errorf("couldn't load the ledger: %w", err)
	}
	if l.protocol > Protocol {
		return fmt.Errorf("protocol %d, known are versions to %d: %w", l.protocol, Protocol, ErrProtocol)
	}
	l.records = newRecordCache(cacheBytes)
	l.loaded = true
	return nil
}

// seed writes what genesis gives: the network's name and the keys and issuers.
func (l *Ledger) seed(tx Tx) error {
	reg := seedRegistry(l.genesis)
	l.protocol, l.time = l.genesis.Protocol, l.genesis.CreatedUnix()*1000
	l.tree, l.digest = merkle.NewTree(), new(merkle.Digest)
	l.forget()
	changes := l.genesisChanges(reg)
	for i := range changes {
		if err := l.write(tx, &changes[i], nil); err != nil {
			return err
		}
	}
	l.registry.Store(reg)
	l.law.Store(l.first)
	return l.putHead(tx)
}

// genesisChanges are the digested pairs before leaf 0. Their order is free: the
// digest is of a set.
func (l *Ledger) genesisChanges(reg *registry) []change {
	changes := []change{{key: networkKey(), after: networkRow(l.network, l.genesis.Protocol)}}
	for _, k := range reg.keys {
		changes = append(changes, change{key: keyKey(k.Region, k.ID), after: k.row()})
	}
	for _, i := range reg.issuers {
		changes = append(changes, change{key: issuerKey(i.ID), after: i.row()})
	}
	return changes
}

// resume rebuilds the memory from a ledger that exists.
func (l *Ledger) resume(r Reader, h *head) error {
	row, err := r.Get(networkKey())
	if err != nil {
		return err
	}
	if string(row) != string(networkRow(l.network, h.protocol)) {
		return fmt.Errorf("the storage holds the ledger of another network than %s", l.network)
	}
	reg, err := loadRegistry(r, h.governed)
	if err != nil {
		return err
	}
	reg.putGenesis(l.genesis)
	law, err := l.lawOf(r)
	if err != nil {
		return err
	}
	l.protocol, l.time, l.tree, l.digest = h.protocol, h.time, h.tree, h.digest
	l.forget()
	for _, region := range l.regions {
		if l.recents[region], err = loadRecent(r, region); err != nil {
			return err
		}
		if l.rings[region], err = loadRing(r, region); err != nil {
			return err
		}
	}
	l.registry.Store(reg)
	l.law.Store(law)
	return nil
}

// forget empties what is remembered per region.
func (l *Ledger) forget() {
	l.counters = make(map[string][]byte)
	l.recents, l.rings = make(map[string]*recent), make(map[string]*ring)
	for _, region := range l.regions {
		l.recents[region], l.rings[region] = newRecent(), newRing()
	}
}

func networkRow(network string, protocol int) []byte {
	return binary.AppendUvarint(appendText([]byte{rowVersion}, network), uint64(protocol))
}
