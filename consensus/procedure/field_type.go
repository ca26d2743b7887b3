package procedure

import "math"

// typeSpec is what the engine knows of a field type before any document.
type typeSpec struct {
	bounds bool  // takes min and max
	lo, hi int64 // limits of min and max
	max    int64 // the bound when the document names none: runes, items
	guard  guardType
}

// guardType is how a value of the type appears in guard expressions.
type guardType int

const (
	guardString guardType = iota
	guardInt
	guardBool
	guardList // list(string) or list(int) by the item; items of objects as text
)

// maxSafe is the largest integer that every JSON reader keeps exactly (2^53-1).
const maxSafe = 1<<53 - 1

// fieldTypes is read only by key; nothing iterates over it.
var fieldTypes = map[FieldType]typeSpec{
	TypeString:     {bounds: true, lo: 0, hi: 1000, max: 200},
	TypeText:       {bounds: true, lo: 0, hi: 8000, max: 4000},
	TypeInt:        {bounds: true, lo: -maxSafe, hi: maxSafe, max: maxSafe, guard: guardInt},
	TypeBool:       {guard: guardBool},
	TypeDecimal:    {bounds: true, lo: math.MinInt64, hi: math.MaxInt64, max: 24},
	TypeDate:       {max: 10},
	TypeTime:       {max: 25},
	TypeEnum:       {max: 40},
	TypeRegion:     {max: 6},
	TypeOrg:        {max: 12},
	TypeDivision:   {max: 6},
	TypeUSCC:       {max: 18},
	TypeDocNo:      {max: 48},
	TypeCaseFileNo: {max: 60},
	TypeCMA:        {max: 12},
	TypeCCC:        {max: 16},
	TypePerson:     {max: 22},
	TypeOfficer:    {max: 200},
	TypeHash:       {max: 64},
	TypeCommitment: {max: 47},
	TypeMaterials:  {bounds: true, lo: 0, hi: 500, max: 200, guard: guardList},
	TypeIntervals:  {bounds: true, lo: 0, hi: 100, max: 50, guard: guardList},
	TypeRecord:     {max: 21},
	TypeList:       {bounds: true, lo: 0, hi: 500, max: 100, guard: guardList},
	TypeObject:     {max: 4000},
	TypeCollection: {bounds: true, lo: 0, hi: 500, max: 100, guard: guardList},
}

// written is about how many characters a value takes as guards see it: objects in
// lists appear as text.
func (f *Field) written() int64 {
	switch f.Type {
	case TypeInt, TypeDecimal, TypeBool:
		return 24
	case TypeText, TypeString:
		return 2 * f.most() // escapes
	case TypeList, TypeCollection:
		return f.most() * f.Of.written()
	case TypeObject:
		n := int64(2)
		for i := range f.Members {
			n += int64(len(f.Members[i].Name)) + 6 + f.Members[i].written()
		}
		return n
	}
	return f.most()
}

// most is the greatest length of a value of the field: runes or items.
func (f *Field) most() int64 {
	if f.Max != nil && f.Type != TypeInt && f.Type != TypeDecimal {
		return *f.Max
	}
	return fieldTypes[f.Type].max
}
