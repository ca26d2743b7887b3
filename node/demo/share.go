package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/procedure"
)

const (
	// sharedRows is how many synthetic enterprises Hebei's data set has.
	sharedRows = 2000
	// RowsName is the file that they are loaded from.
	RowsName = "enterprises.csv"
)

// ShareConfig says how to play the sharing of a data set.
type ShareConfig struct {
	Config
	Report func(TransferStep)
}

// Shared is what the sharing of a data set showed.
type Shared struct {
	OK        bool           `json:"ok"`
	DataSet   string         `json:"data_set"`
	Agreement string         `json:"agreement"`
	Loaded    uint64         `json:"loaded"`
	Given     int            `json:"given"` // rows, over all pages
	Pages     int            `json:"pages"`
	Refused   []string       `json:"refused"` // codes, in order
	Rows      string         `json:"rows"`    // file
	Steps     []TransferStep `json:"steps"`
	Network   string         `json:"network"` // folder
}

var (
	keeper    = Actor{Region: "130000", Org: "130000-SJ", Role: "liaison", Person: "he-liaison-1"}
	keeperTop = Actor{Region: "130000", Org: "130000-SJ", Role: "bureau_head", Person: "he-head-1"}
	asker     = Actor{Region: "110000", Org: "110000-SJ", Role: "liaison", Person: "bj-liaison-1"}
	askerTop  = Actor{Region: "110000", Org: "110000-SJ", Role: "bureau_head", Person: "bj-head-1"}
)

// Share founds a network in which Hebei loads a data set, agrees with Beijing on some
// of it, answers, and revokes. Without Once it stays up until ctx ends.
func Share(ctx context.Context, c ShareConfig) (Shared, error) {
	var out Shared
	err := onNetwork(ctx, &c.Config, time.Date(2025, 11, 12, 9, 0, 0, 0, time.FixedZone("CST", 8*3600)), func(ctx context.Context, n *Network, d *doors) error {
		s := &sharing{c: c, doors: d, out: &out}
		out.Network = n.Dir
		err := s.play(ctx)
		out.OK = err == nil
		return err
	})
	return out, err
}

// sharing plays it.
type sharing struct {
	c     ShareConfig
	doors *doors
	out   *Shared
	next  string // cursor of a question that is broken off
}

func (s *sharing) play(ctx context.Context) error {
	return steps(ctx, &s.out.Steps, s.c.Report, []step{
		{"河北登记数据集目录条目，部门负责人发布", "Hebei enters a data set into the catalogue; its bureau head publishes it", s.publish},
		{"装载有误的文件：逐行指出错误，一行未装", "a sheet with mistakes: each is named, nothing is loaded", s.mistaken},
		{fmt.Sprintf("装载 %d 家（合成）企业", sharedRows), fmt.Sprintf("%d synthetic enterprises are loaded, all at once", sharedRows), s.load},
		{"北京申请：目的、字段、条件、期限；河北同意", "Beijing asks for purpose, fields, rows and term; Hebei accepts", s.agree},
		{"北京逐页查询，每页双方留痕、带签名证据", "Beijing asks page by page: each is logged by both and proved", s.ask},
		{"未约定的字段、目的和条件均被拒绝", "fields, purposes and filters that are not agreed are refused", s.refused},
		{"河北废止协议：查到一半的查询随即中止", "Hebei revokes: the question that is under way ends", s.revoke},
	})
}

const sharedColumns = `[
 {"name":"uscc","title_zh":"统一社会信用代码","title_en":"Credit code","type":"uscc","class":"clear"},
 {"name":"name","title_zh":"企业名称","title_en":"Enterprise","type":"string","class":"clear","max":60},
 {"name":"city","title_zh":"所在市","title_en":"City","type":"enum","class":"clear","choices":["石家庄市","保定市","廊坊市","沧州市"]},
 {"name":"product","title_zh":"产品","title_en":"Product","type":"enum","class":"clear","choices":["电线电缆","钢筋","水泥","充电器"]},
 {"name":"grade","title_zh":"信用等级","title_en":"Credit class","type":"enum","class":"clear","choices":["A","B","C","D"]},
 {"name":"output","title_zh":"年产值","title_en":"Yearly output","type":"decimal","places":2,"unit":"万元","class":"clear","may_lack":true},
 {"name":"checked_on","title_zh":"最近检查日期","title_en":"Last inspection","type":"date","class":"clear","may_lack":true},
 {"name":"phone","title_zh":"负责人电话","title_en":"Telephone of the manager","type":"string","class":"personal","max":20}]`

func (s *sharing) publish(ctx context.Context) error {
	fields := map[string]any{
		"set_no": "HB-GY-2025-01", "title": "（合成）河北工业产品生产企业信用名录", "summary": "（合成）工业产品生产企业、产品、信用等级和检查情况，均为虚构",
		"contact": "（合成）质量监督处 0311-00000000", "data_class": "general", "personal_data": "personal", "rhythm": "monthly",
		"columns": json.RawMessage(sharedColumns), "key_columns": []string{"uscc"}, "shared_with": []string{"110000-SJ", "120000-SJ"},
	}
	r, err := s.doors.opened(ctx, keeper, "data_set", fields)
	if err != nil {
		return err
	}
	s.out.DataSet = r.Record
	return s.doors.acted(ctx, keeperTop, r.Record, "publish", map[string]any{"release_doc": "冀市监〔2025〕101号"})
}

// rows is the file: every fourth enterprise lies in Baoding.
func (s *sharing) rows(spoil bool) ([]byte, error) {
	var b strings.Builder
	b.WriteString("统一社会信用代码,企业名称,所在市,产品,信用等级,年产值（万元）,最近检查日期,负责人电话\r\n")
	for i := range sharedRows {
		body := fmt.Sprintf("9113%02d00MA0T%05d", 1+i%4, i)
		digit, _ := procedure.CheckDigit(body)
		city := []string{"石家庄市", "保定市", "廊坊市", "沧州市"}[i%4]
		product := []string{"电线电缆", "钢筋", "水泥", "充电器"}[i/4%4]
		grade := string("ABCD"[i/16%4])
		checked := ""
		if i%3 > 0 {
			checked = fmt.Sprintf("2025-%02d-%02d", 1+i%9, 1+i%28)
		}
		switch {
		case spoil && i == 10:
			city = "北京市"
		case spoil && i == 20:
			body = body[:16] + "Z"
		case spoil && i == 30:
			checked = "去年"
		}
		fmt.Fprintf(&b, "%s%c,（合成）第%d号企业,%s,%s,%s,%d.%02d,%s,0311-%08d\r\n", body, digit, i+1, city, product, grade, 10+i*7%5000, i%100, checked, i)
	}
	return simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(b.String())) // as spreadsheets here save it
}

// send loads a file from the folder of the demo.
func (s *sharing) send(ctx context.Context, content []byte) (v1.DataLoadReport, error) {
	dir := filepath.Join(s.out.Network, filesFolder)
	s.out.Rows = filepath.Join(dir, RowsName)
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(s.out.Rows, content, 0o600)); err != nil {
		return v1.DataLoadReport{}, err
	}
	door, err := s.doors.of(keeper)
	if err != nil {
		return v1.DataLoadReport{}, err
	}
	return door.LoadRows(ctx, client.Rows{
		Set: s.out.DataSet, Size: int64(len(content)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
	})
}

func (s *sharing) mistaken(ctx context.Context) error {
	content, err := s.rows(true)
	if err != nil {
		return err
	}
	r, err := s.send(ctx, content)
	if err == nil && (r.Done || r.Wrong != 3 || len(r.Faults) != 3 || r.Faults[0].Row != 12) {
		err = fmt.Errorf("the sheet with three mistakes gave %+v", r)
	}
	return err
}

func (s *sharing) load(ctx context.Context) error {
	content, err := s.rows(false)
	if err != nil {
		return err
	}
	r, err := s.send(ctx, content)
	if err == nil && (!r.Done || r.Rows != sharedRows) {
		err = fmt.Errorf("the sheet gave %+v", r)
	}
	s.out.Loaded = r.Rows
	return err
}

func (s *sharing) agree(ctx context.Context) error {
	r, err := s.doors.opened(ctx, asker, "data_agreement", map[string]any{
		"counterpart": keeper.Org, "data_set": s.out.DataSet, "purposes": []string{"inspection", "draw_targets"}, "use": "（合成）三地互检前了解企业信用等级，拟定检查对象",
		"legal_basis": "政务数据共享条例 第4条", "agreed_columns": []string{"uscc", "name", "product", "grade", "checked_on"},
		"row_filter": `city == "保定市" && grade in ["C", "D"]`, "expires_on": "2026-06-30",
	})
	if err != nil {
		return err
	}
	s.out.Agreement = r.Record
	if err := s.doors.acted(ctx, askerTop, r.Record, "propose", map[string]any{"proposal_doc": "京市监〔2025〕102号"}); err != nil {
		return err
	}
	return s.doors.acted(ctx, keeperTop, r.Record, "accept", map[string]any{"acceptance_doc": "冀市监〔2025〕103号"})
}

func (s *sharing) question() v1.DataQuestion {
	return v1.DataQuestion{Agreement: s.out.Agreement, Purpose: "inspection", Limit: 100}
}

// ask asks every page; the owner's node may have to hear of the agreement first.
func (s *sharing) ask(ctx context.Context) error {
	door, err := s.doors.of(asker)
	if err != nil {
		return err
	}
	q := s.question()
	seen := map[string]bool{}
	for first := true; first || q.Cursor != ""; first = false {
		var page v1.DataPage
		err := s.polled(ctx, func() (err error) { page, err = door.QueryDataSet(ctx, s.out.DataSet, q); return err })
		if err != nil {
			return err
		}
		for _, row := range page.Rows {
			seen[string(row)] = true
		}
		s.out.Given, s.out.Pages = s.out.Given+len(page.Rows), s.out.Pages+1
		if first {
			s.next = page.Next
		}
		q.Cursor = page.Next
	}
	answers, err := door.DataAnswers(ctx, s.out.Agreement, client.Read{})
	if err == nil && (len(seen) != s.out.Given || s.out.Given == 0 || s.out.Given >= sharedRows/4 || len(answers) != s.out.Pages) {
		err = fmt.Errorf("%d rows, %d of them different, on %d pages, %d of them proved", s.out.Given, len(seen), s.out.Pages, len(answers))
	}
	return err
}

// polled waits until the other node has applied what this one has.
func (s *sharing) polled(ctx context.Context, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, waitPatience)
	defer cancel()
	return poll(ctx, func() error {
		if err := try(); err != nil {
			return errors.New(err.Error()) // no refusal for good: the other node may be behind
		}
		return nil
	})
}

// refuse asks what has to be refused with a code.
func (s *sharing) refuse(ctx context.Context, code string, spoil func(q *v1.DataQuestion)) error {
	door, err := s.doors.of(asker)
	if err != nil {
		return err
	}
	q := s.question()
	spoil(&q)
	_, err = door.QueryDataSet(ctx, s.out.DataSet, q)
	if err == nil || problem.Of(err).Code != code {
		return fmt.Errorf("expected %s: %w", code, err)
	}
	s.out.Refused = append(s.out.Refused, code)
	return nil
}

func (s *sharing) refused(ctx context.Context) error {
	return errors.Join(
		s.refuse(ctx, "field_not_agreed", func(q *v1.DataQuestion) { q.Fields = []string{"phone"} }),
		s.refuse(ctx, "purpose_not_agreed", func(q *v1.DataQuestion) { q.Purpose = "statistics" }),
		s.refuse(ctx, "filter_invalid", func(q *v1.DataQuestion) { q.Filter = `phone.startsWith("0311")` }),
		s.refuse(ctx, "bad_cursor", func(q *v1.DataQuestion) { q.Cursor = "Zm9yZ2Vk" }),
	)
}

func (s *sharing) revoke(ctx context.Context) error {
	if err := s.doors.acted(ctx, keeperTop, s.out.Agreement, "revoke", map[string]any{"reason": "（合成）检查已经结束"}); err != nil {
		return err
	}
	return s.refuse(ctx, "agreement_not_in_force", func(q *v1.DataQuestion) { q.Cursor = s.next })
}
