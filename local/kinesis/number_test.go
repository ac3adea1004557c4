package kinesis

import (
	"math/big"
	"strings"
	"testing"
)

func TestNumberIsKinesisLayout(t *testing.T) {
	for _, test := range []struct {
		n   number
		hex string
	}{
		{number{created: 0x5f5e1000, index: 0, arrived: 0x5f5e1000, shard: 0}, "2" + "05f5e1000" + "0" + "0000000000000000" + "00" + "05f5e1000" + "00000000" + "2"},
		{number{created: 0x68a1b2c3, index: 0x123456789abcdef0 >> 1, arrived: 0x168a1b2c4, shard: 0x2a}, "2" + "068a1b2c3" + "a" + "091a2b3c4d5e6f78" + "00" + "168a1b2c4" + "0000002a" + "2"},
		{number{created: maxCreated - 1, index: 1<<63 - 1, arrived: 1<<36 - 1, shard: 1<<31 - 1}, "2" + "3bb2cc3d7" + "f" + "7fffffffffffffff" + "00" + "fffffffff" + "7fffffff" + "2"},
	} {
		want, _ := new(big.Int).SetString(test.hex, 16)
		if got := test.n.String(); got != want.String() || len(got) != 56 {
			t.Errorf("%s: %s, want %s", test.hex, got, want)
		}
		test.n.version = current
		if back, err := parseNumber(want.String()); err != nil || back != test.n {
			t.Errorf("%s is read as %+v, %v; want %+v", test.hex, back, err, test.n)
		}
	}
}

// Kinesalite's tests, which pass on AWS, expect this difference between the first sequence numbers of neighbouring shards.
func TestNumbersOfNeighbours(t *testing.T) {
	first, _ := new(big.Int).SetString(number{created: 1e9, arrived: 1e9}.String(), 10)
	second, _ := new(big.Int).SetString(number{created: 1e9, arrived: 1e9, shard: 1}.String(), 10)
	if got := second.Sub(second, first).String(); got != "22300745198530623141535718272648361505980432" {
		t.Errorf("difference %s", got)
	}
}

func TestNumberGrowsWhileTheClockJumpsBack(t *testing.T) {
	before := number{created: 1e9, index: 41, arrived: 2e9}.String()
	after := number{created: 1e9, index: 42, arrived: 1e9}.String()
	if after <= before || len(after) != len(before) {
		t.Errorf("%s does not come after %s", after, before)
	}
}

func TestParseNumber(t *testing.T) {
	for _, test := range []struct {
		name, hex string
		want      number
		bad       bool
	}{
		{name: "zero", hex: "0"},
		{name: "small", hex: "5", want: number{shard: 5}},
		{name: "version 0 with a large date", hex: "13bb2cc3d80000000000000000000000", bad: true},
		{name: "version 0 in the layout of later ones", hex: "20000000000000000000000000000000000000000000000", bad: true},
		{name: "version 1", hex: "20000000000000000000000000000000000000000000001", want: number{version: 1}},
		{name: "version 1 with all parts", hex: "2" + "068a1b2c3" + "1" + "00" + "068a1b2c4" + "00000000000000" + "07" + "00000001" + "1",
			want: number{version: 1, created: 0x68a1b2c3, arrived: 0x68a1b2c4, shard: 1}},
		{name: "version 3", hex: "20000000000000000000000000000000000000000000003", bad: true},
		{name: "an initial 3", hex: "30000000000000000000000000000000000000000000001", bad: true},
		{name: "an initial 1", hex: "1ffffffffff7fffffffffffffff000000000007fffffff2", bad: true},
		{name: "a large index", hex: "20000000000800000000000000000000000000000000002", bad: true},
		{name: "a large date", hex: "2ffffffffff7fffffffffffffff000000000007fffffff2", bad: true},
		{name: "a negative shard", hex: "20000000000000000000000000000000000000800000002", want: number{version: 2, shard: -1 << 31}},
		{name: "more than 192 bits", hex: strings.Repeat("f", 64), bad: true},
	} {
		value, _ := new(big.Int).SetString(test.hex, 16)
		got, err := parseNumber(value.String())
		if (err != nil) != test.bad || err == nil && got != test.want {
			t.Errorf("%s: %+v, error %v; want %+v, bad %v", test.name, got, err, test.want, test.bad)
		}
	}
	for _, text := range []string{"", "x", "-1", "+1", "1e3", "12345678901234567890+1", strings.Repeat("9", 129)} {
		if got, err := parseNumber(text); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

func FuzzNumber(f *testing.F) {
	f.Add(uint64(1), uint64(2), uint64(3))
	f.Fuzz(func(t *testing.T, low, middle, high uint64) {
		value := new(big.Int).SetUint64(high >> 7) // the maximum of 57 digits
		value.Add(value.Lsh(value, 64), new(big.Int).SetUint64(middle))
		value.Add(value.Lsh(value, 64), new(big.Int).SetUint64(low))
		got, err := parseWide(value.String())
		if want := (wide{low, middle, high >> 7}); err != nil || got != want {
			t.Errorf("%s is read as %v, %v", value, got, err)
		}
		n := number{created: int64(high % maxCreated), index: middle >> 1, arrived: int64(low >> 28), shard: int32(uint32(low)), version: current}
		if back, err := parseNumber(n.String()); err != nil || back != n {
			t.Errorf("%+v comes back as %+v, %v", n, back, err)
		}
	})
}
