package audit

import (
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/statement"
)

// keybook is the keys that sign statements, as genesis and the entries of an
// extract tell their lives. What an extract leaves out it cannot know.
type keybook struct {
	network string
	keys    map[string]*knownKey // by region '/' id
}

type knownKey struct {
	keyring.PublicKey
	life keyring.Life
}

func newKeybook(g *genesis.Signed) *keybook {
	b := &keybook{network: g.Network(), keys: make(map[string]*knownKey)}
	for i := range g.Regions {
		r := &g.Regions[i]
		for _, k := range append([]keyring.PublicKey{r.Governance}, r.Statement...) {
			b.keys[r.Code+"/"+k.ID] = &knownKey{k, keyring.Genesis()}
		}
	}
	return b
}

// verdict is what the book says of a statement's signature at an index.
type verdict uint8

const (
	verdictHolds verdict = iota
	verdictUnknown
	verdictBad
)

// judge verifies a statement at an index, and learns from it.
func (b *keybook) judge(index uint64, st *statement.Statement) verdict {
	k := b.keys[st.Region+"/"+st.Key]
	if k == nil {
		return verdictUnknown
	}
	use := keyring.UseStatement
	if statement.IsGovernance(st.Kind) {
		use = keyring.UseGovernance
	}
	verifier, err := k.Verifier()
	if err != nil || st.Network != b.network || k.Use != use || st.Alg != string(k.Alg) ||
		k.life.StateAt(index) != keyring.StateActive || !verifier.Verify(st.SigningInput(), st.Signature()) {
		return verdictBad
	}
	b.learn(index, st)
	return verdictHolds
}

// learn follows a key through its life. A statement that the ledger would have
// refused moves nothing: the entry then is not one of this ledger.
func (b *keybook) learn(index uint64, st *statement.Statement) {
	switch st.Kind {
	case statement.KindKeyAdd:
		body, err := statement.ParseKeyAdd(st.Body)
		if err != nil || body.Check(b.network, st.Region, body.Owner()) != nil {
			return
		}
		life, err := keyring.Life{}.Prepare(index)
		if err == nil && body.Active {
			life, err = life.Activate(index)
		}
		if name := st.Region + "/" + body.Key.ID; err == nil && b.keys[name] == nil {
			b.keys[name] = &knownKey{body.Key, life}
		}
	case statement.KindKeyActivate, statement.KindKeyRetire, statement.KindKeyRevoke:
		body, err := statement.ParseKey(st.Kind, st.Body)
		if err != nil {
			return
		}
		k := b.keys[st.Region+"/"+body.Key]
		if k == nil {
			return
		}
		move := map[string]func(uint64) (keyring.Life, error){
			statement.KindKeyActivate: k.life.Activate, statement.KindKeyRetire: k.life.Retire, statement.KindKeyRevoke: k.life.Revoke,
		}[st.Kind]
		if life, err := move(index); err == nil {
			k.life = life
		}
	}
}
