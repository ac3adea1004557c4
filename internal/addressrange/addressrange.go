// Package addressrange knows what ranges of IP addresses hold together.
package addressrange

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
)

// Every reports whether ranges, such as "203.0.113.0/24", hold every address of IPv4 or every address of IPv6. It ignores a text that is
// no range.
func Every(ranges []string) bool {
	var prefixes []netip.Prefix
	for _, text := range ranges {
		if prefix, err := netip.ParsePrefix(text); err == nil {
			prefixes = append(prefixes, prefix.Masked())
		}
	}
	// Two ranges are apart, or one holds the other. So the shares of those that no wider one holds add up.
	slices.SortFunc(prefixes, func(a, b netip.Prefix) int { return cmp.Compare(a.Bits(), b.Bits()) })
	shares := map[bool]float64{}
	for i, prefix := range prefixes {
		held := func(wider netip.Prefix) bool { return wider.Contains(prefix.Addr()) }
		if !slices.ContainsFunc(prefixes[:i], held) {
			shares[prefix.Addr().Is4()] += math.Exp2(float64(-prefix.Bits()))
		}
	}
	return max(shares[true], shares[false]) >= 1
}
