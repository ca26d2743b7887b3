package audit

import (
	"errors"
	"fmt"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// court is what it takes to judge the entries of a network: its law, compiled, and
// the verdicts on signatures. To make one takes longer than to judge a short log.
type court struct {
	pool   *statement.Pool
	ledger *ledger.Ledger
}

func newCourt(g *genesis.Signed) (*court, error) {
	pool := statement.NewPool(1, poolEntries)
	l, err := ledger.New(g, pool)
	if err != nil {
		return nil, err
	}
	l.Bare()
	return &court{pool, l}, nil
}

// rules judges entries again: checks 4 and 5.
type rules struct {
	*court
	a        *audit
	tx       *replica
	past     ledger.Past
	follower *follower

	stopped bool
	at      uint64 // entries judged, when stopped
	unknown uint64 // signatures behind it under keys that are not known
	signed  uint64 // signatures that hold
	seals   uint64
}

func newRules(a *audit, c *court) (*rules, error) {
	r := &rules{court: c, a: a, tx: &replica{store: newStore(a.TempDir), bundle: a.bundle, size: a.claim.Size}}
	if err := r.ledger.Load(r.tx); err != nil {
		return nil, errors.Join(err, r.tx.Close())
	}
	r.follower = newFollower(r.ledger.Digest())
	return r, nil
}

// where is the entry of a statement, as the judged log has it.
func (r *rules) where(region, id string) (index uint64, known bool) {
	o, err := r.ledger.Books(r.tx).Statement(region, id)
	if err != nil || o.Committed == nil {
		return 0, false
	}
	return o.Committed.Index, true
}

// close ends the follower and removes the temporary file. What went wrong with it
// went wrong before.
func (r *rules) close() {
	r.follower.close()
	_ = r.tx.Close()
}

// stop ends the judgement: the entry at index, or what it would have done, is not
// known, so nothing behind it can be judged.
func (r *rules) stop(index uint64) {
	if !r.stopped {
		r.stopped, r.at = true, index
	}
}

// judge applies one entry. The error is the disk's.
func (r *rules) judge(index uint64, e *entry) error {
	if e.stmt != nil {
		r.a.failAt(CheckSignatures, CodeStatement, index, say("第 %d 条中没有可读的声明: %v。", "entry %d holds no statement that can be read: %v.", index, e.stmt))
		r.stop(index)
		return nil
	}
	if r.stopped {
		return r.signature(index, e.st)
	}
	past := &r.past
	*past = ledger.Past{Entry: e.raw, Hash: e.hash, Leaf: e.leaf, Statement: e.st, Verdict: e.verdict, Changes: r.follower.changes()}
	res, err := r.ledger.Again(r.tx, past)
	switch {
	case errors.Is(err, ledger.ErrCorrupt):
		r.a.failAt(CheckRules, CodeRules, index, say("第 %d 条依赖的以前条目不可读。", "entry %d rests on an earlier one that cannot be read.", index))
		r.stop(index)
		return nil
	case errors.Is(err, ledger.ErrProtocol):
		r.a.unsure(CheckRules, CodeRules, say("自第 %d 条起账本使用更新的规则版本，请使用更新的核验程序。", "from entry %d on the ledger follows newer rules: use a newer verifier.", index))
		r.stop(index)
		return nil
	case err != nil:
		return fmt.Errorf("couldn't judge entry %d: %w", index, err)
	}
	switch {
	case res.Refusal != nil:
		r.refused(index, e.st, res.Refusal)
	case res.Duplicate:
		r.a.failAt(CheckRules, CodeRules, index, say("第 %d 条重复了第 %d 条的声明。", "entry %d repeats the statement of entry %d.", index, res.Index))
		r.stop(index)
	default:
		r.signed++
		if e.st.Kind == statement.KindLedgerSeal {
			r.seals++
		}
		if !past.Same {
			r.a.failAt(CheckRules, CodeEnvelope, index, say("第 %d 条的序号或者账本时间不是规则得出的。", "entry %d has a number or ledger time that the rules do not give.", index))
		}
		r.follower.step(index, past)
	}
	return nil
}

// follow hands the entries judged since the last call on to be digested, and
// reports of earlier ones.
func (r *rules) follow() { r.digested(r.follower.next()) }

// digested reports the entries whose state digest came out otherwise.
func (r *rules) digested(wrong []uint64) {
	for _, index := range wrong {
		r.a.failAt(CheckRules, CodeState, index, say("第 %d 条所载状态摘要不是规则得出的。", "entry %d carries a state digest that the rules do not give.", index))
	}
}

// aboutKeys are the refusals that belong to check 4.
var aboutKeys = map[ledger.Code]Text{
	ledger.CodeSignature: {"签名无效", "the signature does not verify"},
	ledger.CodeKey:       {"签名密钥未登记", "the signing key was not registered"},
	ledger.CodeKeyState:  {"签名密钥在该条处无效", "the signing key was not valid at this index"},
	ledger.CodeKeyUse:    {"签名密钥用途不符", "the signing key is registered for another use"},
	ledger.CodeNetwork:   {"声明属于另一个网络", "the statement belongs to another network"},
	ledger.CodeRegion:    {"声明所称地区不是成员", "its region is not a member"},
}

// refused reports an entry that the rules do not let stand.
func (r *rules) refused(index uint64, st *statement.Statement, why *ledger.Refusal) {
	if t, ok := aboutKeys[why.Code]; ok {
		r.a.failAt(CheckSignatures, CodeSignature, index, say("第 %[1]d 条（%[2]s 的密钥 %[3]s）: %[4]s。", "entry %[1]d (key %[3]s of %[2]s): %[5]s.", index, st.Region, st.Key, t.ZH, t.EN))
	} else {
		r.a.failAt(CheckRules, CodeRules, index, say("第 %[1]d 条为规则所不许: %[2]s（%[4]s）。", "entry %[1]d breaks a rule: %[3]s (%[4]s).", index, why.ZH, why.EN, why.Code))
	}
	r.stop(index)
}

// signature verifies what is behind the judgement's end under the keys known so
// far.
func (r *rules) signature(index uint64, st *statement.Statement) error {
	key, err := r.ledger.Books(r.tx).Key(st.Region, st.Key)
	switch {
	case err != nil:
		return err
	case st.Network != r.a.genesis.Network() || key == nil || key.Life.StateAt(index) != keyring.StateActive:
		r.unknown++
	case !r.pool.Verify(st, key.PublicKey):
		r.a.failAt(CheckSignatures, CodeSignature, index, say("第 %d 条（%s 的密钥 %s）: 签名无效。", "entry %d (key %[3]s of %[2]s): the signature does not verify.", index, st.Region, st.Key))
	default:
		r.signed++
	}
	return nil
}

// conclude sums up checks 4 and 5.
func (r *rules) conclude(size uint64) {
	r.digested(r.follower.rest())
	switch {
	case r.unknown > 0:
		r.a.unsure(CheckSignatures, CodeNotEvaluated, say("第 %d 条之后有 %d 条的密钥状态无法判定。", "behind entry %d the keys of %d entries cannot be judged.", r.at, r.unknown))
	case !r.a.failed(CheckSignatures) && r.signed == size:
		r.a.pass(CheckSignatures, CodeSignature, say("全部 %d 条声明的签名有效，密钥在各条处均有效。", "all %d statements are signed by their regions, under keys that were valid at their index.", size))
	case !r.a.failed(CheckSignatures):
		r.a.unsure(CheckSignatures, CodeNotEvaluated, say("仅核验了 %d 条（共 %d 条）的签名。", "only %d of %d signatures could be verified.", r.signed, size))
	}
	switch {
	case r.stopped && r.at+1 < size:
		r.a.unsure(CheckRules, CodeNotEvaluated, say("第 %d 条之后的 %d 条未能按规则复核。", "behind entry %d the rules could not be applied: %d entries.", r.at, size-r.at-1))
	case r.stopped:
		if !r.a.failed(CheckRules) {
			r.a.unsure(CheckRules, CodeNotEvaluated, say("第 %d 条未能按规则复核。", "the rules could not be applied to entry %d.", r.at))
		}
	case !r.a.failed(CheckRules):
		r.a.pass(CheckRules, CodeState, say("按规则重新判定全部 %d 条，每一条及其状态摘要均一致（含日封存 %d 条）。",
			"judged again by the rules, all %d entries come out the same, with their state digests (daily seals: %d).", size, r.seals))
	}
}
