package proficiency

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// Refusals of this package; each is wrapped with what is wrong.
var (
	ErrNumber   = errors.New("proficiency: not a decimal number")
	ErrTooFew   = errors.New("proficiency: too few values")
	ErrNoSpread = errors.New("proficiency: more than half of the values are equal; choose another method for the assigned value")
	ErrUnstable = errors.New("proficiency: the robust mean didn't settle")
	ErrRound    = errors.New("proficiency: the round is incomplete or contradicts itself")
)

const (
	precision = 256 // bits of every intermediate value
	maxDigits = 15  // of a value, as in records
)

// Number is a value of arbitrary precision. The zero Number is not usable.
type Number = *big.Float

func number() Number { return new(big.Float).SetPrec(precision).SetMode(big.ToNearestEven) }

func whole(n int) Number { return number().SetInt64(int64(n)) }

// constant reads a constant of this package.
func constant(s string) Number {
	n, ok := number().SetString(s)
	if !ok {
		panic("proficiency: " + s)
	}
	return n
}

// Parse reads a decimal of at most 15 digits: optional minus, digits, optional
// point and digits. No exponent, no plus, no leading zeros. The error is
// ErrNumber.
func Parse(s string) (Number, error) {
	body := strings.TrimPrefix(s, "-")
	before, after, point := strings.Cut(body, ".")
	bad := before == "" || len(before)+len(after) > maxDigits || len(before) > 1 && before[0] == '0' || point && after == ""
	for _, c := range before + after {
		bad = bad || c < '0' || c > '9'
	}
	if bad {
		return nil, fmt.Errorf("%w: %q", ErrNumber, s)
	}
	n, ok := number().SetString(s)
	if !ok {
		return nil, fmt.Errorf("%w: %q", ErrNumber, s)
	}
	return n, nil
}

// ParseAll reads several.
func ParseAll(list []string) ([]Number, error) {
	out := make([]Number, len(list))
	for i, s := range list {
		var err error
		if out[i], err = Parse(s); err != nil {
			return nil, fmt.Errorf("value %d: %w", i+1, err)
		}
	}
	return out, nil
}

// Format rounds to places digits behind the point, halves to even; minus zero is
// written as zero.
func Format(n Number, places int) string {
	s := n.Text('f', places)
	if strings.Trim(s, "-0.") == "" {
		return strings.TrimPrefix(s, "-")
	}
	return s
}

func add(a, b Number) Number { return number().Add(a, b) }
func sub(a, b Number) Number { return number().Sub(a, b) }
func mul(a, b Number) Number { return number().Mul(a, b) }
func quo(a, b Number) Number { return number().Quo(a, b) }
func abs(a Number) Number    { return number().Abs(a) }
func root(a Number) Number   { return number().Sqrt(a) }
func square(a Number) Number { return mul(a, a) }

func mean(list []Number) Number {
	sum := number()
	for _, x := range list {
		sum.Add(sum, x)
	}
	return quo(sum, whole(len(list)))
}

// deviation is the sample standard deviation; list has at least two values.
func deviation(list []Number) Number {
	m, sum := mean(list), number()
	for _, x := range list {
		sum.Add(sum, square(sub(x, m)))
	}
	return root(quo(sum, whole(len(list)-1)))
}
