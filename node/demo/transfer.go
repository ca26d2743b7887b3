package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/checkpoint"
)

const (
	// DefaultBigMiB is the size of the large file, camera footage as it were.
	DefaultBigMiB = 256
	// ReceiptName is the file with the receipt that the recipient's bureau signed.
	ReceiptName = "receipt.json"
	filesFolder = "files"
	// deliverPatience bounds the way of all files.
	deliverPatience = 10 * time.Minute
)

// TransferConfig says how to play a transfer.
type TransferConfig struct {
	Config
	BigMiB int64 // 0: DefaultBigMiB
	Report func(TransferStep)
}

// TransferStep is what one step took.
type TransferStep struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
	MS int64  `json:"ms"`
}

// Transferred is what a transfer showed.
type Transferred struct {
	OK      bool           `json:"ok"`
	Record  string         `json:"record"`
	Offer   string         `json:"offer"`
	Bytes   int64          `json:"bytes"`
	MiBPerS float64        `json:"mib_per_s"` // from the offer to the receipt
	Receipt string         `json:"receipt"`   // file
	Keys    string         `json:"keys"`      // file, for the verifier
	Looks   int            `json:"looks"`     // at the case and its files, proven complete
	Steps   []TransferStep `json:"steps"`
	Network string         `json:"network"` // folder
}

var (
	sender   = Actor{Region: "110000", Org: "110115-SJ", Role: "clerk", Person: "dx-clerk-1"}
	approver = Actor{Region: "110000", Org: "110115-SJ", Role: "bureau_head", Person: "dx-head-1"}
	postman  = Actor{Region: "110000", Org: "110115-SJ", Role: "liaison", Person: "dx-liaison-1"}
	auditor  = Actor{Region: "130000", Org: "130600-SJ", Role: "auditor", Person: "bd-auditor-1"}
	receiver = Actor{Region: "130000", Org: "130600-SJ", Role: "liaison", Person: "bd-liaison-1"}
)

// Transfer founds a network, hands three files over from Daxing to Baoding with the
// case that they belong to, and keeps the receipt. Without Once it stays up until
// ctx ends.
func Transfer(ctx context.Context, c TransferConfig) (Transferred, error) {
	var t Transferred
	if c.BigMiB == 0 {
		c.BigMiB = DefaultBigMiB
	}
	start := time.Date(2025, 11, 12, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))
	err := onNetwork(ctx, &c.Config, start, func(ctx context.Context, n *Network, d *doors) error {
		h := &handover{c: c, network: n, doors: d, out: &t}
		err := h.play(ctx)
		t.OK = err == nil
		return err
	})
	return t, err
}

// handover plays one transfer.
type handover struct {
	c       TransferConfig
	network *Network
	doors   *doors
	out     *Transferred

	files []handed
	head  string
	root  string
}

// handed is one file on its way.
type handed struct {
	path, name, kind string
	pages            int
	size             int64
	sum              [sha256.Size]byte
	commitment       string
}

func (h *handover) play(ctx context.Context) error {
	h.out.Network = h.network.Dir
	return steps(ctx, &h.out.Steps, h.c.Report, []step{
		{"生成三个虚构的文件：扫描件、照片、录像", "three synthetic files: a scan, a photo, footage", h.make},
		{"存入大兴的保管库（加密、承诺值）", "put into Daxing's vault: encrypted, committed to", h.put},
		{"拟稿：移送案件，材料以承诺值登记", "draft: the case, its materials named by commitments", h.draft},
		{"负责人批准", "the bureau head approves", h.approve},
		{"提出移交：用途、依据、接收单位上账", "offer: purpose, basis and recipient on the ledger", h.offer},
		{"发出移送函", "the letter is sent", h.send},
		{"保定节点点对点取回、逐块核验、签署回执", "Baoding's node fetches peer to peer, verifies, signs the receipt", h.fetch},
		{"移送函自动签收，法定期限起算", "the letter is received by itself; the limits of the law begin", h.received},
		{"保定打开文件，与原件逐字节一致", "Baoding opens the files: equal to the last byte", h.open},
		{"保存回执", "the receipt is kept", h.keep},
		{"查明谁看过：逐节点重建访问日志，与账上日志头一致", "who looked: every node's access log built anew, equal to its head on the ledger", h.looked},
	})
}

// make writes the files: they look like what they are called, and mean nothing.
func (h *handover) make(context.Context) error {
	dir := filepath.Join(h.network.Dir, filesFolder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	noise := rand.NewChaCha8([32]byte{1})
	scan := []byte("%PDF-1.4\n% （合成）现场笔录 SYNTHETIC\n")
	scan = append(scan, make([]byte, 400<<10)...)
	_, _ = noise.Read(scan[48:]) // never fails
	scan = append(scan, "\n%%EOF\n"...)
	photo, err := drawPhoto()
	if err != nil {
		return err
	}
	for _, f := range []struct {
		handed
		content io.Reader
	}{
		{handed{name: "现场笔录.pdf", kind: "site_record", pages: 4}, bytes.NewReader(scan)},
		{handed{name: "电缆照片.jpg", kind: "audiovisual", pages: 1}, bytes.NewReader(photo)},
		{handed{name: "现场录像.mp4", kind: "audiovisual", pages: 0}, io.LimitReader(noise, h.c.BigMiB<<20)},
	} {
		f.path = filepath.Join(dir, f.name)
		if err := f.write(f.content); err != nil {
			return err
		}
		h.files = append(h.files, f.handed)
		h.out.Bytes += f.size
	}
	return nil
}

func (f *handed) write(content io.Reader) error {
	out, err := os.OpenFile(f.path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	f.size, err = io.Copy(io.MultiWriter(out, sum), content)
	sum.Sum(f.sum[:0])
	return errors.Join(err, out.Close())
}

// drawPhoto is a JPEG of some hundred kilobytes.
func drawPhoto() ([]byte, error) {
	img := image.NewRGBA(image.Rect(0, 0, 1600, 1200))
	noise := rand.New(rand.NewPCG(1, 2))
	for y := range 1200 {
		for x := range 1600 {
			img.Set(x, y, color.RGBA{R: uint8(x / 7), G: uint8(y / 5), B: uint8(noise.Uint32()), A: 255}) //nolint:gosec // a pattern
		}
	}
	var out bytes.Buffer
	err := jpeg.Encode(&out, img, nil)
	return out.Bytes(), err
}

func (h *handover) put(ctx context.Context) error {
	door, err := h.doors.of(sender)
	if err != nil {
		return err
	}
	for i := range h.files {
		f := &h.files[i]
		m, err := door.PutFile(ctx, client.NewKey(), f.name, f.size, f.sum, func() (io.ReadCloser, error) { return os.Open(f.path) })
		if err != nil {
			return err
		}
		f.commitment = m.Commitment
	}
	return nil
}

func (h *handover) draft(ctx context.Context) error {
	var materials []map[string]any
	for _, f := range h.files {
		materials = append(materials, map[string]any{"kind": f.kind, "name": f.name, "pages": f.pages, "size": f.size, "commitment": f.commitment})
	}
	fields := map[string]any{
		"case_file_no": "京大市监立〔2025〕118号", "filed_on": "2025-10-20", "source_code": "supervision",
		"party_kind": "enterprise", "party_name": "北京（合成）恒缆商贸有限公司", "party_uscc": "91110108XXXX00078T",
		"registered_division": "110108", "actual_division": "130602", "cause": "shoddy_as_good",
		"facts":               "（合成）某工地查见短斤少两电缆，由当事人设在保定市竞秀区的加工点生产，生产环节不在本辖区。",
		"jurisdiction_ground": "art7", "jurisdiction_note": "违法行为发生地（生产加工点）在保定市竞秀区",
		"proposed_receiver": receiver.Org, "contact": "大兴（合成）承办人 010-00000000", "materials": materials,
	}
	door, err := h.doors.of(sender)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	receipt, err := door.Open(ctx, client.NewKey(), v1.OpenRequest{Procedure: "case_transfer", Role: sender.Role, Fields: raw})
	return h.took(ctx, door, receipt, err)
}

// took waits for the ledger's answer to an act on the case.
func (h *handover) took(ctx context.Context, door *client.Client, receipt v1.Receipt, err error) error {
	if err != nil {
		return err
	}
	if receipt, err = door.Await(ctx, receipt); err != nil {
		return err
	}
	if receipt.Status != v1.Committed {
		return fmt.Errorf("the statement is %s", receipt.Status)
	}
	h.out.Record, h.head = receipt.Record, receipt.Head
	return nil
}

func (h *handover) act(ctx context.Context, who Actor, event string, fields map[string]any) error {
	door, err := h.doors.of(who)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	receipt, err := door.Act(ctx, client.NewKey(), h.out.Record, h.head, v1.ActRequest{Event: event, Role: who.Role, Fields: raw})
	return h.took(ctx, door, receipt, err)
}

func (h *handover) approve(ctx context.Context) error {
	return h.act(ctx, approver, "approve", map[string]any{})
}

func (h *handover) offer(ctx context.Context) error {
	door, err := h.doors.of(postman)
	if err != nil {
		return err
	}
	var list []string
	for _, f := range h.files {
		list = append(list, f.commitment)
	}
	answer, err := door.Offer(ctx, client.NewKey(), v1.OfferRequest{
		To: receiver.Org, Record: h.out.Record, Purpose: "查处移送的案件", Basis: "程序规定 第14条", Materials: list, Role: postman.Role,
	})
	if err != nil {
		return err
	}
	h.root, h.out.Offer = answer.Root, answer.Region+"/"+answer.ID
	return nil
}

func (h *handover) send(ctx context.Context) error {
	return h.act(ctx, postman, "send", map[string]any{"doc_no": "京大市监案移〔2025〕45号", "payload_root": h.root, "receiver_org": receiver.Org})
}

// fetch waits for the receipt that the recipient's node signs.
func (h *handover) fetch(ctx context.Context) error {
	began := time.Now()
	o, err := h.offered(ctx, func(o v1.Offer) bool { return o.State != "open" })
	if err != nil {
		return err
	}
	if o.State != "fulfilled" {
		return fmt.Errorf("the offer is %s", o.State)
	}
	h.out.MiBPerS = float64(h.out.Bytes>>10) / 1024 / time.Since(began).Seconds()
	return nil
}

// offered asks the recipient's node about the offer until it is as wanted.
func (h *handover) offered(ctx context.Context, ok func(v1.Offer) bool) (o v1.Offer, err error) {
	door, err := h.doors.of(receiver)
	if err != nil {
		return o, err
	}
	ctx, cancel := context.WithTimeout(ctx, deliverPatience)
	defer cancel()
	region, id := h.out.Offer[:6], h.out.Offer[7:]
	err = poll(ctx, func() error {
		if o, err = door.OfferByID(ctx, region, id); err == nil && !ok(o) {
			err = fmt.Errorf("the offer is %s, %s", o.State, o.Note)
		}
		if err != nil {
			return errors.New(err.Error()) // no refusal for good: the node may not have heard of it yet
		}
		return nil
	})
	return o, err
}

// looked asks, as Baoding's auditor, who looked at the case and its files, and proves
// that nobody is missing: at least the offer, what the node was given, and what was
// opened.
func (h *handover) looked(ctx context.Context) error {
	door, err := h.doors.of(auditor)
	if err != nil {
		return err
	}
	f, err := door.WhoLooked(ctx, h.out.Record)
	if err != nil {
		return err
	}
	if len(f.Gaps) > 0 {
		return fmt.Errorf("node %s does not show who looked: %s", f.Gaps[0].Node, f.Gaps[0].Why)
	}
	for _, v := range f.Judge(nil) {
		if v.Err != nil {
			return fmt.Errorf("the access log of %s is not the one on the ledger: %w", v.Node, v.Err)
		}
		if v.Anchored < v.Entries {
			return fmt.Errorf("the ledger has a head of %d of the %d entries of %s's access log", v.Anchored, v.Entries, v.Node)
		}
		h.out.Looks += len(v.Found)
	}
	if least := 1 + 2*len(h.files); h.out.Looks < least {
		return fmt.Errorf("%d looks stand in the logs, there were at least %d", h.out.Looks, least)
	}
	return nil
}

func (h *handover) received(ctx context.Context) error {
	door, err := h.doors.of(receiver)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, waitPatience)
	defer cancel()
	return poll(ctx, func() error {
		rec, err := door.Record(ctx, h.out.Record, client.Read{})
		if err == nil && rec.State != "received" {
			err = fmt.Errorf("%s is %s", h.out.Record, rec.State)
		}
		if err == nil {
			h.head = rec.Head
		}
		return err
	})
}

func (h *handover) open(ctx context.Context) error {
	door, err := h.doors.of(receiver)
	if err != nil {
		return err
	}
	for _, f := range h.files {
		ctx, cancel := context.WithTimeout(ctx, deliverPatience)
		err := poll(ctx, func() error { return same(ctx, door, f) }) // admitted right after the receipt
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

func same(ctx context.Context, door *client.Client, f handed) error {
	body, err := door.Material(ctx, f.commitment, "")
	if err != nil {
		return errors.New(err.Error())
	}
	defer body.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, body); err != nil {
		return err
	}
	if !bytes.Equal(sum.Sum(nil), f.sum[:]) {
		return fmt.Errorf("%s came out different", f.name)
	}
	return nil
}

// keep saves the proof that the recipient's receipt stands on the ledger.
func (h *handover) keep(ctx context.Context) error {
	o, err := h.offered(ctx, func(o v1.Offer) bool { return o.EndedBy != "" })
	if err != nil {
		return err
	}
	door, err := h.doors.of(receiver)
	if err != nil {
		return err
	}
	raw, _, err := door.Receipt(ctx, o.EndedBy, client.ReceiptOptions{Final: true, Wait: finalPatience})
	if err != nil {
		return err
	}
	if raw == nil {
		return errors.New("no final checkpoint covers the receipt yet")
	}
	if _, err := checkpoint.ParseReceipt(raw); err != nil {
		return err
	}
	h.out.Receipt, h.out.Keys = filepath.Join(h.network.Dir, ReceiptName), filepath.Join(h.network.Dir, KeysName)
	return os.WriteFile(h.out.Receipt, raw, 0o600)
}
