package procedure_test

import (
	"os"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/lawtext"
)

func compile(text string) error {
	d, err := procedure.Parse([]byte(text))
	if err != nil {
		return err
	}
	_, err = procedure.Compile(d)
	return err
}

func exerciseText(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("testdata/exercise.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Ensure a document with one mistake is refused with a line and for the right
// reason. Each case edits the exercise.
func TestDocumentRefuses(t *testing.T) {
	good := exerciseText(t)
	if err := compile(good); err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]struct{ from, to, want string }{
		"schema":                   {"schema: 1", "schema: 2", "schema has to be 1"},
		"name":                     {"name: exercise", "name: Exercise", "is not a name"},
		"short name":               {"name: exercise", "name: ex", "3 to 32"},
		"version":                  {"version: 1", "version: 0", "from 1 to"},
		"prefix":                   {"prefix: XX", "prefix: Xx", "two capital letters"},
		"unknown key":              {"prefix: XX", "prefix: XX\ncolour: red", `unknown key "colour"`},
		"missing key":              {"initial: draft\n", "", `"initial" is missing`},
		"no such initial":          {"initial: draft", "initial: begun", `no state "begun"`},
		"no such terminal":         {"terminal: [done, dropped]", "terminal: [done, gone]", `no state "gone"`},
		"no terminal":              {"terminal: [done, dropped]", "terminal: []", "at least one state"},
		"duplicate state":          {"  ready: {zh: 已批准, en: Ready}", "  draft: {zh: 已批准, en: Ready}", "already defined"},
		"state without label":      {"  ready: {zh: 已批准, en: Ready}", "  ready: {zh: 已批准}", `"en" is missing`},
		"unreachable state":        {"    from: [draft]\n    to: ready", "    from: [draft]\n    to: sent", "cannot be reached"},
		"state without a way out":  {"    from: [paused]\n    to: working", "    from: [paused]\n    to: paused", "no way leads from"},
		"two owners":               {"helper: {field: helper_org,", "helper: {owner: true,", "and no other, is the owner"},
		"party without a way":      {"    set_party: {third: third_org}\n", "", `nothing names the party "third"`},
		"party field no org":       {"helper: {field: helper_org,", "helper: {field: subject,", "not a clear field of type org"},
		"reserved party":           {"  third: {zh: 第三方, en: third}", "  any: {zh: 第三方, en: third}", "a meaning of its own"},
		"level of nobody":          {"helper: {field: helper_org,", "helper: {field: helper_org, level_equal: nobody,", "level_equal"},
		"field type":               {"{type: uscc, see", "{type: ussc, see", "unknown field type"},
		"field without see":        {"{type: uscc, see: clear,", "{type: uscc,", `"see" is missing`},
		"see":                      {"{type: uscc, see: clear,", "{type: uscc, see: nobody,", "see is clear, commit or home"},
		"bounds of a type":         {"{type: uscc, see", "{type: uscc, max: 5, see", `unknown key "max"`},
		"min above max":            {"min: 1, max: 99", "min: 100, max: 99", "min is greater"},
		"too long a text":          {"max: 4000, see: home", "max: 40000, see: home", "bounds of type text"},
		"decimal without places":   {"places: 2, ", "", `"places" is missing`},
		"decimal bound":            {"max: 1000000.00", "max: 1000000.001", "decimal number with at most 2"},
		"enum without values":      {", values: {check: {zh: 检查, en: Check}, talk: {zh: 询问, en: Talk}}}", "}", `"values" is missing`},
		"distinct nothing":         {"distinct: no", "distinct: number", "not a simple member"},
		"field nobody takes":       {"    require: [excluded_periods]\n", "", "no event takes"},
		"reserved field":           {"  urgent: {type", "  while: {type", "word of the guard language"},
		"required field unknown":   {"require: [doc_no]", "require: [doc_number]", `no field "doc_number"`},
		"required and optional":    {"optional: [matters, materials, tags]", "optional: [decided_on]", "both required and optional"},
		"opened by the other":      {"by: [asker.clerk, asker.officer]", "by: [helper.clerk]", "only the owner"},
		"event named open":         {"- name: approve", "- name: open", "creation of a record"},
		"event from nowhere":       {"from: [ready]\n    to: sent", "from: [readied]\n    to: sent", `no state "readied"`},
		"event to nowhere":         {"from: [ready]\n    to: sent", "from: [ready]\n    to: gone", `no state "gone"`},
		"event without title":      {"    title: {zh: 批准, en: Approve}\n", "", `"title" is missing`},
		"event nobody does":        {"    by: [asker.liaison]\n", "", "nobody may do this"},
		"actor form":               {"by: [asker.liaison]", "by: [liaison]", "party.role"},
		"actor of no party":        {"by: [asker.liaison]", "by: [asked.liaison]", `no party "asked"`},
		"actor of no office":       {"by: [asker.liaison]", "by: [asker.king]", `no office role "king"`},
		"actor twice":              {"by: [asker.liaison]", "by: [asker.liaison, asker.liaison]", "stands here twice"},
		"same name, same state":    {"from: [ready, sent]\n    to: dropped", "from: [draft, sent]\n    to: dropped", "two events"},
		"four eyes on nothing":     {"four_eyes: [open]", "four_eyes: [opening]", "four_eyes"},
		"auto":                     {"auto: receipt", "auto: magic", "auto is one of"},
		"automatic by a person":    {"by: [helper.node]", "by: [helper.liaison]", "automatic event is done by a node"},
		"due without when":         {"    when: {after: objection}\n", "", "wants when.after"},
		"when nothing":             {"when: {after: objection}", "when: {after: objections}", "no deadline"},
		"condition missing":        {"    condition: 'regions_here(\"confirm\") >= regions()'\n", "", "belong together"},
		"condition with an actor":  {"    auto: condition\n    condition: 'rec.urgent", "    by: [any.clerk]\n    auto: condition\n    condition: 'rec.urgent", "no actor"},
		"condition on the input":   {"'rec.urgent && acts", "'in.urgent && acts", "does not take the field"},
		"condition on the actor":   {"'rec.urgent && acts", "'act.region == \"x\" && acts", "not at who acts"},
		"condition that stays":     {"    from: [confirmed]\n    to: done\n    auto", "    from: [confirmed]\n    auto", "circle"},
		"conditions in a circle":   {"    from: [confirmed]\n    to: done\n    auto", "    from: [confirmed]\n    to: answered\n    auto", "circle"},
		"joint alone":              {"by: [asker.bureau_head, helper.bureau_head], all", "by: [asker.bureau_head], all", "too few parties"},
		"joint without a number":   {", all: true, same", ", same", "either `all: true` or `n`"},
		"joint, too many":          {", all: true, same", ", n: 3, same", "too few parties"},
		"joint same optional":      {"same: [agreement_ref, agreed_on]", "same: [reason]", "has to be required"},
		"joint and by":             {"    joint: {by:", "    by: [asker.clerk]\n    joint: {by:", "joint.by only"},
		"setting the owner":        {"reassign: {helper: third_org}", "reassign: {asker: third_org}", "not a party that can be named"},
		"setting from text":        {"set_party: {third: third_org}", "set_party: {third: subject}", "not a clear field of type org"},
		"guard without words":      {"      zh: 标签须以A开头\n", "      en: again\n", "already defined"},
		"guard then":               {"then: warn", "then: shout", "refuse, late or warn"},
		"mark code without words":  {"code: file_taken, cite: 演练规定 第3条, zh: 该案号已使用, en: the file number is in use", "code: file_taken", `"zh" is missing`},
		"deadline twice":           {"- name: feedback", "- name: answer", "two deadlines"},
		"deadline of nobody":       {"owner: outside", "owner: nobody", `no party "nobody"`},
		"deadline start":           {"start: {on: [dispute]}", "start: {on: [disputes]}", `no event "disputes"`},
		"deadline without start":   {"start: {on: [dispute]}", "start: {on: []}", "at least one event"},
		"deadline stop":            {"stop: [settle, hand_over]", "stop: [settled]", `no event "settled"`},
		"start in a text":          {"field: decided_on}", "field: subject}", "not a date or time"},
		"start in no field":        {"field: decided_on}", "field: decided}", "not a clear field"},
		"start in no member":       {"'matters[].served_on'", "'matters[].served'", "not a date or time"},
		"start form":               {"'matters[].served_on'", "matters", "written list.member"},
		"both field and latest_of": {"field: decided_on}", "field: decided_on, latest_of: [decided_on]}", "either field or latest_of"},
		"extension unit":           {"n: 15, unit: wd", "n: 15, unit: weeks", "at most 2"},
		"extension by text":        {"field: new_limit}", "field: reason}", "not a clear date"},
		"exclusion of a date":      {"exclude: {field: excluded_periods,", "exclude: {field: decided_on,", "type intervals"},
		"exclusion of no kind":     {"kinds: [test]", "kinds: [tests]", "is not a kind"},
		"late":                     {"late: refuse", "late: never", "mark or refuse"},
		"late window":              {"    not_before: true", "    not_before: true\n    late: refuse", "never late"},
		"anchor":                   {"title: {zh: 批准, en: Approve}", "title: &t {zh: 批准, en: Approve}", "not allowed"},
		"a name twice in a list":   {"require: [doc_no]", "require: [doc_no, doc_no]", "stands here twice"},
		"hidden character":         {"zh: 演练程序", "zh: 演练\u202e程序", "U+202E"},
	} {
		bad := strings.Replace(good, v.from, v.to, 1)
		if bad == good {
			t.Errorf("%s: %q is not in the exercise", name, v.from)
			continue
		}
		err := compile(bad)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if _, ok := err.(*lawtext.Error); !ok {
			t.Errorf("%s: %T %v", name, err, err)
		}
		if !strings.Contains(err.Error(), v.want) {
			t.Errorf("%s: got %v, want %q", name, err, v.want)
		}
	}
}

// Ensure the second made-up document is held as well: lists of parties, collections,
// tallies, persons, events that other records cause.
func TestRelayRefuses(t *testing.T) {
	text, err := os.ReadFile("testdata/relay.yaml")
	if err != nil {
		t.Fatal(err)
	}
	good := string(text)
	if err := compile(good); err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]struct{ from, to, want string }{
		"list of no orgs":          {"{list: members", "{list: baton", "not a clear list"},
		"list and field":           {"{list: members", "{list: members, field: members", "no field of its own"},
		"collection stated":        {"optional: [word, votes]", "optional: [word, votes, words]", "is a collection"},
		"append to no collection":  {"append: {words: word}", "append: {baton: word}", "not a clear collection"},
		"append of another type":   {"append: {words: word}", "append: {words: votes}", "the one that"},
		"append of nothing given":  {"append: {words: word}", "append: {words: taken}", "the one that"},
		"collection of nothing":    {"item: word,", "item: words,", "no field"},
		"collection nobody feeds":  {"    append: {words: word}\n", "", "no event takes"},
		"tally that is no number":  {"add: in.votes", "add: in.word", "int is wanted"},
		"tally without a key":      {"key: rec_id, ", "", `"key" is missing`},
		"tally of a strange field": {"add: in.votes", "add: in.quota", "does not take the field"},
		"persons of all":           {"n: 2, persons: true", "all: true, persons: true", "how many persons"},
		"linked without condition": {"    condition: 'tally(\"legs\", rec_id) > 0 && tally(\"legs\", rec_id) == tally(\"legs_done\", rec_id)'\n", "", "belong together"},
		"linked by a person":       {"by: [any.node]\n    auto: linked", "by: [any.clerk]\n    auto: linked", "automatic event is done by a node"},
		"linked that states":       {"auto: linked", "auto: linked\n    require: [word]", "nothing to state"},
		"ordered words":            {"ordered: {low: high}", "ordered: {from: to}", "neither a number"},
		"ordered nothing":          {"ordered: {low: high}", "ordered: {low: top}", "not two members"},
		"differ of two types":      {"differ: {from: to}", "differ: {from: high}", "not two members"},
		"until no date":            {"until: ends_on", "until: word", "not a clear date"},
	} {
		bad := strings.Replace(good, v.from, v.to, 1)
		if bad == good {
			t.Errorf("%s: %q is not in the document", name, v.from)
		} else if err := compile(bad); err == nil || !strings.Contains(err.Error(), v.want) {
			t.Errorf("%s: got %v, want %q", name, err, v.want)
		}
	}
}

// Ensure guards outside the strict subset, or too dear, do not compile.
func TestGuardSubset(t *testing.T) {
	good := exerciseText(t)
	const guard = `'in.urgent && in.copies > 9'`
	for expr, want := range map[string]string{
		`in.copies > 9.0`: "",
		`1.5 > 1.0`:       "",
		`timestamp("2025-01-01T00:00:00Z") == timestamp("2025-01-01T00:00:00Z")`: "undeclared",
		`duration("1s") == duration("2s")`:                                       "undeclared",
		`in.subject.matches("a*")`:                                               "undeclared",
		`dyn(in.copies) == 1`:                                                    "undeclared",
		`type(in.copies) == int`:                                                 "undeclared",
		`string(in.copies) == "1"`:                                               "undeclared",
		`int("5") == 5`:                                                          "undeclared",
		`{"a": 1}["a"] == 1`:                                                     "not allowed",
		`{"a": 1}.exists(k, k == "a")`:                                           "not allowed",
		`has(in.copies)`:                                                         "",
		`in.tags.map(t, t + "x").size() > 1`:                                     "",
		`in.tags.filter(t, t == "x").size() > 1`:                                 "",
		`b"abc" == b"abc"`:                                                       "not allowed",
		`5u > 4u`:                                                                "not allowed",
		`null == null`:                                                           "not allowed",
		`in.nothing == ""`:                                                       "undeclared",
		`rec.nothing == ""`:                                                      "undeclared",
		`in.facts == ""`:                                                         "undeclared", // stays at home
		`in.secret == ""`:                                                        "undeclared", // only committed
		`in.doc_no == ""`:                                                        "does not take the field",
		`has_in("doc_no")`:                                                       "does not take the field",
		`has_in(in.subject)`:                                                     "written as text",
		`has_rec("nothing")`:                                                     "no such field",
		`acts("nothing") > 0`:                                                    "no such event",
		`due("nothing") > 0`:                                                     "no such deadline",
		`party("nothing") == ""`:                                                 "no such party",
		`marked(in.subject, "x")`:                                                "written as text",
		`in.copies`:                                                              "bool is wanted",
		`in.subject > 5`:                                                         "no matching overload",
		`act.nothing == ""`:                                                      "undeclared",
		`@ctx == @ctx`:                                                           "",
		`acts("open") > 0 // always`:                                             "comments",
		`in.subject == """x"""`:                                                  "triple quotes",
		`in.tags.all(a, in.tags.all(b, in.tags.all(c, in.tags.all(d, in.tags.all(e, a == b)))))`:                      "could cost",
		`in.matters.exists(a, in.matters.exists(b, in.matters.exists(c, a == b && b == c)))`:                          "could cost",
		`linked_field("x", "y") == linked_field("y", "z") && linked_field("x", "y").contains(linked_field("y", "z"))`: "could cost",
		strings.Repeat("(", 60) + "true" + strings.Repeat(")", 60):                                                    "",
	} {
		text := strings.Replace(good, guard, "'"+strings.ReplaceAll(expr, "'", "''")+"'", 1)
		err := compile(text)
		if err == nil {
			t.Errorf("%s: accepted", expr)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", expr, err, want)
		}
	}
	for _, expr := range []string{
		`in.subject in ["a", "b"] || "in.copies" == in.subject`,
		`size(in.tags) > 0 && in.tags[0].startsWith("A") && in.tags.exists(t, t in rec.tags)`,
		`party("helper") != act.region && region_of(in.helper_org) == "130000" && level_of(in.helper_org) == level_of(act.org)`,
		`lca(act.org, in.helper_org) == "100000-SJ" && division_of(act.org) != ""`,
		`days_since("open") < 0 && acts_here("open") + acts("approve") == 0 && regions_here("open") == 0`,
		`holder("file", in.file_no) == rec_id || linked_state(in.origin) == "x" || linked_procedure(in.origin) == "y" || linked_field(in.origin, "subject") == in.subject`,
		`running("answer") || overdue("answer") || due("answer") > act.now || rec_state == "x" || rec_owner != act.region`,
		`date("2025-01-01") <= instant("2025-01-01T00:00:00+08:00") && has_in("facts") && has_rec("secret") && party_org("third") == ""`,
		`(in.urgent ? in.copies : -in.copies) % 2 == 1 && act.role != act.party && act.person != ""`,
	} {
		text := strings.Replace(good, guard, "'"+strings.ReplaceAll(expr, "'", "''")+"'", 1)
		if err := compile(text); err != nil {
			t.Errorf("%s: %v", expr, err)
		}
	}
}

// The loader takes whatever another bureau proposes.
func FuzzDocument(f *testing.F) {
	f.Add([]byte(exerciseText(f)))
	f.Add([]byte("schema: 1\nname: abc\nversion: 1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := procedure.Parse(text)
		if err != nil {
			return
		}
		a, err1 := procedure.Compile(d)
		_, err2 := procedure.Compile(d)
		if (err1 == nil) != (err2 == nil) || err1 != nil && err1.Error() != err2.Error() {
			t.Fatalf("two compilations differ: %v, %v", err1, err2)
		}
		if err1 == nil && a.Document() != d {
			t.Fatal("another document")
		}
	})
}
