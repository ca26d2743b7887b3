package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Ensure every code has a status of an error and a text in both languages with
// the same places.
func TestTable(t *testing.T) {
	places := regexp.MustCompile(`\{[a-z]+\}`)
	for _, code := range Codes() {
		e := table[code]
		if e.status < 400 || e.status > 599 || e.zh == "" || e.en == "" {
			t.Errorf("%s: %+v", code, e)
		}
		if zh, en := places.FindAllString(e.zh, -1), places.FindAllString(e.en, -1); fmt.Sprint(zh) != fmt.Sprint(en) {
			t.Errorf("%s: places differ: %v %v", code, zh, en)
		}
		if !regexp.MustCompile(`^[a-z][a-z_]*$`).MatchString(code) {
			t.Errorf("code %q", code)
		}
	}
}

func TestChoose(t *testing.T) {
	for header, want := range map[string]Language{
		"":                           Chinese,
		"en":                         English,
		"EN-gb":                      English,
		"zh-CN,zh;q=0.9,en;q=0.8":    Chinese,
		"en-US,en;q=0.9,zh;q=0.1":    English,
		"fr, en;q=0.2, zh;q=0.3":     Chinese,
		"fr":                         Chinese,
		"*":                          Chinese,
		"en;q=0":                     Chinese,
		"en;q=abc, zh;q=0.1":         Chinese,
		"en;q=NaN":                   Chinese,
		strings.Repeat("x,", 9e4):    Chinese,
		",,,;;;=,en;q=0.5,;q=1,zh;q": Chinese,
	} {
		if got := Choose(header); got != want {
			t.Errorf("Choose(%.40q) = %s, want %s", header, got, want)
		}
	}
}

// Ensure an answer says what is needed, in the caller's language, and nothing
// of the cause.
func TestWrite(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Accept-Language", "en")
	w := httptest.NewRecorder()
	err := fmt.Errorf("outer: %w", New(BodyTooLarge, "limit", "65536").Retry(1500*time.Millisecond).Because(errors.New("/secret/path")))
	Write(w, r, Of(err))
	if w.Code != 413 || w.Header().Get("Content-Type") != ContentType || w.Header().Get("Retry-After") != "2" || w.Header().Get("Content-Language") != "en" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if body := w.Body.String(); strings.Contains(body, "secret") || !strings.Contains(body, "65536") {
		t.Errorf("body %s", body)
	}

	w = httptest.NewRecorder()
	Write(w, r, Of(errors.New("pebble: /secret/path is corrupt")))
	if w.Code != 500 || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("an unknown error became %d %s", w.Code, w.Body)
	}

	w = httptest.NewRecorder()
	Write(w, r, Invalid(At("query.limit", OutOfRange), At("body.fields", Missing)))
	var p Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Errors) != 2 || p.Errors[0].Location != "body.fields" || p.Errors[0].Message != "required" || p.Errors[1].Code != OutOfRange {
		t.Errorf("%+v", p.Errors)
	}

	w = httptest.NewRecorder()
	Write(w, httptest.NewRequest("GET", "/", nil), FromLaw(409, "no_second_transfer", "程序规定 第14条", "不得再次移送", "may not be transferred again", nil))
	if body := w.Body.String(); w.Code != 409 || !strings.Contains(body, "不得再次移送") || !strings.Contains(body, "第14条") {
		t.Errorf("%d %s", w.Code, body)
	}
}
