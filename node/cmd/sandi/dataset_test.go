package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"sandi.internal/gateway/api/v1"
)

// Ensure rows become cells that a spreadsheet takes for text, with all digits of long
// numbers, page after page under one header.
func TestPagesAsCSV(t *testing.T) {
	var out bytes.Buffer
	p := newPages(&out, "csv")
	for i, row := range []string{`["=HYPERLINK(\"x\")",9007199254740991,null,"12.50"]`, `["甲,乙",-3,"+1 2","@a"]`} {
		if err := p.add(v1.DataPage{Columns: []string{"a", "b", "c", "d"}, Rows: []json.RawMessage{json.RawMessage(row)}}, i == 0); err != nil {
			t.Fatal(err)
		}
	}
	want := "a,b,c,d\n\"'=HYPERLINK(\"\"x\"\")\",9007199254740991,,12.50\n\"甲,乙\",-3,'+1 2,'@a\n"
	if out.String() != want {
		t.Errorf("got %s", out.String())
	}
	if newPages(&out, "json") != nil {
		t.Error("JSON is written as CSV")
	}
}

// Ensure -o csv is taken where rows are, and nowhere else.
func TestOutputCSV(t *testing.T) {
	for args, want := range map[string]string{
		"dataset list -o csv": "give table, json or yaml",
		"dataset query DS-130000-2025-000001 --agreement a --purpose p -o csv": "access token",
		"dataset query DS-130000-2025-000001 -o csv":                           "give --agreement and --purpose",
	} {
		t.Setenv("SANDI_TOKEN", "")
		cmd := newRoot()
		cmd.SetArgs(strings.Fields(args))
		cmd.SetOut(&bytes.Buffer{})
		if err := cmd.Execute(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
}
