package cloudwatch

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// distribution counts samples by their size, smallest first.
type distribution []bin

type bin struct {
	index uint32
	count uint32
	sum   float64
}

// binBits is the number of a bin's bits below the power of two.
const binBits = 6

// binOf is the index of a value's bin; values of 0 and below have one bin.
func binOf(value float64) uint32 {
	if value <= 0 {
		return 0
	}
	return uint32(math.Float64bits(value) >> (52 - binBits)) //nolint:gosec // 11 bits of the exponent, and binBits
}

func (d *distribution) add(value float64, times int) {
	index := binOf(value)
	at, found := slices.BinarySearchFunc(*d, index, func(b bin, index uint32) int { return cmp.Compare(b.index, index) })
	if !found {
		*d = slices.Insert(*d, at, bin{index: index})
	}
	b := &(*d)[at]
	b.count += uint32(times) //nolint:gosec // at most the samples of a minute
	b.sum += value * float64(times)
}

// statistic is a value of minutes with samples, of which there is at least one. ok is false if it is no longer known.
type statistic func([]minute) (value float64, ok bool)

// parseStatistic reads the name of a statistic, such as Sum or p99.
func parseStatistic(name string) (statistic, error) {
	switch name {
	case "SampleCount":
		return func(all []minute) (float64, bool) { return count(all), true }, nil
	case "Sum":
		return func(all []minute) (float64, bool) { return sum(all), true }, nil
	case "Average":
		return func(all []minute) (float64, bool) { return sum(all) / count(all), true }, nil
	case "Minimum":
		return func(all []minute) (float64, bool) { return least(all), true }, nil
	case "Maximum":
		return func(all []minute) (float64, bool) { return most(all), true }, nil
	}
	if digits, ok := strings.CutPrefix(name, "p"); ok {
		if p, err := strconv.ParseFloat(digits, 64); err == nil && p >= 0 && p <= 100 {
			return func(all []minute) (float64, bool) { return percentile(all, p) }, nil
		}
	}
	return nil, fmt.Errorf("the statistic %q is not imitated on one machine; use SampleCount, Sum, Average, Minimum, Maximum or a percentile such as p99", name)
}

func count(all []minute) (count float64) {
	for _, m := range all {
		count += m.count
	}
	return count
}

func sum(all []minute) (sum float64) {
	for _, m := range all {
		sum += m.sum
	}
	return sum
}

func least(all []minute) float64 {
	return slices.MinFunc(all, func(a, b minute) int { return cmp.Compare(a.min, b.min) }).min
}

func most(all []minute) float64 {
	return slices.MaxFunc(all, func(a, b minute) int { return cmp.Compare(a.max, b.max) }).max
}

// percentile is the smallest sample that is not exceeded by p percent of the samples, as exact as the bins are.
func percentile(all []minute, p float64) (float64, bool) {
	var bins []bin
	for _, m := range all {
		if m.bins == nil {
			return 0, false
		}
		bins = append(bins, m.bins...)
	}
	slices.SortStableFunc(bins, func(a, b bin) int { return cmp.Compare(a.index, b.index) })
	rank := max(1, math.Ceil(count(all)*p/100))
	passed := 0.0
	for i := 0; i < len(bins); {
		together := bins[i]
		for i++; i < len(bins) && bins[i].index == together.index; i++ {
			together.count += bins[i].count
			together.sum += bins[i].sum
		}
		if passed += float64(together.count); passed >= rank {
			return together.sum / float64(together.count), true
		}
	}
	return most(all), true
}
