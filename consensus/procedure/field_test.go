package procedure

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// synthetic credit codes of DOMAIN 5.1; the body is four capital X and a number.
func synthetic(t testing.TB) []string {
	t.Helper()
	x := strings.Repeat("X", 4)
	return []string{
		"92120114" + x + "00019E", "91131003" + x + "00027R", "91110115" + x + "00035H", "91130108" + x + "00043G",
		"91120112" + x + "000510", "92130602" + x + "0006X3", "91110108" + x + "00078T", "12120000" + x + "000866",
	}
}

func why(t *testing.T, f Field, value string) string {
	t.Helper()
	f.Name, f.Label = "f", Label{"字段", "Field"}
	err := f.Check(value)
	if err == nil {
		return ""
	}
	var r *Refusal
	if !errors.As(err, &r) || r.Code != CodeFieldInvalid || r.ZH == "" || r.EN == "" || strings.HasSuffix(r.ZH, "：") {
		t.Errorf("%s: refused by %v", value, err)
		return "?"
	}
	return r.Params["reason"]
}

func text(s string) string { return strconv.Quote(s) }

func TestFieldTypes(t *testing.T) {
	long := strings.Repeat("长", 201)
	commitment := "sc1." + strings.Repeat("A", 43)
	for _, v := range []struct {
		field Field
		value string
		want  string
	}{
		{Field{Type: TypeString}, text("武清区（合成）驰光配件"), ""},
		{Field{Type: TypeString}, text(""), "empty"},
		{Field{Type: TypeString}, text("   "), "empty"},
		{Field{Type: TypeString}, `"　"`, "empty"},
		{Field{Type: TypeString, Min: bound(0)}, text(""), ""},
		{Field{Type: TypeString}, text(long), "too_long"},
		{Field{Type: TypeString}, text(long[:600]), ""},
		{Field{Type: TypeString, Min: bound(3)}, text("两字"), "too_short"},
		{Field{Type: TypeString}, text("a\nb"), "hidden_character"},
		{Field{Type: TypeText}, text("a\nb"), ""},
		{Field{Type: TypeText}, text("a\tb"), "hidden_character"},
		{Field{Type: TypeString}, `"a\u0000b"`, "hidden_character"},
		{Field{Type: TypeString}, `"a\u202eb"`, "hidden_character"},
		{Field{Type: TypeString}, `"a\u2066b"`, "hidden_character"},
		{Field{Type: TypeString}, `"a\u200bb"`, "hidden_character"},
		{Field{Type: TypeString}, `"a\ufeffb"`, "hidden_character"},
		{Field{Type: TypeString}, `"a\ue000b"`, "hidden_character"},
		{Field{Type: TypeString}, `"a\u007fb"`, "hidden_character"},
		{Field{Type: TypeString}, `"e\u0301"`, "not_nfc"},
		{Field{Type: TypeString}, `"\u00e9"`, ""},
		{Field{Type: TypeString}, `"\uf900"`, "not_nfc"}, // a compatibility Han that composes away
		{Field{Type: TypeString}, `"𠮷"`, ""},
		{Field{Type: TypeString}, `5`, "type"},
		{Field{Type: TypeString}, `null`, "type"},

		{Field{Type: TypeInt, Min: bound(1), Max: bound(50)}, `50`, ""},
		{Field{Type: TypeInt, Min: bound(1), Max: bound(50)}, `0`, "too_small"},
		{Field{Type: TypeInt, Min: bound(1), Max: bound(50)}, `51`, "too_large"},
		{Field{Type: TypeInt}, `"5"`, "type"},
		{Field{Type: TypeInt}, `5.0`, "type"},
		{Field{Type: TypeBool}, `true`, ""},
		{Field{Type: TypeBool}, `"true"`, "type"},
		{Field{Type: TypeBool}, `1`, "type"},

		{Field{Type: TypeDecimal, Places: 2}, text("12850.00"), ""},
		{Field{Type: TypeDecimal, Places: 2}, text("-0.01"), ""},
		{Field{Type: TypeDecimal, Places: 2}, text("12.5"), "decimal_places"},
		{Field{Type: TypeDecimal, Places: 2}, text("12"), "decimal_places"},
		{Field{Type: TypeDecimal, Places: 2}, text("012.00"), "decimal_places"},
		{Field{Type: TypeDecimal, Places: 2}, text("-0.00"), "decimal_places"},
		{Field{Type: TypeDecimal, Places: 2}, text("1e5.00"), "decimal_places"},
		{Field{Type: TypeDecimal, Places: 2}, text("99999999999999.00"), "decimal_places"},
		{Field{Type: TypeDecimal, Places: 2}, `12.50`, "type"},
		{Field{Type: TypeDecimal, Places: 2, Max: bound(1000)}, text("10.01"), "too_large"},
		{Field{Type: TypeDecimal, Places: 2, Min: bound(0)}, text("-0.01"), "too_small"},

		{Field{Type: TypeDate}, text("2025-09-25"), ""},
		{Field{Type: TypeDate}, text("2025-02-29"), "form"},
		{Field{Type: TypeDate}, text("2025-09-25T00:00:00+08:00"), "form"},
		{Field{Type: TypeTime}, text("2025-09-25T15:02:00+08:00"), ""},
		{Field{Type: TypeTime}, text("2025-09-25T15:02:00Z"), "not_shanghai_seconds"},
		{Field{Type: TypeTime}, text("2025-09-25T15:02:60+08:00"), "not_shanghai_seconds"},
		{Field{Type: TypeTime}, text("2025-09-25T15:02:00.5+08:00"), "not_shanghai_seconds"},
		{Field{Type: TypeEnum, Values: []Value{{Name: "a"}}}, text("a"), ""},
		{Field{Type: TypeEnum, Values: []Value{{Name: "a"}}}, text("b"), "not_a_choice"},

		{Field{Type: TypeRegion}, text("140000"), ""},
		{Field{Type: TypeRegion}, text("140100"), "form"},
		{Field{Type: TypeRegion}, text("100000"), "form"},
		{Field{Type: TypeDivision}, text("131003"), ""},
		{Field{Type: TypeDivision}, text("031003"), "form"},
		{Field{Type: TypeOrg}, text("131003-SJ"), ""},
		{Field{Type: TypeOrg}, text("100000-SJ"), ""},
		{Field{Type: TypeOrg}, text("131003-ZF02"), ""},
		{Field{Type: TypeOrg}, text("131003-sj"), "form"},
		{Field{Type: TypeOrg}, text("131003SJ"), "form"},
		{Field{Type: TypeOrg}, text("131003-S1"), "form"},
		{Field{Type: TypeOrg}, text("131003-SJ123"), "form"},

		{Field{Type: TypeUSCC}, text("91110000MA01ABCD9X"), "check_digit"},
		{Field{Type: TypeUSCC}, text("9111000IMA01ABCD9X"), "form"},
		{Field{Type: TypeUSCC}, text("911100000000000000S"), "form"},
		{Field{Type: TypeDocNo}, text("津市监管质监抽通〔2025〕18号"), ""},
		{Field{Type: TypeDocNo}, text("京技管商务消移送〔2026〕J1234号"), ""},
		{Field{Type: TypeDocNo}, text("津市监〔2025〕018号"), "form"},
		{Field{Type: TypeDocNo}, text("津市监〔2025〕第18号"), "form"},
		{Field{Type: TypeDocNo}, text("津市监[2025]18号"), "form"},
		{Field{Type: TypeDocNo}, text("津市监〔25〕18号"), "form"},
		{Field{Type: TypeDocNo}, text("津〔2025〕18号"), "form"},
		{Field{Type: TypeDocNo}, text("津市监〔2025〕18"), "form"},
		{Field{Type: TypeDocNo}, text("津市监〔2025〕18号 "), "form"},
		{Field{Type: TypeDocNo}, text("津市监〔2025〕ABCD1号"), "form"},
		{Field{Type: TypeDocNo}, text("津市监〔2025〕12345678号"), "form"},
		{Field{Type: TypeCaseFileNo}, text("冀廊市监立〔2025〕37号"), ""},
		{Field{Type: TypeCaseFileNo}, text("BJ-2025/0012"), ""},
		{Field{Type: TypeCaseFileNo}, text("无编号"), "form"},
		{Field{Type: TypeCaseFileNo}, text("编号 12"), "form"},
		{Field{Type: TypeCMA}, text("230312340001"), ""},
		{Field{Type: TypeCMA}, text("23031234000"), "form"},
		{Field{Type: TypeCCC}, text("2025011234567890"), ""},
		{Field{Type: TypePerson}, text("张*"), ""},
		{Field{Type: TypePerson}, text("欧阳**"), ""},
		{Field{Type: TypePerson}, text("AAAAAAAAAAAAAAAAAAAAAA"), ""},
		{Field{Type: TypePerson}, text("AAAAAAAAAAAAAAAAAAAAAB"), "form"}, // unused bits
		{Field{Type: TypePerson}, text("张三"), "form"},
		{Field{Type: TypePerson}, text("张三丰*"), "form"},
		{Field{Type: TypePerson}, text("*"), "form"},
		{Field{Type: TypeHash}, text(strings.Repeat("0a", 32)), ""},
		{Field{Type: TypeHash}, text(strings.Repeat("0A", 32)), "form"},
		{Field{Type: TypeCommitment}, text(commitment), ""},
		{Field{Type: TypeCommitment}, text(commitment[:46] + "B"), "not_a_commitment"},
		{Field{Type: TypeCommitment}, text("sc2" + commitment[3:]), "not_a_commitment"},
		{Field{Type: TypeRecord}, text("CT-120000-2025-000018"), ""},
		{Field{Type: TypeRecord}, text("CT-120000-2025-18"), "form"},
		{Field{Type: TypeRecord}, text("ct-120000-2025-000018"), "form"},

		{Field{Type: TypeOfficer}, `{"cert_no":"冀A-0001","person":"张*"}`, ""},
		{Field{Type: TypeOfficer}, `{"cert_no":"冀A-0001"}`, "missing_member"},
		{Field{Type: TypeOfficer}, `{"cert_no":"冀A-0001","person":"张*","age":5}`, "unknown_member"},
		{Field{Type: TypeIntervals}, `[{"kind":"test","from":"2025-09-01","to":"2025-09-01"}]`, ""},
		{Field{Type: TypeIntervals}, `[{"kind":"test","from":"2025-09-02","to":"2025-09-01"}]`, "from_after_to"},
		{Field{Type: TypeIntervals}, `[{"kind":"a","from":"2025-09-01","to":"2025-09-05"},{"kind":"b","from":"2025-09-05","to":"2025-09-06"}]`, "overlaps"},
		{Field{Type: TypeIntervals, Values: []Value{{Name: "a"}}}, `[{"kind":"b","from":"2025-09-01","to":"2025-09-01"}]`, "not_a_choice"},
		{Field{Type: TypeMaterials}, `[{"kind":"photo","pages":2,"commitment":"` + commitment + `","size":5}]`, ""},
		{Field{Type: TypeMaterials}, `[{"kind":"photo","pages":-1,"commitment":"` + commitment + `","size":5}]`, "too_small"},
		{Field{Type: TypeMaterials}, `[{"kind":"photo","pages":2,"size":5}]`, "missing_member"},
		{Field{Type: TypeMaterials, Max: bound(1)}, `[1,2]`, "too_long"},
		{Field{Type: TypeList, Of: &Field{Type: TypeString}, Distinct: "true"}, `["a","b","a"]`, "repeated"},
		{Field{Type: TypeList, Of: &Field{Type: TypeInt}, Min: bound(1)}, `[]`, "too_short"},
		{Field{Type: TypeList, Of: &Field{Type: TypeInt}}, `{"a":1}`, "type"},
		{Field{Type: TypeObject, Members: []Field{{Name: "a", Type: TypeInt, Optional: true}}}, `{}`, ""},
		{Field{Type: TypeObject, Members: []Field{{Name: "a", Type: TypeInt, Optional: true}}}, `{"b":1}`, "unknown_member"},
	} {
		if got := why(t, v.field, v.value); got != v.want {
			t.Errorf("%s %s: got %q, want %q", v.field.Type, v.value, got, v.want)
		}
	}
}

// Ensure the synthetic codes pass and that every single wrong character fails.
func TestUSCC(t *testing.T) {
	for _, code := range synthetic(t) {
		if why := checkUSCC(code); why != valid {
			t.Errorf("%s: %s", code, why)
		}
		for i := range len(code) {
			for k := range len(usccAlphabet) {
				if bad := code[:i] + usccAlphabet[k:k+1] + code[i+1:]; bad != code && checkUSCC(bad) == valid {
					t.Errorf("%s passes", bad)
				}
			}
		}
	}
}

// Normal forms depend on the Unicode tables. They may only move together with
// the ledger's protocol, or replicas would disagree about a text.
func TestUnicodePinned(t *testing.T) {
	if norm.Version != "15.0.0" {
		t.Fatalf("the NFC tables are of Unicode %s: this needs a new protocol version", norm.Version)
	}
}

// Ensure every code and reason has a text in both languages.
func TestTexts(t *testing.T) {
	for code, c := range codeTexts {
		if c.zh == "" || c.en == "" || c.class == "" || !isName(code) {
			t.Errorf("code %s has no text or class", code)
		}
	}
	for why, l := range reasonTexts {
		if l.ZH == "" || l.EN == "" {
			t.Errorf("reason %s has no text", why)
		}
	}
	if ClassOf("made_up") != ClassState || ClassOf(CodeWrongRole) != ClassForbidden || ClassOf(CodeFieldInvalid) != ClassForm {
		t.Error("classes are off")
	}
}

func TestOrganisations(t *testing.T) {
	for _, v := range []struct{ a, b, want string }{
		{"130600-SJ", "131000-SJ", "130000-SJ"},
		{"130602-SJ", "130606-ZF", "130600-SJ"},
		{"130602-SJ", "131003-SJ", "130000-SJ"},
		{"110115-SJ", "110101-SJ", "110000-SJ"}, // districts of a municipality have no city above them
		{"110115-SJ", "130602-SJ", "100000-SJ"},
		{"130602-SJ", "130602-ZF", "130602-SJ"},
		{"130600-SJ", "130602-SJ", "130600-SJ"},
		{"100000-SJ", "130602-SJ", "100000-SJ"},
		{"419001-SJ", "419002-SJ", "410000-SJ"}, // counties directly under the province
		{"130602", "130602-SJ", ""},
	} {
		if got := CommonSuperior(v.a, v.b); got != v.want {
			t.Errorf("%s and %s: %s, want %s", v.a, v.b, got, v.want)
		}
		if CommonSuperior(v.b, v.a) != v.want {
			t.Errorf("%s and %s: the order matters", v.b, v.a)
		}
	}
	for org, want := range map[string]Level{"100000-SJ": LevelState, "130000-SJ": LevelProvince, "130600-SJ": LevelCity, "130602-SJ": LevelCounty, "110115-SJ": LevelCounty, "x": ""} {
		if got := LevelOf(org); got != want {
			t.Errorf("%s: %s, want %s", org, got, want)
		}
	}
	for _, v := range []struct {
		actor, party string
		want         bool
	}{
		{"130602-SJ", "130602-SJ", true},
		{"130602-ZF", "130602-SJ", true},
		{"130602-SJ", "130600-SJ", true},
		{"130602-SJ", "130000-SJ", true},
		{"130000-SJ", "130602-SJ", true},
		{"130600-SJ", "130602-SJ", false},
		{"130602-SJ", "131000-SJ", false},
		{"120000-SJ", "130602-SJ", false},
		{"100000-SJ", "130602-SJ", false},
		{"130000-ZF", "130602-SJ", false},
	} {
		if got := mayActFor(v.actor, v.party); got != v.want {
			t.Errorf("%s for %s: %v", v.actor, v.party, got)
		}
	}
}
