package prices

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// us-east-1 has every item, with its measure, source and date. Other regions have only items that it has.
func TestTheListIsWhole(t *testing.T) {
	date := regexp.MustCompile(`^20[0-9]{2}-[0-9]{2}(-[0-9]{2})?$`)
	if len(order) != len(list[Home]) || len(order) != len(measures) {
		t.Errorf("there are %d items, %d prices in %s and %d measures", len(order), len(list[Home]), Home, len(measures))
	}
	for region, prices := range list {
		for item, price := range prices {
			if !slices.Contains(order, item) || measures[item].Units == 0 {
				t.Errorf("%s: %s is no item, or has no measure", region, item)
			}
			if !strings.HasPrefix(price.Source, "https://") || !date.MatchString(price.Read) {
				t.Errorf("%s: %s has the source %q of %q", region, item, price.Source, price.Read)
			}
			if price.Tiers[0].From != 0 || !slices.IsSortedFunc(price.Tiers, func(a, b Tier) int { return int(a.From - b.From) }) {
				t.Errorf("%s: the tiers of %s are not in order from 0", region, item)
			}
		}
	}
	if got := Regions(); got[0] != Home || len(got) != len(slices.Collect(maps.Keys(list))) {
		t.Errorf("the regions are %v", got)
	}
}

func TestCost(t *testing.T) {
	for _, test := range []struct {
		region   string
		item     Item
		quantity float64
		want     float64
	}{
		{Home, APIRequests, 1e6, 3.50},
		{Home, APIRequests, 0, 0},
		{Home, APIRequests, 334e6, 333*3.50 + 2.80},
		// 5,000 events/s for 30 days: about 13 billion requests.
		{Home, APIRequests, 12.96e9, 333*3.50 + 667*2.80 + 11960*2.38},
		{Home, ShardHours, HoursOfAMonth, 10.95},
		{Home, Delivered, 501 * tb, 500*1024*0.029 + 1024*0.025},
		{Home, PageTransfer, tb, 0},
		{"eu-central-1", APIRequests, 1e6, 3.70},
		{"eu-central-1", ShardHours, HoursOfAMonth, 13.14},
		{"eu-central-1", RetentionHours, HoursOfAMonth, 14.60},
		{"mars-north-1", APIRequests, 1e6, 3.50},
	} {
		if got := In(test.region).Cost(test.item, test.quantity); math.Abs(got-test.want) > 1e-6*max(1, test.want) {
			t.Errorf("%v %s cost %v in %s, want %v", test.quantity, test.item, got, test.region, test.want)
		}
	}
}

func TestOwn(t *testing.T) {
	for _, test := range []struct {
		region string
		items  []Item
		want   bool
	}{
		{Home, order, true},
		{"eu-central-1", []Item{APIRequests, Storage}, true},
		{"eu-central-1", []Item{APIRequests, Delivered}, false},
		{"mars-north-1", []Item{APIRequests}, false},
		{"mars-north-1", worldwide, true},
		{"mars-north-1", nil, true},
	} {
		if got := In(test.region).Own(test.items...); got != test.want {
			t.Errorf("%s has prices of its own for %v: %v", test.region, test.items, got)
		}
	}
}

func TestRoundUp(t *testing.T) {
	for _, test := range []struct{ bytes, unit, want int }{
		{0, DeliveredUnit, 5 * kb}, {1, DeliveredUnit, 5 * kb}, {5 * kb, DeliveredUnit, 5 * kb}, {5*kb + 1, DeliveredUnit, 10 * kb}, {12 * kb, DeliveredUnit, 15 * kb},
		{25*kb + 1, PutUnit, 50 * kb}, {1, OnDemandUnit, kb},
	} {
		if got := RoundUp(test.bytes, test.unit); got != test.want {
			t.Errorf("%d bytes in units of %d are %d, want %d", test.bytes, test.unit, got, test.want)
		}
	}
}
