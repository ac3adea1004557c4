package spec

import (
	"regexp"
	"slices"
	"strings"
)

// Partitioning is how the keys of delivered objects tell when their events came.
type Partitioning struct {
	// Folder is what all keys begin with: "events/".
	Folder string
	// Partitions follow it, from the year down, each as NAME=VALUE/.
	Partitions []Partition
}

// Partition is one Hive partition by date.
type Partition struct {
	// Name is that of its column in a table.
	Name string
	// Pattern is that of its values, in Java's letters: a part of "yyyy-MM-dd-HH".
	Pattern string
}

// datePattern is what the partitions' patterns must begin together, joined by "-".
const datePattern = "yyyy-MM-dd-HH"

var (
	partitionPattern = regexp.MustCompile(`^([a-z_][a-z0-9_]*)=!\{timestamp:([^{}]*)\}/`)
	// partitionUnits are where the whole pattern may end.
	partitionUnits = []string{"yyyy", "yyyy-MM", "yyyy-MM-dd", datePattern}
)

// Partitioning reads the prefix as a folder and Hive partitions by date, none left out from the year down, so that a query
// can compute them. It is not ok where the prefix is anything else.
func (d Delivery) Partitioning() (found Partitioning, ok bool) {
	fixed, _, _ := strings.Cut(d.Prefix, "!{")
	found.Folder = fixed[:strings.LastIndex(fixed, "/")+1]
	rest := d.Prefix[len(found.Folder):]
	var patterns []string
	for rest != "" {
		parts := partitionPattern.FindStringSubmatch(rest)
		if parts == nil || found.has(parts[1]) {
			return Partitioning{}, false
		}
		found.Partitions = append(found.Partitions, Partition{Name: parts[1], Pattern: parts[2]})
		patterns = append(patterns, parts[2])
		rest = rest[len(parts[0]):]
	}
	return found, found.Folder != "" && slices.Contains(partitionUnits, strings.Join(patterns, "-"))
}

func (p Partitioning) has(name string) bool {
	return slices.ContainsFunc(p.Partitions, func(partition Partition) bool { return partition.Name == name })
}

// Unit is how long one partition lasts: "year", "month", "day" or "hour".
func (p Partitioning) Unit() string {
	last := p.Partitions[len(p.Partitions)-1].Pattern
	return map[string]string{"yy": "year", "MM": "month", "dd": "day", "HH": "hour"}[last[len(last)-2:]]
}
