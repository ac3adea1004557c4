package addressrange

import (
	"fmt"
	"net/netip"
	"testing"
)

func TestEvery(t *testing.T) {
	apart := []string{}
	for bits := 1; bits <= 32; bits++ { // 128.0.0.0/1, 64.0.0.0/2, …, 0.0.0.1/32: all but 0.0.0.0
		address := uint32(1) << (32 - bits)
		apart = append(apart, fmt.Sprintf("%d.%d.%d.%d/%d", byte(address>>24), byte(address>>16), byte(address>>8), byte(address), bits))
	}
	narrow := []string{} // 8000::/1, 4000::/2, …: all but ::/54, more digits than a float64 has
	for bits := 1; bits <= 54; bits++ {
		var address [16]byte
		address[(bits-1)/8] = 1 << (7 - (bits-1)%8)
		narrow = append(narrow, netip.PrefixFrom(netip.AddrFrom16(address), bits).String())
	}
	for _, test := range []struct {
		ranges []string
		want   bool
	}{
		{nil, false},
		{[]string{"203.0.113.7", "everything"}, false},
		{[]string{"0.0.0.0/0"}, true},
		{[]string{"::/0"}, true},
		{[]string{"0.0.0.0/1", "128.0.0.0/1"}, true},
		{[]string{"203.0.113.0/24", "0.0.0.0/1", "192.0.0.0/2", "128.0.0.0/2"}, true},
		{[]string{"::/1", "8000::/1", "203.0.113.0/24"}, true},
		{[]string{"0.0.0.0/1", "::/1"}, false},
		{[]string{"0.0.0.0/1", "0.0.0.0/1"}, false},
		{[]string{"0.0.0.0/1", "0.0.0.0/2", "64.0.0.0/2"}, false},
		{[]string{"64.0.0.0/2", "0.0.0.0/1", "127.0.0.1/1"}, false},
		{apart, false},
		{narrow, false},
		{append(narrow, "::/54"), true},
		{append(apart, "0.0.0.0/32"), true},
	} {
		if got := Every(test.ranges); got != test.want {
			t.Errorf("Every(%q) = %v, want %v", test.ranges, got, test.want)
		}
	}
}
