package procedure

// Organisation codes are `<division6>-<unit>`; what follows from their shape
// (GB/T 2260): the region, the level, who stands above whom.

const (
	stateDivision = "100000"
	bureauUnit    = "-SJ"
)

// Level is the administrative level of an organisation.
type Level string

const (
	LevelState    Level = "state"
	LevelProvince Level = "province"
	LevelCity     Level = "city"
	LevelCounty   Level = "county"
)

// RegionOf returns the province-level division of an organisation code, ""
// when the code has no proper form.
func RegionOf(org string) string {
	if !isOrg(org) {
		return ""
	}
	if org[:6] == stateDivision {
		return stateDivision
	}
	return org[:2] + "0000"
}

// DivisionOf returns the division code of an organisation code.
func DivisionOf(org string) string {
	if !isOrg(org) {
		return ""
	}
	return org[:6]
}

// LevelOf returns the level that the division code shows.
func LevelOf(org string) Level {
	switch {
	case !isOrg(org):
		return ""
	case org[:6] == stateDivision:
		return LevelState
	case org[2:6] == "0000":
		return LevelProvince
	case org[4:6] == "00":
		return LevelCity
	}
	return LevelCounty
}

// CommonSuperior returns the lowest common superior of two organisations, the
// bureau that decides between them; across provinces that is the state's.
func CommonSuperior(a, b string) string {
	if !isOrg(a) || !isOrg(b) {
		return ""
	}
	if a[:2] != b[:2] || a[:6] == stateDivision || b[:6] == stateDivision {
		return stateDivision + bureauUnit
	}
	if a[:6] == b[:6] {
		return a[:6] + bureauUnit
	}
	if a[2:4] == b[2:4] && a[2:4] != "00" && hasCity(a) {
		return a[:4] + "00" + bureauUnit
	}
	return a[:2] + "0000" + bureauUnit
}

// hasCity reports whether the counties of the division stand under a city.
// Those of the four municipalities (codes 11, 12, 31, 50) and those numbered
// xx90yy stand directly under the province.
func hasCity(org string) bool {
	switch org[:2] {
	case "11", "12", "31", "50":
		return false
	}
	return org[2:4] != "90"
}

// mayActFor reports whether an organisation may act for a party's: the same
// one, one below it, or the bureau of its province.
func mayActFor(actor, party string) bool {
	if actor == party {
		return true
	}
	if !isOrg(actor) || !isOrg(party) {
		return false
	}
	p := party[:6]
	switch {
	case p[2:] == "0000":
		p = p[:2]
	case p[4:] == "00":
		p = p[:4]
	}
	return actor[:len(p)] == p || actor == party[:2]+"0000"+bureauUnit
}
