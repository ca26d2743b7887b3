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
	policy, err := checkpoint.MarshalPolicy(a.genesis.Genesis)
	if err != nil {
		return fmt.Errorf("couldn't use the keys of genesis: %w", err)
	}
	if a.bundle.Has(bundle.NamePolicy) && !bytes.Equal(a.read(bundle.NamePolicy), policy) {
		a.failFile(CheckPolicy, CodePolicyFile, bundle.NamePolicy, Text{"policy.txt 与创世文件规定的公钥与规则不符。", "policy.txt is not the policy that genesis sets."})
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

// checkNote opens the bundle's checkpoint.
func (a *audit) checkNote() {
	m := a.bundle.Manifest()
	raw := a.read(bundle.NameCheckpoint)
	if raw != nil {
		a.openNote(raw)
	}
	if a.claim.Origin == "" {
		// Nothing signed, but the tree can still be held against something.
		a.claim = checkpoint.Checkpoint{Origin: m.Origin, Size: m.Size}
		if root, err := base64.StdEncoding.DecodeString(m.Root); err == nil && len(root) == len(a.claim.Root) {
			a.claim.Root = merkle.Hash(root)
		}
		return
	}
	if m.Origin != a.claim.Origin || m.Size != a.claim.Size || m.Root != b64(a.claim.Root) {
		a.failFile(CheckTree, CodeManifest, bundle.NameManifest, Text{"清单所称来源、大小或者根与检查点不符。", "the manifest names another origin, size or root than the checkpoint."})
	}
}

// openNote judges a checkpoint for check 1. It sets claim, and note when the
// signatures hold.
func (a *audit) openNote(raw []byte) {
	claim, err := claimOf(raw)
	if err != nil {
		a.failFile(CheckPolicy, CodeCheckpoint, bundle.NameCheckpoint, say("检查点无法读取: %v。", "the checkpoint cannot be read: %v.", err))
		return
	}
	a.claim = claim
	a.report.Origin, a.report.Size, a.report.Root = claim.Origin, claim.Size, b64(claim.Root)
	n, err := a.keys.Keys().Open(raw)
	if err != nil {
		a.failFile(CheckPolicy, CodeCheckpoint, bundle.NameCheckpoint, noteText(err))
		return
	}
	a.note, a.claim = n, n.Checkpoint
	p := a.policy()
	grade := p.Grade(n)
	a.report.Grade = string(grade)
	by := strings.Join(n.CosignedBy(), "、")
	switch {
	case grade == checkpoint.GradeFinal:
		a.pass(CheckPolicy, CodeCosigners, Text{
			fmt.Sprintf("检查点（大小 %d）由 %s 共同签署，达到要求的 %d 个地区。", n.Size, by, p.Final),
			fmt.Sprintf("the checkpoint of size %d is cosigned by %s: %d regions are demanded.", n.Size, strings.Join(n.CosignedBy(), ", "), p.Final),
		})
	case grade == checkpoint.GradeNone:
		a.failFile(CheckPolicy, CodeCheckpoint, bundle.NameCheckpoint, say("检查点属于另一账本 %s。", "the checkpoint is of another log, %s.", n.Origin))
	case a.bundle == nil:
		a.unsure(CheckPolicy, CodeCosigners, tooFew(n, p))
	default:
		a.failFile(CheckPolicy, CodeCosigners, bundle.NameCheckpoint, tooFew(n, p))
	}
	if missing := withoutLogKey(n, a.keys.Keys()); len(missing) > 0 {
		a.failFile(CheckPolicy, CodeLogKey, bundle.NameCheckpoint, say("检查点上缺少 %s 的日志签名。", "the checkpoint lacks the log signature of %s.", strings.Join(missing, ", ")))
	}
}

func tooFew(n *checkpoint.Note, p checkpoint.Policy) Text {
	return say("检查点只有 %d 个地区签署（%s），最终检查点需要 %d 个。", "the checkpoint is cosigned by %d regions only (%s); a final one takes %d.",
		len(n.CosignedBy()), strings.Join(n.CosignedBy(), ", "), p.Final)
}

// withoutLogKey are the regions that cosigned but whose log key, which the auditor
// has, did not sign: a published note carries both.
func withoutLogKey(n *checkpoint.Note, keys *checkpoint.Keys) []string {
	has, signed := make(map[string]bool), make(map[string]bool)
	for _, k := range keys.List() {
		if k.Kind == checkpoint.KindLog && k.Name == n.Origin {
			has[k.Region] = true
		}
	}
	for _, s := range n.Signatures {
		if s.Key.Kind == checkpoint.KindLog {
			signed[s.Key.Region] = true
		}
	}
	return slices.DeleteFunc(n.CosignedBy(), func(region string) bool { return !has[region] || signed[region] })
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
