package tfjson

import (
	"strconv"
	"testing"
)

func TestMemoIsBounded(t *testing.T) {
	var m memo
	for i := range mostParsed + 1 {
		m.add(strconv.Itoa(i), []Part{{Literal: strconv.Itoa(i)}})
		if len(m.parts) > mostParsed {
			t.Fatalf("it keeps %d texts, of at most %d", len(m.parts), mostParsed)
		}
	}
	last := strconv.Itoa(mostParsed)
	if parts, known := m.find(last); !known || len(parts) != 1 || parts[0].Literal != last {
		t.Errorf("the last text has %v, %t", parts, known)
	}
}
