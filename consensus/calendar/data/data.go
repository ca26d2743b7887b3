// Package data holds the working-day table and the deadline rule table that a
// new network starts with. They are embedded only so that a genesis can be
// built from them: the ledger reads what stands in its genesis and what was
// adopted by vote later, never this package.
//
// workdays.json: State Council notices 2018 to 2026, data from npm chinese-days
// 1.5.7 (MIT). rules.yaml: the limits of the law, with citation and how well
// each source is known, and the parameters of the bureaus' agreement.
package data

import _ "embed"

// Workdays is the text of the working-day table (JSON).
//
//go:embed workdays.json
var Workdays string

// Rules is the text of the deadline rule table (YAML).
//
//go:embed rules.yaml
var Rules string
