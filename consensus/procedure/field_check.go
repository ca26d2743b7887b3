package procedure

import (
	"strconv"
)

// A reason says why a value is not valid; reasons are part of the interface
// (parameter `reason` of field_invalid).
type reason string

const (
	valid           reason = ""
	badType         reason = "type"
	badEmpty        reason = "empty"
	badTooShort     reason = "too_short"
	badTooLong      reason = "too_long"
	badTooSmall     reason = "too_small"
	badTooLarge     reason = "too_large"
	badHidden       reason = "hidden_character"
	badNFC          reason = "not_nfc"
	badForm         reason = "form"
	badCheckDigit   reason = "check_digit"
	badChoice       reason = "not_a_choice"
	badRegion       reason = "not_a_member"
	badOrg          reason = "not_registered"
	badRecord       reason = "no_such_record"
	badUnknownKey   reason = "unknown_member"
	badMissingKey   reason = "missing_member"
	badRepeated     reason = "repeated"
	badOrder        reason = "from_after_to"
	badOverlap      reason = "overlaps"
	badPlaces       reason = "decimal_places"
	badCommitment   reason = "not_a_commitment"
	badWholeSeconds reason = "not_shanghai_seconds"
	badAbove        reason = "above_its_bound"
	badSame         reason = "equal"
)

// reasonTexts is read only by key.
var reasonTexts = map[reason]Label{
	badType:         {"类型不符", "wrong type of value"},
	badEmpty:        {"不得为空", "must not be empty"},
	badTooShort:     {"过短", "too short"},
	badTooLong:      {"过长", "too long"},
	badTooSmall:     {"过小", "too small"},
	badTooLarge:     {"过大", "too large"},
	badHidden:       {"含有控制字符或不可见字符", "contains control or invisible characters"},
	badNFC:          {"不是 Unicode 规范形式（NFC）", "not in Unicode normal form C"},
	badForm:         {"格式不符", "not in the required form"},
	badCheckDigit:   {"校验码错误", "the check digit is wrong"},
	badChoice:       {"不在可选范围内", "not one of the choices"},
	badRegion:       {"地区不是成员", "the region is not a member"},
	badOrg:          {"机构未登记", "the organisation is not registered"},
	badRecord:       {"所引记录不存在", "the linked record does not exist"},
	badUnknownKey:   {"含有未定义的内容", "has a member that is not declared"},
	badMissingKey:   {"内容不全", "lacks a member"},
	badRepeated:     {"有重复项", "an item is repeated"},
	badOrder:        {"起始晚于截止", "from lies after to"},
	badOverlap:      {"期间重叠", "intervals overlap"},
	badPlaces:       {"小数格式不符", "not a decimal with the declared places"},
	badCommitment:   {"不是承诺值", "not a commitment"},
	badAbove:        {"大于所对应的上限", "above the member that bounds it"},
	badSame:         {"两项不得相同", "the two must not be equal"},
	badWholeSeconds: {"须为北京时间整秒（+08:00）", "has to be a whole second with offset +08:00"},
}

// checker validates the fields of one act.
type checker struct {
	list  []jsonNode
	facts Facts // nil: checks that need the ledger are left out
	err   error // failure of facts
	where string
	links int // other records looked up
}

// Check validates one value of the field outside the ledger (forms, fields
// that stay in the vault). The error is a *Refusal.
func (f *Field) Check(value string) error {
	list, ok := parseJSONText(value)
	if !ok {
		return f.refuse(badType, "")
	}
	c := checker{list: list}
	if why := c.value(f, 0); why != valid {
		return f.refuse(why, c.where)
	}
	return nil
}

// refuse names the field, the place inside it and the reason.
func (f *Field) refuse(why reason, where string) *Refusal {
	t := reasonTexts[why]
	r := &Refusal{Code: CodeFieldInvalid, ZH: f.ZH + where + "：" + t.ZH, EN: f.EN + where + ": " + t.EN}
	r.with("field", f.Name).with("reason", string(why))
	if where != "" {
		r.with("where", where)
	}
	return r
}

// value validates value i against a declaration. On failure where names the
// place inside a list or object.
func (c *checker) value(f *Field, i int) reason {
	n := &c.list[i]
	switch f.Type {
	case TypeBool:
		return need(n.kind == jsonBool, badType)
	case TypeInt:
		return c.integer(f, n)
	case TypeList, TypeMaterials, TypeIntervals:
		if n.kind != jsonArray {
			return badType
		}
		return c.items(f, i)
	case TypeObject:
		if why := c.object(f.Members, i); why != valid {
			return why
		}
		return c.related(f, i)
	case TypeOfficer:
		return c.object(officerMembers, i)
	}
	if n.kind != jsonString {
		return badType
	}
	if n.text == "" && f.Type != TypeString && f.Type != TypeText {
		return badEmpty
	}
	return c.text(f, n.text)
}

func need(ok bool, why reason) reason {
	if ok {
		return valid
	}
	return why
}

// text validates the types whose value is a JSON string.
func (c *checker) text(f *Field, s string) reason {
	switch f.Type {
	case TypeString, TypeText:
		return checkText(s, f.least(1), f.most(), f.Type == TypeText)
	case TypeDecimal:
		return checkDecimal(f, s)
	case TypeDate:
		return checkDate(s)
	case TypeTime:
		return checkTime(s)
	case TypeEnum:
		return need(hasValue(f.Values, s), badChoice)
	case TypeRegion:
		return c.region(s)
	case TypeOrg:
		return c.org(f, s)
	case TypeDivision:
		return need(isDivision(s), badForm)
	case TypeUSCC:
		return checkUSCC(s)
	case TypeDocNo:
		return need(isDocNo(s), badForm)
	case TypeCaseFileNo:
		return need(isCaseFileNo(s), badForm)
	case TypeCMA:
		return need(allDigits(s, 12), badForm)
	case TypeCCC:
		return need(allDigits(s, 16), badForm)
	case TypePerson:
		return need(isPerson(s), badForm)
	case TypeHash:
		return need(isHex64(s), badForm)
	case TypeCommitment:
		return need(isCommitment(s), badCommitment)
	case TypeRecord:
		return c.record(s)
	}
	return badType
}

func hasValue(values []Value, s string) bool {
	for i := range values {
		if values[i].Name == s {
			return true
		}
	}
	return false
}

// least is the declared minimum, or def.
func (f *Field) least(def int64) int64 {
	if f.Min != nil {
		return *f.Min
	}
	return def
}

func (c *checker) integer(f *Field, n *jsonNode) reason {
	if n.kind != jsonInt {
		return badType
	}
	if f.Min != nil && n.num < *f.Min {
		return badTooSmall
	}
	if f.Max != nil && n.num > *f.Max {
		return badTooLarge
	}
	return valid
}

// items validates a list and what its items have in common.
func (c *checker) items(f *Field, i int) reason {
	n := int64(c.list[i].n)
	if n < f.least(0) {
		return badTooShort
	}
	if n > f.most() {
		return badTooLong
	}
	k := 0
	for x := i + 1; x < int(c.list[i].next); x = int(c.list[x].next) {
		var why reason
		switch f.Type {
		case TypeMaterials:
			why = c.material(f, x)
		case TypeIntervals:
			why = c.interval(f, x)
		default:
			why = c.value(f.Of, x)
		}
		if why != valid {
			c.where = "[" + strconv.Itoa(k) + "]" + c.where
			return why
		}
		k++
	}
	if f.Type == TypeIntervals {
		return c.apart(i)
	}
	if f.Distinct != "" {
		return c.distinct(f, i)
	}
	return valid
}

// distinct refuses lists in which a value, or a member of the items, repeats.
func (c *checker) distinct(f *Field, i int) reason {
	seen := make([]string, 0, c.list[i].n)
	k := 0
	for x := i + 1; x < int(c.list[i].next); x = int(c.list[x].next) {
		s := c.list[x].text
		if f.Distinct != "true" {
			s = ""
			if m := c.member(x, f.Distinct); m > 0 {
				s = c.list[m].text
			}
		}
		for _, o := range seen {
			if o == s && s != "" {
				c.where = "[" + strconv.Itoa(k) + "]"
				return badRepeated
			}
		}
		seen = append(seen, s)
		k++
	}
	return valid
}

// member finds a member of object i; 0 when absent.
func (c *checker) member(i int, key string) int {
	for x := i + 1; x < int(c.list[i].next); x = int(c.list[x].next) {
		if c.list[x].key == key {
			return x
		}
	}
	return 0
}

// related holds members of an object against each other where both stand.
func (c *checker) related(f *Field, i int) reason {
	for _, p := range f.Ordered {
		a, b := c.member(i, p.First), c.member(i, p.Second)
		if a > 0 && b > 0 && (c.list[a].num > c.list[b].num || c.list[a].kind == jsonString && c.list[a].text > c.list[b].text) {
			c.where = "." + p.First
			return badAbove
		}
	}
	for _, p := range f.Differ {
		a, b := c.member(i, p.First), c.member(i, p.Second)
		if a > 0 && b > 0 && c.list[a].kind == c.list[b].kind && c.list[a].num == c.list[b].num && c.list[a].text == c.list[b].text {
			c.where = "." + p.First
			return badSame
		}
	}
	return valid
}

// object validates an object: every member declared, none missing that is not
// optional.
func (c *checker) object(members []Field, i int) reason {
	if c.list[i].kind != jsonObject {
		return badType
	}
	found := int32(0)
	for k := range members {
		f := &members[k]
		x := c.member(i, f.Name)
		if x == 0 {
			if f.Optional {
				continue
			}
			c.where = "." + f.Name
			return badMissingKey
		}
		found++
		if why := c.value(f, x); why != valid {
			c.where = "." + f.Name + c.where
			return why
		}
	}
	return need(found == c.list[i].n, badUnknownKey)
}
