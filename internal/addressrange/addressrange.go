// Package addressrange knows what ranges of IP addresses hold together.
package addressrange

import (
	"cmp"
	"math/big"
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
	// Two ranges are apart, or one holds the other. So the addresses of those that no wider one holds add up.
	slices.SortFunc(prefixes, func(a, b netip.Prefix) int { return cmp.Compare(a.Bits(), b.Bits()) })
	held := map[bool]*big.Int{true: new(big.Int), false: new(big.Int)} // addresses of IPv4, and of IPv6
	for i, prefix := range prefixes {
		holds := func(wider netip.Prefix) bool { return wider.Contains(prefix.Addr()) }
		if !slices.ContainsFunc(prefixes[:i], holds) {
			sum := held[prefix.Addr().Is4()]
			sum.Add(sum, addresses(prefix.Addr().BitLen()-prefix.Bits()))
		}
	}
	return held[true].Cmp(addresses(32)) >= 0 || held[false].Cmp(addresses(128)) >= 0
}

// addresses is how many there are of a number of bits.
func addresses(bits int) *big.Int { return new(big.Int).Lsh(big.NewInt(1), uint(bits)) }
