package public_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/checkpoint"
)

// Ensure entries are found by every spelling of their hashes, by the head of a record
// and by place, also those that came since the last question; that an auditor finds
// all, and others what their region is a party to.
func TestFindEntries(t *testing.T) {
	n := solo.New(t)
	beijing := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	tianjin := openDoor(t, n, solo.Someone(solo.Tianjin, "zhao", "clerk"), solo.Options{})
	auditor := tianjin.as(solo.Someone(solo.Tianjin, "shen", "auditor"))
	find := func(d *door, query string) v1.Entries {
		t.Helper()
		var found v1.Entries
		d.get("/v1/entries?"+query, &found)
		if found.Searched != found.Size {
			t.Errorf("searched %d of %d", found.Searched, found.Size)
		}
		return found
	}
	for i := range 3 {
		made := beijing.open("unqualified", "clerk", strings.Replace(unqualified, "0412", fmt.Sprintf("%04d", i), 1))
		at := find(beijing, fmt.Sprintf("index=%d", *made.Index))
		if len(at.Items) != 1 || at.Items[0].Statement != made.ID || at.Items[0].LeafHash != made.LeafHash {
			t.Fatalf("by its place: %+v", at)
		}
		var record v1.Record
		beijing.get("/v1/records/"+made.Record, &record)
		for name, text := range map[string]string{"leaf": made.LeafHash, "head": record.Head} {
			raw, err := strict.Base64URL(text)
			if err != nil {
				t.Fatal(err)
			}
			whole := hex.EncodeToString(raw)
			for _, spelling := range []string{text, text[:20], text[:13], whole, whole[:8], whole[:9], strings.ToUpper(whole[:13])} {
				found := find(beijing, "hash="+spelling)
				if len(found.Items) != 1 || found.Items[0].Index != *made.Index {
					t.Errorf("%s as %s: %+v", name, spelling, found)
				}
				if found := find(auditor, "hash="+spelling); len(found.Items) != 1 || found.Items[0].Hash != record.Head {
					t.Errorf("%s for an auditor: %+v", name, found)
				}
				if found := find(tianjin, "hash="+spelling); len(found.Items) != 0 {
					t.Errorf("%s for a region that is no party: %+v", name, found)
				}
			}
			other := whole[:8] + map[bool]string{true: "1", false: "0"}[whole[8] == '0']
			if found := find(auditor, "hash="+other); len(found.Items) != 0 {
				t.Errorf("another hash: %+v", found)
			}
		}
	}
	if found := find(auditor, "index=99"); len(found.Items) != 0 {
		t.Errorf("%+v", found)
	}
	for _, query := range []string{"", "hash=", "hash=1234567", "hash=abc", "hash=" + strings.Repeat("g", 44), "hash=" + strings.Repeat("a", 65), "hash=12345678&index=1", "index=-1", "index=2025-11-10", "hash=" + strings.Repeat("_", 43), "hash=12345678%00"} {
		problemOf(t, auditor.do("GET", "/v1/entries?"+query, ""), 422, problem.ValidationFailed)
	}
	problemOf(t, beijing.as(solo.Someone(solo.Beijing, "yun", "operator")).do("GET", "/v1/entries?index=0", ""), 403, problem.Forbidden)
}

// Ensure an auditor has the receipt of another region's statement, proven, and nobody
// else has.
func TestReceiptOfAnotherRegion(t *testing.T) {
	n := solo.New(t)
	beijing := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	tianjin := openDoor(t, n, solo.Someone(solo.Tianjin, "zhao", "clerk"), solo.Options{})
	auditor := tianjin.as(solo.Someone(solo.Tianjin, "shen", "auditor"))
	made := beijing.open("unqualified", "clerk", unqualified)
	path := receiptPath(made.ID)

	w := auditor.do("GET", path+"?region=110000&grade=final", "")
	if at := w.Header().Get("Location"); w.Code != 202 || at != path+"?grade=final&region=110000" {
		t.Errorf("%d, Location %s", w.Code, at)
	}
	n.Notes.Publish()
	w = auditor.do("GET", path+"?region=110000", "")
	r, err := checkpoint.ParseReceipt(w.Body.Bytes())
	if err != nil || w.Code != 200 {
		t.Fatalf("%d %v", w.Code, err)
	}
	if grade, err := r.Verify(n.Notes.Keys(), checkpoint.PolicyOf(n.Genesis.Genesis)); err != nil || grade != checkpoint.GradeFinal || r.Index != *made.Index {
		t.Errorf("%s: %v", grade, err)
	}
	if w := beijing.do("GET", path+"?region=110000", ""); w.Code != 200 {
		t.Errorf("one's own region by name: %d", w.Code)
	}
	problemOf(t, auditor.do("GET", path, ""), 404, problem.NotFound)
	problemOf(t, tianjin.do("GET", path+"?region=110000", ""), 403, problem.Forbidden)
	for _, region := range []string{"", "11000", "abcdef", "110000%20"} {
		problemOf(t, auditor.do("GET", path+"?region="+region+"&wait=0s", ""), map[bool]int{true: 404, false: 422}[region == ""], map[bool]string{true: problem.NotFound, false: problem.ValidationFailed}[region == ""])
	}
}
