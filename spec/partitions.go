package spec

import (
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/internal/objectname"
)

// Partitioning is how the keys of delivered objects show which fields their events have, and when they arrived.
type Partitioning struct {
	// Folder is the beginning of all keys, such as "events/".
	Folder string
	// Partitions follow the folder, each as NAME=VALUE/: the fields of Delivery.PartitionBy, and then dates from the year down.
	Partitions []Partition
}

// Partition is one Hive partition, by date or by a field of the events.
type Partition struct {
	// Name is the name of the partition's column in a table.
	Name string
	// Pattern is the pattern of a date's values, in Java's letters: a part of "yyyy-MM-dd-HH". It is empty for a field.
	Pattern string
	// Values are the known values of a field. Without any, a query must name the value.
	Values []string
}

// datePattern is the longest pattern. The partitions' patterns, joined by "-", must begin it.
const datePattern = "yyyy-MM-dd-HH"

var (
	partitionPattern = regexp.MustCompile(`^([a-z_][a-z0-9_]*)=!\{timestamp:([^{}]*)\}/`)
	// partitionUnits are the allowed beginnings of datePattern.
	partitionUnits = []string{"yyyy", "yyyy-MM", "yyyy-MM-dd", datePattern}
)

// Injected reports whether a query of the table must name the partition's value.
func (p Partition) Injected() bool { return p.Pattern == "" && len(p.Values) == 0 }

// Partitioning reads the prefix as a folder and Hive partitions by date, from the year down without a gap, so that a query can
// compute them, and puts the fields of Delivery.PartitionBy before them. ok is false if the prefix is anything else.
func (d Delivery) Partitioning() (found Partitioning, ok bool) {
	found.Folder = objectname.FixedFolder(d.Prefix)
	rest := d.Prefix[len(found.Folder):]
	for _, field := range d.PartitionBy {
		found.Partitions = append(found.Partitions, Partition{Name: field.Name, Values: field.Values})
	}
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

func (p Partitioning) hasDate(name string) bool {
	return slices.ContainsFunc(p.Partitions, func(partition Partition) bool { return partition.Name == name && partition.Pattern != "" })
}

// Unit is how long one partition by date lasts: "year", "month", "day" or "hour". It is empty without such a partition.
func (p Partitioning) Unit() string {
	if len(p.Partitions) == 0 {
		return ""
	}
	last := p.Partitions[len(p.Partitions)-1].Pattern
	return map[string]string{"yy": "year", "MM": "month", "dd": "day", "HH": "hour"}[last[max(len(last)-2, 0):]]
}
