package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
)

// checkFiles holds the files against the manifest. Tiles are left out: of a whole
// log the tree decides every byte of them.
func (a *audit) checkFiles() {
	b := a.bundle
	damaged := false
	for _, name := range b.Names() {
		want, listed := b.Digest(name)
		switch {
		case name == bundle.NameManifest:
			continue
		case !listed:
			damaged = true
			a.failFile(CheckTree, CodeManifest, name, say("清单未列出文件 %s。", "the manifest does not list %s.", name))
			continue
		case strings.HasPrefix(name, "tile/"):
			continue
		}
		content, err := b.Read(name)
		if err != nil || sha256.Sum256(content) != want {
			damaged = true
			a.failFile(CheckTree, CodeDigest, name, say("文件 %s 与清单中的摘要不符。", "%s differs from its digest in the manifest.", name))
		}
	}
	for _, name := range b.Listed() {
		if !b.Has(name) {
			damaged = true
			a.failFile(CheckTree, CodeMissing, name, say("清单列出的文件 %s 不在包中。", "%s is in the manifest, but not in the bundle.", name))
		}
	}
	for _, name := range [...]string{bundle.NameReadme, bundle.NamePolicy, bundle.NameCheckpoint, bundle.NameGenesis} {
		if !b.Has(name) {
			damaged = true
			a.failFile(CheckTree, CodeMissing, name, say("包中缺少 %s。", "the bundle lacks %s.", name))
		}
	}
	surplus := []bundle.Class{bundle.ClassEntry, bundle.ClassProof}
	if b.Manifest().Kind == bundle.KindExtract {
		surplus = []bundle.Class{bundle.ClassTile, bundle.ClassBundle, bundle.ClassEarlier}
	}
	for _, name := range b.Names(surplus...) {
		damaged = true
		a.failFile(CheckTree, CodeSurplus, name, say("文件 %s 不属于此类审计包。", "%s does not belong into a bundle of this kind.", name))
	}
	if !damaged {
		a.pass(CheckTree, CodeManifest, say("文件与清单相符（共 %d 个）。", "the files are those of the manifest (%d).", len(b.Names())))
	}
}

// read reads a file of the bundle, empty when it is not there: its absence was
// found before.
func (a *audit) read(name string) []byte {
	if !a.bundle.Has(name) {
		return nil
	}
	content, err := a.bundle.Read(name)
	if err != nil {
		a.failFile(CheckTree, CodeDigest, name, say("文件 %s 无法读取: %v。", "%s cannot be read: %v.", name, err))
		return nil
	}
	return content
}

// checkGenesis accepts the bundle's genesis if it is the one that the key file
// names, and its policy file if it is that genesis's.
func (a *audit) checkGenesis() error {
	if a.bundle.Has(bundle.NameGenesis) { // else it was found missing
		a.acceptGenesis(a.read(bundle.NameGenesis))
	}
	if a.genesis == nil {
		return nil
	}
	if a.bundle.Manifest().Network != a.genesis.Network() {
		a.failFile(CheckPolicy, CodeManifest, bundle.NameManifest, Text{"清单所称网络与创世文件不符。", "the manifest names another network than genesis."})
	}
	return nil
}

// checkPolicyFile holds policy.txt against the nodes and keys of the checkpoint's
// moment. An extract does not tell them all: there the file is good if it is that of
// genesis or of the auditor's own keys, and cannot be judged otherwise.
func (a *audit) checkPolicyFile(at *ledger.Ledger) error {
	if a.genesis == nil || !a.bundle.Has(bundle.NamePolicy) {
		return nil
	}
	have := a.read(bundle.NamePolicy)
	want, err := checkpoint.MarshalPolicy(a.genesis.Genesis)
	if at != nil {
		want, err = at.PolicyFileAt(a.claim.Size)
	}
	switch {
	case err != nil:
		return fmt.Errorf("couldn't use the keys of checkpoints: %w", err)
	case bytes.Equal(have, want):
	case at != nil:
		a.failFile(CheckPolicy, CodePolicyFile, bundle.NamePolicy, Text{"policy.txt 与检查点当时登记的节点、公钥与规则不符。", "policy.txt is not the policy of the nodes and keys at the checkpoint."})
	case !bytes.Equal(have, checkpoint.MarshalPolicyOf(a.genesis.Genesis, a.keys.Keys())):
		a.unsure(CheckPolicy, CodePolicyFile, Text{"policy.txt 与创世文件或者密钥文件的不同，是否为当时的须凭整本账判定。", "policy.txt is neither that of genesis nor of the key file: whether it was that of the moment takes the whole log."})
	}
	return nil
}

// acceptGenesis takes a genesis whose fingerprint is the auditor's.
func (a *audit) acceptGenesis(file []byte) {
	g, err := genesis.Parse(file)
	switch {
	case err != nil:
		a.failFile(CheckPolicy, CodeGenesis, bundle.NameGenesis, say("创世文件无效: %v。", "the genesis is not valid: %v.", err))
	case sha256.Sum256(g.Raw) != a.keys.Genesis:
		a.failFile(CheckPolicy, CodeGenesis, bundle.NameGenesis,
			say("创世文件的指纹是 %s，与密钥文件所载不同: 这是另一个网络。", "the genesis has the fingerprint %s, not the one of the key file: this is another network.", g.Fingerprint()))
	default:
		a.genesis = g
		a.report.Name, a.report.Clock = g.Name, string(g.Clock)
		a.pass(CheckPolicy, CodeGenesis, Text{"创世文件的指纹与密钥文件一致，各地区签名有效。", "the genesis has the fingerprint of the key file, and every region signed it."})
	}
}

// policy is whose cosignatures count: as genesis says, or without it those of all
// regions that the key file has cosigners of.
func (a *audit) policy() checkpoint.Policy {
	if a.genesis != nil {
		return checkpoint.PolicyOf(a.genesis.Genesis)
	}
	return a.keys.Policy()
}

// claimNote takes what the bundle's checkpoint claims, so that there is something
// to hold the files against before anybody knows whose signatures count.
func (a *audit) claimNote() {
	m := a.bundle.Manifest()
	claim, err := claimOf(a.read(bundle.NameCheckpoint))
	if err != nil {
		// Nothing signed, but the tree can still be held against something.
		a.claim = checkpoint.Checkpoint{Origin: m.Origin, Size: m.Size}
		if root, err := base64.StdEncoding.DecodeString(m.Root); err == nil && len(root) == len(a.claim.Root) {
			a.claim.Root = merkle.Hash(root)
		}
		return
	}
	a.claim = claim
	a.report.Origin, a.report.Size, a.report.Root = claim.Origin, claim.Size, b64(claim.Root)
	if m.Origin != claim.Origin || m.Size != claim.Size || m.Root != b64(claim.Root) {
		a.failFile(CheckTree, CodeManifest, bundle.NameManifest, Text{"清单所称来源、大小或者根与检查点不符。", "the manifest names another origin, size or root than the checkpoint."})
	}
}

// ownNote judges the bundle's checkpoint, unless it was found missing.
func (a *audit) ownNote() {
	if raw := a.read(bundle.NameCheckpoint); raw != nil {
		a.openNote(raw)
	}
}

// openNote judges a checkpoint for check 1, and sets note when the signatures
// hold.
func (a *audit) openNote(raw []byte) {
	claim, err := claimOf(raw)
	if err != nil {
		a.failFile(CheckPolicy, CodeCheckpoint, bundle.NameCheckpoint, say("检查点无法读取: %v。", "the checkpoint cannot be read: %v.", err))
		return
	}
	a.claim = claim
	a.report.Origin, a.report.Size, a.report.Root = claim.Origin, claim.Size, b64(claim.Root)
	o, err := a.book.open(raw)
	a.revoked(CheckPolicy, bundle.NameCheckpoint, &o)
	if err != nil {
		a.failFile(CheckPolicy, CodeCheckpoint, bundle.NameCheckpoint, noteText(err))
		return
	}
	a.note = o.Note
	grade := o.grade()
	a.report.Grade = string(grade)
	switch {
	case grade == checkpoint.GradeFinal:
		a.pass(CheckPolicy, CodeCosigners, Text{
			fmt.Sprintf("检查点（大小 %d）由 %s 共同签署，达到要求的 %d 个地区。", o.Size, strings.Join(o.CosignedBy(), "、"), o.policy.Final),
			fmt.Sprintf("the checkpoint of size %d is cosigned by %s: %d regions are demanded.", o.Size, strings.Join(o.CosignedBy(), ", "), o.policy.Final),
		})
		a.later(&o)
		a.left(&o)
	case grade == checkpoint.GradeNone:
		a.failFile(CheckPolicy, CodeCheckpoint, bundle.NameCheckpoint, say("检查点属于另一账本 %s。", "the checkpoint is of another log, %s.", o.Origin))
	case a.bundle == nil:
		a.unsure(CheckPolicy, CodeCosigners, tooFew(&o))
	default:
		a.failFile(CheckPolicy, CodeCosigners, bundle.NameCheckpoint, tooFew(&o))
	}
	if missing := o.withoutLogKey(); len(missing) > 0 {
		a.failFile(CheckPolicy, CodeLogKey, bundle.NameCheckpoint, say("检查点上缺少 %s 的日志签名。", "the checkpoint lacks the log signature of %s.", strings.Join(missing, ", ")))
	}
}

// revoked reports signatures by keys that must not sign a tree of this size.
func (a *audit) revoked(check int, file string, o *judged) {
	for _, s := range o.revoked {
		entry := a.book.find(s.Key).Life.Revoked - 1
		a.add(Finding{
			Check: check, Result: Fail, Code: CodeRevokedKey, Entry: &entry, File: file,
			Text: say("%[2]s 上有 %[4]s/%[5]s 的%[6]s密钥的签名，而该密钥已由第 %[1]d 条吊销。", "%[2]s is signed with the %[3]s key of %[4]s/%[5]s, which entry %[1]d revoked.",
				entry, file, s.Key.Kind, s.Key.Region, s.Key.Node, keyNames[s.Key.Kind]),
		})
	}
}

var keyNames = map[checkpoint.Kind]string{checkpoint.KindLog: "日志", checkpoint.KindCosigner: "共签"}

// later names the keys on a checkpoint that are not in the auditor's file, with
// the entries that registered them.
func (a *audit) later(o *judged) {
	for _, s := range o.Signatures {
		k := a.book.find(s.Key)
		if k == nil || k.Genesis || a.book.lists(s.Key) {
			continue
		}
		entry := k.Life.Prepared - 1
		a.add(Finding{
			Check: CheckPolicy, Result: Pass, Code: CodeLaterKey, Entry: &entry,
			Text: say("%[3]s/%[4]s 的%[5]s密钥不在密钥文件中，系第 %[1]d 条登记，由 %[3]s 的治理密钥签署。", "the %[2]s key of %[3]s/%[4]s is not in the key file: entry %[1]d registered it, signed with the governance key of %[3]s.",
				entry, s.Key.Kind, k.Region, k.Node, keyNames[s.Key.Kind]),
		})
	}
}

// left says of regions that have no node any more, so that the others alone make a
// checkpoint final. The entries which removed them are covered by nobody else: the
// auditor has to ask the region itself, and then leaves its keys out of the file.
func (a *audit) left(o *judged) {
	for _, region := range a.keys.Policy().Regions {
		if a.genesis != nil && a.genesis.Region(region) != nil && !slices.Contains(o.policy.Regions, region) {
			a.unsure(CheckPolicy, CodeLeftRegion, say("按账上记载，%[1]s 已无节点，%[2]d 个地区签署即为最终；请向 %[1]s 核实，属实的，将其公钥从密钥文件中删去后再核验。",
				"the ledger says that %[1]s has no node any more and that %[2]d regions make a checkpoint final; ask %[1]s, and if that is so, take its keys out of the key file and verify again.", region, o.policy.Final))
		}
	}
}

func tooFew(o *judged) Text {
	return say("检查点只有 %d 个地区签署（%s），最终检查点需要 %d 个。", "the checkpoint is cosigned by %d regions only (%s); a final one takes %d.",
		len(o.CosignedBy()), strings.Join(o.CosignedBy(), ", "), o.policy.Final)
}

// noteText says why a note was not opened.
func noteText(err error) Text {
	switch {
	case errors.Is(err, checkpoint.ErrSignature):
		return say("检查点上有无效签名: %v。", "a signature on the checkpoint does not verify: %v.", err)
	case errors.Is(err, checkpoint.ErrUnsigned):
		return Text{"检查点上没有密钥文件中任何一把密钥的签名。", "no key of the key file signed the checkpoint."}
	case errors.Is(err, checkpoint.ErrOrigin):
		return Text{"检查点属于另一账本。", "the checkpoint is of another log."}
	}
	return say("检查点无效: %v。", "the checkpoint is not valid: %v.", err)
}

func b64(h merkle.Hash) string { return base64.StdEncoding.EncodeToString(h[:]) }
