package spec

import (
	"reflect"
	"testing"
)

func TestPartitioning(t *testing.T) {
	for _, row := range []struct {
		prefix string
		want   Partitioning
		unit   string
	}{
		{Default("x").Delivery.Prefix, Partitioning{"events/", []Partition{
			{Name: "year", Pattern: "yyyy"}, {Name: "month", Pattern: "MM"}, {Name: "day", Pattern: "dd"}, {Name: "hour", Pattern: "HH"},
		}}, "hour"},
		{"raw/v1/dt=!{timestamp:yyyy-MM-dd}/", Partitioning{"raw/v1/", []Partition{{Name: "dt", Pattern: "yyyy-MM-dd"}}}, "day"},
		{"e/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/", Partitioning{"e/", []Partition{{Name: "dt", Pattern: "yyyy-MM-dd"}, {Name: "hour", Pattern: "HH"}}}, "hour"},
		{"e/at=!{timestamp:yyyy-MM-dd-HH}/", Partitioning{"e/", []Partition{{Name: "at", Pattern: "yyyy-MM-dd-HH"}}}, "hour"},
		{"e/m=!{timestamp:yyyy-MM}/", Partitioning{"e/", []Partition{{Name: "m", Pattern: "yyyy-MM"}}}, "month"},
		{"e/y=!{timestamp:yyyy}/", Partitioning{"e/", []Partition{{Name: "y", Pattern: "yyyy"}}}, "year"},
	} {
		got, ok := Delivery{Prefix: row.prefix}.Partitioning()
		if !ok || !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: got %v, %t", row.prefix, got, ok)
		} else if got.Unit() != row.unit {
			t.Errorf("%s: the unit is %q, want %q", row.prefix, got.Unit(), row.unit)
		}
	}
}

func TestUnitOfNoDate(t *testing.T) {
	refused, _ := Delivery{Prefix: "events/"}.Partitioning()
	for name, partitions := range map[string]Partitioning{
		"none": {}, "a refused prefix": refused, "a field": {Partitions: []Partition{{Name: "a"}}}, "a letter": {Partitions: []Partition{{Name: "a", Pattern: "y"}}},
	} {
		if got := partitions.Unit(); got != "" {
			t.Errorf("%s: the unit is %q", name, got)
		}
	}
}

// The fields come before the dates, in their order.
func TestPartitioningByField(t *testing.T) {
	got, ok := Delivery{Prefix: "e/y=!{timestamp:yyyy}/", PartitionBy: []PartitionField{{Name: "b", Values: []string{"x"}}, {Name: "a"}}}.Partitioning()
	want := Partitioning{"e/", []Partition{{Name: "b", Values: []string{"x"}}, {Name: "a"}, {Name: "y", Pattern: "yyyy"}}}
	if !ok || !reflect.DeepEqual(got, want) || got.Unit() != "year" {
		t.Errorf("got %v, %t", got, ok)
	}
	for i, want := range []bool{false, true, false} {
		if got.Partitions[i].Injected() != want {
			t.Errorf("%s is injected: %t", got.Partitions[i].Name, !want)
		}
	}
}

func TestNoPartitioning(t *testing.T) {
	for name, prefix := range map[string]string{
		"empty":                  "",
		"Firehose's own folders": "events/",
		"folders without names":  "events/!{timestamp:yyyy/MM/dd/HH}/",
		"a random string":        "events/r=!{firehose:random-string}/year=!{timestamp:yyyy}/",
		"a fixed folder between": "events/year=!{timestamp:yyyy}/v1/month=!{timestamp:MM}/",
		"no folder":              "year=!{timestamp:yyyy}/",
		"no end":                 "events/year=!{timestamp:yyyy}",
		"a name after the end":   "events/year=!{timestamp:yyyy}/x",
		"no year":                "events/month=!{timestamp:MM}/",
		"a unit left out":        "events/year=!{timestamp:yyyy}/day=!{timestamp:dd}/",
		"a unit twice":           "events/year=!{timestamp:yyyy}/y=!{timestamp:yyyy}/",
		"a wrong order":          "events/month=!{timestamp:MM}/year=!{timestamp:yyyy}/",
		"a name twice":           "events/d=!{timestamp:yyyy}/d=!{timestamp:MM}/",
		"upper case":             "events/Year=!{timestamp:yyyy}/",
		"the year of a week":     "events/year=!{timestamp:YYYY}/",
		"minutes":                "events/at=!{timestamp:yyyy-MM-dd-HH}/minute=!{timestamp:mm}/",
		"part of a unit":         "events/year=!{timestamp:yyyy}/month=!{timestamp:M}/",
	} {
		if got, ok := (Delivery{Prefix: prefix}).Partitioning(); ok {
			t.Errorf("%s: %s is read as %v", name, prefix, got)
		}
	}
}
