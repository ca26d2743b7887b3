package public_test

import (
	"fmt"
	"strings"
	"testing"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/procedure"
)

// uscc makes a synthetic credit code of 17 characters complete (GB 32100-2015).
func uscc(body string) string {
	digit, _ := procedure.CheckDigit(body)
	return body + string(digit)
}

var (
	employer = uscc("91130108MA0000AB1")
	visited  = uscc("91120114MA0000CD2")
)

// admit brings an expert of Hebei, shared with Tianjin, into the pool.
func admit(t *testing.T, hebei *door, name, employer, skills, units string) string {
	t.Helper()
	liaison := hebei.as(solo.Someone(solo.Hebei, "liu", "liaison"))
	r := liaison.open("expert", "liaison", fmt.Sprintf(`{"expert_name":%q,"phone":"0311-5550101","employer_uscc":%q,"shared_with":["120000-SJ"]}`, name, employer))
	r = liaison.act(r.Record, r.Head, "submit", "liaison", `{"specialities":`+skills+`,"professional_title":"senior","consent_purpose":"三地检查",`+
		`"consent_date":"2025-10-01","consent_shared":true,"recusal_units":`+units+`}`)
	chief := hebei.as(solo.Someone(solo.Hebei, "guo", "bureau_head"))
	chief.act(r.Record, r.Head, "admit", "bureau_head", `{"admission_doc":"冀市监〔2025〕8号","term_from":"2025-11-01","term_to":"2027-10-31"}`)
	return r.Record
}

// Ensure a name stays at home until a matter of the asking region has selected the
// expert, that roles are held, and that everybody who looked stands in the log.
func TestPrivate(t *testing.T) {
	n := solo.New(t)
	hebei := openDoor(t, n, solo.Someone(solo.Hebei, "liu", "liaison"), solo.Options{})
	tianjin := openDoor(t, n, solo.Someone(solo.Tianjin, "zhao", "liaison"), solo.Options{})
	id := admit(t, hebei, "张三丰", employer, `[{"field":"cable","years":9}]`, `[]`)
	path := "/v1/records/" + id + "/private"

	var own v1.PrivateValues
	hebei.get(path, &own)
	if len(own.Items) != 2 || own.From != solo.Hebei || string(own.Items[0].Value) != `"张三丰"` || own.Items[0].See != "home" || own.Items[0].Commitment == "" {
		t.Fatalf("%+v", own)
	}
	problemOf(t, hebei.as(solo.Someone(solo.Hebei, "wu", "officer")).do("GET", path, ""), 403, problem.NotReleased)
	problemOf(t, hebei.as(solo.Someone(solo.Hebei, "aud", "auditor")).do("GET", path, ""), 403, problem.Forbidden)
	problemOf(t, hebei.do("GET", "/v1/materials/"+own.Items[0].Commitment, ""), 404, problem.NotFound)
	problemOf(t, hebei.do("GET", "/v1/materials/"+own.Items[0].Commitment+"?record="+id, ""), 404, problem.NotFound)

	// The other region sees that there is a name and not what it is.
	var rec v1.Record
	tianjin.get("/v1/records/"+id, &rec)
	if rec.Home["expert_name"] != own.Items[0].Commitment || strings.Contains(fmt.Sprint(rec), "张三丰") {
		t.Fatalf("%+v", rec)
	}
	var there v1.PrivateValues
	tianjin.get(path, &there)
	for _, v := range there.Items {
		if v.Value != nil {
			t.Errorf("Tianjin's vault holds %+v", v)
		}
	}

	helping := tianjin.open("help", "liaison", fmt.Sprintf(`{"help_no":"H1","programme":"2025","enterprise_uscc":%q,"enterprise_name":"合成企业"}`, visited))
	problemOf(t, tianjin.do("GET", path+"?because="+helping.Record, ""), 403, problem.NotReleased)
	tianjin.act(helping.Record, helping.Head, "dispatch", "liaison", `{"activity":"visit","held_on":"2025-11-04","expert_times":1,"experts":["`+id+`"]}`)
	tianjin.get(path+"?because="+helping.Record, &there)
	if len(there.Items) != 2 || there.From != solo.Hebei || string(there.Items[0].Value) != `"张三丰"` || string(there.Items[1].Value) != `"0311-5550101"` {
		t.Fatalf("after the selection: %+v", there)
	}
	problemOf(t, tianjin.as(solo.Someone(solo.Tianjin, "qian", "clerk")).do("GET", path+"?because="+helping.Record, ""), 403, problem.NotReleased)
	problemOf(t, tianjin.do("GET", path+"?because=HE-120000-2025-000009", ""), 422, problem.ValidationFailed)

	// Both bureaus know who looked.
	for _, side := range []struct {
		d    *door
		want string
	}{
		{hebei.as(solo.Someone(solo.Hebei, "aud", "auditor")), "given! 120000 clerk|given 120000 liaison|given! 120000 liaison|read! 130000 liaison|read! 130000 auditor|read! 130000 officer|read 130000 liaison"},
		{tianjin, "asked! 120000 clerk|asked 120000 liaison|asked! 120000 liaison|read 120000 liaison"},
	} {
		var log v1.Readings
		side.d.get(path+"/log", &log)
		var got []string
		for _, e := range log.Items {
			got = append(got, e.Kind+map[bool]string{true: "!"}[e.Refused]+" "+e.Region+" "+e.Role)
			if e.Person == "" || e.At == "" {
				t.Errorf("nobody looked: %+v", e)
			}
		}
		if strings.Join(got, "|") != side.want {
			t.Errorf("log of %s: %v", side.d.bureau.Region, got)
		}
	}
	problemOf(t, tianjin.as(solo.Someone(solo.Tianjin, "qian", "officer")).do("GET", path+"/log", ""), 403, problem.Forbidden)
}
