package capacity

import (
	"math"
	"math/big"
	"strconv"
)

// Rates and shares are compared as fractions. In floating point 75,000 events of 75 keys are more than 1,000 of each key.

// fraction is a number as its shortest decimal text has it, so 0.7 is seven tenths. What is not finite counts as 0.
func fraction(value float64) *big.Rat {
	if exact, ok := new(big.Rat).SetString(strconv.FormatFloat(value, 'g', -1, 64)); ok {
		return exact
	}
	return new(big.Rat)
}

func integer(value int) *big.Rat { return new(big.Rat).SetInt64(int64(value)) }

// product multiplies factors.
func product(factors ...*big.Rat) *big.Rat {
	all := integer(1)
	for _, factor := range factors {
		all.Mul(all, factor)
	}
	return all
}

// quotient divides by what is above 0.
func quotient(value, by *big.Rat) *big.Rat { return new(big.Rat).Quo(value, by) }

// above is the least whole number that is not below a fraction of at least 0, and below the greatest that is not above it.
func above(value *big.Rat) *big.Int {
	return new(big.Int).Neg(new(big.Int).Div(new(big.Int).Neg(value.Num()), value.Denom()))
}

func below(value *big.Rat) *big.Int { return new(big.Int).Div(value.Num(), value.Denom()) }

// count is a whole number as an int; the largest where it does not fit.
func count(value *big.Int) int {
	if !value.IsInt64() {
		return math.MaxInt
	}
	return int(value.Int64())
}

// float is the number that is nearest to a fraction.
func float(value *big.Rat) float64 {
	nearest, _ := value.Float64()
	return nearest
}

// whole is a fraction rounded up, as text.
func whole(value *big.Rat) string { return above(value).String() }
