package audit

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/storage/commitment"
)

// opening is a disclosed content, on its way to the commitment that it opens.
type opening struct {
	name    string
	entries []uint64 // that name the commitment, the first few
}

// entriesMax bounds what is remembered of where a commitment stands.
const entriesMax = 4

// collectOpenings reads which commitments the bundle opens, by their text.
func (a *audit) collectOpenings() map[string]*opening {
	names := a.bundle.Names(bundle.ClassOpening)
	if len(names) == 0 {
		return nil
	}
	list := make(map[string]*opening, len(names))
	for _, name := range names {
		list[name[len(bundle.OpeningName("")):]] = &opening{name: name}
	}
	return list
}

// held is a receipt that waits for its entry.
type held struct {
	number  int // from 1, as given
	receipt *checkpoint.Receipt
	point   *point // its checkpoint
	seen    bool   // there is an entry at its index
	differs bool   // which is another
}

// collectReceipts reads the receipts to hold against a bundle, by index.
func (a *audit) collectReceipts() map[uint64][]*held {
	if len(a.Receipts) == 0 {
		return nil
	}
	list := make(map[uint64][]*held, len(a.Receipts))
	for i, data := range a.Receipts {
		r, err := checkpoint.ParseReceipt(data)
		if err != nil {
			a.fail(CheckOpenings, CodeReceipt, say("第 %d 份回执无法读取: %v。", "receipt %d cannot be read: %v.", i+1, err))
			continue
		}
		claim, err := claimOf(r.Checkpoint)
		if err != nil {
			a.notValid(i+1, r.Index, err)
			continue
		}
		list[r.Index] = append(list[r.Index], &held{
			number: i + 1, receipt: r, point: &point{Checkpoint: claim, raw: r.Checkpoint, from: fromReceipt, name: fmt.Sprintf("--receipt %d", i+1)},
		})
	}
	return list
}

func (a *audit) notValid(number int, index uint64, err error) {
	a.failAt(CheckOpenings, CodeReceipt, index, say("第 %[2]d 份回执（第 %[1]d 条）无效: %[3]v。", "receipt %[2]d, of entry %[1]d, is not valid: %[3]v.", index, number, err))
}

// settleReceipts verifies the receipts and drops those that are none.
func (a *audit) settleReceipts() {
	for _, index := range slices.Sorted(maps.Keys(a.receipts)) {
		a.receipts[index] = slices.DeleteFunc(a.receipts[index], func(h *held) bool {
			h.point.void = !a.settleReceipt(index, h)
			return h.point.void
		})
	}
}

func (a *audit) settleReceipt(index uint64, h *held) bool {
	if a.voidReceipt(index, h) {
		return false
	}
	o, err := a.book.open(h.receipt.Checkpoint)
	if err == nil {
		_, err = h.receipt.Verify(o.keys, o.policy)
	}
	if err != nil {
		a.notValid(h.number, index, err)
		return false
	}
	if missing := o.withoutLogKey(); len(missing) > 0 {
		a.failAt(CheckOpenings, CodeReceipt, index, say("第 %[2]d 份回执（第 %[1]d 条）的检查点缺少 %[3]s 的日志签名。", "the checkpoint of receipt %[2]d, of entry %[1]d, lacks the log signature of %[3]s.", index, h.number, strings.Join(missing, ", ")))
		return false
	}
	if h.point.note = o.Note; h.differs {
		a.failAt(CheckOpenings, CodeReceipt, index, say("第 %d 份回执与第 %d 条不符: 回执或者账本不实。", "receipt %d is not of entry %d as it stands here: one of the two is false.", h.number, index))
	}
	return true
}

// receiptPoints are the checkpoints that receipts stand on: the log must have
// passed through them too.
func (a *audit) receiptPoints() []*point {
	var list []*point
	for _, index := range slices.Sorted(maps.Keys(a.receipts)) {
		for _, h := range a.receipts[index] {
			list = append(list, h.point)
		}
	}
	return list
}

// heldAgainst notes which commitments an entry names, and holds receipts of its
// index against it.
func (w *walk) heldAgainst(index uint64, e *entry) {
	if w.openings != nil && e.st != nil {
		w.audit.named(index, e.st.Body)
	}
	for _, h := range w.receipts[index] {
		h.seen, h.differs = true, !bytes.Equal(h.receipt.Leaf, e.raw)
	}
}

// named notes the openings whose commitments stand in a statement's body.
func (a *audit) named(index uint64, body []byte) {
	const mark = "sc1."
	for {
		at := bytes.Index(body, []byte(mark))
		if at < 0 || len(body)-at < commitment.TextSize {
			return
		}
		// A whole string of the body, not a part of somebody's text.
		alone := at > 0 && body[at-1] == '"' && at+commitment.TextSize < len(body) && body[at+commitment.TextSize] == '"'
		if o := a.openings[string(body[at:at+commitment.TextSize])]; alone && o != nil && len(o.entries) < entriesMax {
			o.entries = append(o.entries, index)
		}
		body = body[at+len(mark):]
	}
}

// checkAttached concludes check 7.
func (a *audit) checkAttached() {
	good := 0
	for _, name := range a.bundle.Names(bundle.ClassOpening) {
		text := name[len(bundle.OpeningName("")):]
		o := a.openings[text]
		if len(o.entries) == 0 {
			a.failFile(CheckOpenings, CodeOpening, name, say("账上没有承诺 %s。", "no entry names the commitment %s.", text))
			continue
		}
		content := a.read(name)
		if len(content) < commitment.SaltSize || commitment.Verify(text, content[:commitment.SaltSize], content[commitment.SaltSize:]) != nil {
			first := o.entries[0]
			a.add(Finding{
				Check: CheckOpenings, Result: Fail, Code: CodeOpening, Entry: &first, File: name,
				Text: say("%[2]s 的内容与第 %[1]d 条的承诺不符。", "the content of %[2]s is not what entry %[1]d commits to.", first, name),
			})
			continue
		}
		good++
	}
	receipts := 0
	for _, list := range a.receipts {
		for _, h := range list {
			if h.seen {
				receipts++
				continue
			}
			a.unsure(CheckOpenings, CodeReceipt, say("第 %d 份回执的条目 %d 不在本文件中。", "receipt %d is of entry %d, which this file does not hold.", h.number, h.receipt.Index))
		}
	}
	switch {
	case a.failed(CheckOpenings):
		return
	case good == 0 && receipts == 0:
		a.pass(CheckOpenings, CodeOpening, Text{"没有公开的承诺或者回执需要核对。", "there is no opened commitment or receipt to compare."})
		return
	}
	a.pass(CheckOpenings, CodeOpening, say("已公开的承诺 %d 项、回执 %d 份与账本相符。", "%d opened commitments and %d receipts match the ledger.", good, receipts))
}
