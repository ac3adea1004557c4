package plan

import "testing"

func TestCount(t *testing.T) {
	for value, want := range map[float64]string{
		0: "0", 0.005: "0.005", 0.000123: "0.00012", 0.0099999: "0.01", 1e-7: "0.0000001", 0.034: "0.03", 1.5: "1.50", 7: "7", 1234567.8: "1,234,568",
	} {
		if got := count(value); got != want {
			t.Errorf("%g is %s, want %s", value, got, want)
		}
	}
}
