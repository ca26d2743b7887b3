package procedure

import (
	"strings"
	"unicode/utf8"

	"sandi.internal/gateway/consensus/procedure/lawtext"
)

// Codes of the refusals that the engine makes itself; documents add their own.
const (
	CodeUnknownEvent   = "unknown_event"
	CodeWrongState     = "wrong_state"
	CodeAtBeforeLast   = "at_before_last"
	CodeAutoOnly       = "auto_only"
	CodeNotParty       = "not_party"
	CodeWrongRole      = "wrong_role"
	CodeUnknownOrg     = "unknown_org"
	CodeUnknownRegion  = "unknown_region"
	CodeSameRegion     = "same_region"
	CodeLevelDiffers   = "level_differs"
	CodePartySet       = "party_set"
	CodePartyMissing   = "party_missing"
	CodeFourEyes       = "four_eyes"
	CodeFieldsForm     = "fields_form"
	CodeUnknownField   = "unknown_field"
	CodeMissingField   = "missing_field"
	CodeFieldInvalid   = "field_invalid"
	CodeVisibility     = "wrong_visibility"
	CodeUnknownRecord  = "unknown_link"
	CodeNotDue         = "not_due"
	CodeTooEarly       = "too_early"
	CodeDeadlinePassed = "deadline_passed"
	CodeExtensionUsed  = "extension_used"
	CodeExtensionShort = "extension_too_short"
	CodeUnknownRule    = "unknown_rule"
	CodeMarkTaken      = "mark_taken"
	CodeJointDiffers   = "joint_differs"
	CodeNotMet         = "not_met"
	CodeTallyRange     = "tally_range"
	CodeGuardFailed    = "guard_failed"
	CodeRecordFull     = "record_full"
)

// Class says what kind of mistake a code is; the API maps it to a status.
type Class string

const (
	ClassForm      Class = "form"      // the request itself is wrong, whatever the record's state
	ClassForbidden Class = "forbidden" // this actor may not do it
	ClassState     Class = "state"     // the record or the law stands against it
)

// Refusal is the answer to an act that breaks a rule.
type Refusal struct {
	Code   string            `json:"code"`
	Cite   string            `json:"cite,omitempty"`
	ZH     string            `json:"zh"`
	EN     string            `json:"en"`
	Params map[string]string `json:"params,omitempty"`
}

func (r *Refusal) Error() string { return "refused: " + r.Code + ": " + r.EN }

type codeText struct {
	class  Class
	zh, en string
}

// codeTexts is read only by key.
var codeTexts = map[string]codeText{
	CodeUnknownEvent:   {ClassForm, "本程序没有这一事件", "the procedure has no such event"},
	CodeWrongState:     {ClassState, "当前状态下不能办理此事项", "the event is not possible in this state"},
	CodeAtBeforeLast:   {ClassState, "签署时间早于上一步骤", "signed earlier than the record's last act"},
	CodeAutoOnly:       {ClassForm, "该事件由系统自动发生", "the event happens by itself"},
	CodeNotParty:       {ClassForbidden, "该单位不是本事项的有权一方", "the actor does not belong to a party that may do this"},
	CodeWrongRole:      {ClassForbidden, "该岗位无权办理此事项", "the office role may not do this"},
	CodeUnknownOrg:     {ClassForm, "机构未登记", "the organisation is not registered"},
	CodeUnknownRegion:  {ClassForm, "地区不是成员", "the region is not a member"},
	CodeSameRegion:     {ClassState, "双方不得为同一地区", "the parties have to be of different regions"},
	CodeLevelDiffers:   {ClassState, "双方不是同级机关", "the parties have to be of the same level"},
	CodePartySet:       {ClassState, "该方已经确定", "the party is already named"},
	CodePartyMissing:   {ClassState, "该方尚未确定", "the party is not named yet"},
	CodeFourEyes:       {ClassForbidden, "同一人不得既经办又审批", "the same person may not do both"},
	CodeFieldsForm:     {ClassForm, "字段不是合格的 JSON 对象", "the fields are not a proper JSON object"},
	CodeUnknownField:   {ClassForm, "此事项不含该字段", "the event does not take this field"},
	CodeMissingField:   {ClassForm, "缺少必填字段", "a mandatory field is missing"},
	CodeFieldInvalid:   {ClassForm, "字段内容不合要求", "the field's value is not valid"},
	CodeVisibility:     {ClassForm, "字段的公开范围不符", "the field stands in the wrong place for its visibility"},
	CodeUnknownRecord:  {ClassForm, "所引记录不存在", "the linked record does not exist"},
	CodeNotDue:         {ClassState, "期限尚未届满", "the limit has not passed yet"},
	CodeTooEarly:       {ClassState, "尚未到可办理的时间", "the window has not opened yet"},
	CodeDeadlinePassed: {ClassState, "期限已过", "the limit has passed"},
	CodeExtensionUsed:  {ClassState, "延期次数已用完", "the limit was already extended as often as allowed"},
	CodeExtensionShort: {ClassForm, "新的期限不晚于现有期限", "the new limit is not later than the present one"},
	CodeUnknownRule:    {ClassState, "期限规则表中没有该规则", "the rule table has no such rule in force"},
	CodeMarkTaken:      {ClassState, "该编号已被使用", "the number is already in use"},
	CodeJointDiffers:   {ClassState, "与对方所填内容不一致", "differs from what the other party stated"},
	CodeNotMet:         {ClassState, "所等待的条件尚未具备", "what the event waits for has not happened yet"},
	CodeTallyRange:     {ClassState, "计数超出范围", "the tally would leave its range"},
	CodeGuardFailed:    {ClassState, "规则无法判断，按不通过处理", "a rule could not be decided and counts as broken"},
	CodeRecordFull:     {ClassState, "记录已达到容量上限", "the record has reached its size limit"},
}

// ClassOf returns the class of a code. A code of a document is of ClassState.
func ClassOf(code string) Class {
	if t, ok := codeTexts[code]; ok {
		return t.class
	}
	return ClassState
}

// refuse makes a refusal of the engine. Params come in pairs: name, value.
func refuse(code string, params ...string) *Refusal {
	t := codeTexts[code]
	r := &Refusal{Code: code, ZH: t.zh, EN: t.en}
	for i := 0; i+1 < len(params); i += 2 {
		r.with(params[i], params[i+1])
	}
	return r
}

// with adds a parameter. Values may come from the act: they are cut, and what
// could not stand in a name or a key is shown as a question mark.
func (r *Refusal) with(name, value string) *Refusal {
	if r.Params == nil {
		r.Params = make(map[string]string, 2)
	}
	r.Params[name] = clean(value)
	return r
}

// maxParam bounds a parameter of a refusal in runes: refusals are kept.
const maxParam = 120

func clean(s string) string {
	n, plain := 0, true
	for i, r := range s {
		if n++; n > maxParam {
			s = s[:i]
			break
		}
		plain = plain && (r > 0x7f || r < 0x7f && r >= 0x20 && r != '<' && r != '>' && r != '&' && r != '"') && !lawtext.Hidden(r)
	}
	if plain && utf8.ValidString(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || lawtext.Hidden(r) || r < 0x20 || strings.ContainsRune("<>&\"", r) {
			return '?'
		}
		return r
	}, s)
}

func (r *Refusal) cite(c string) *Refusal {
	r.Cite = c
	return r
}
