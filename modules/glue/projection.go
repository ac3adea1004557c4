package glue

import (
	"fmt"
	"maps"
	"strings"

	"cdk.tf/go/ingest/internal/objectname"
	"cdk.tf/go/ingest/internal/tftext"
	"cdk.tf/go/ingest/spec"
)

// parameters of the table: its kind, and how Athena computes its partitions (Athena user guide, "Use partition projection with
// Amazon Athena"). So a partition exists as soon as its first object does, and nobody must add it.
func parameters(cfg Config) map[string]string {
	found := map[string]string{
		"EXTERNAL":                  "TRUE",
		"classification":            formatOf(cfg).classification,
		"projection.enabled":        "true",
		"storage.location.template": "s3://" + cfg.Bucket + "/" + tftext.Escape(template(cfg.Partitioning)),
	}
	for _, partition := range cfg.Partitioning.Partitions {
		for key, value := range projection(partition, cfg.Since, objectname.AthenaEnd(cfg.TimeZone)) {
			found["projection."+partition.Name+"."+key] = value
		}
	}
	return found
}

// template is a partition's folder, with Athena's own expressions.
func template(partitioning spec.Partitioning) string {
	text := partitioning.Folder
	for _, partition := range partitioning.Partitions {
		text += partition.Name + "=${" + partition.Name + "}/"
	}
	return text
}

// firstOf is the first date of a year, in the longest pattern.
const firstOf = "%04d-01-01-00"

// projection of one partition's values. Those of a field are listed, or each query names the value. The projection of the year is a
// date, because its range can end relative to NOW, which each query evaluates. So the time of a synthesis does not matter. With a range
// into the future, every query without a year would look for future objects.
func projection(partition spec.Partition, since int, end string) map[string]string {
	pattern := partition.Pattern
	switch {
	case partition.Injected():
		return map[string]string{"type": "injected"}
	case pattern == "":
		return map[string]string{"type": "enum", "values": strings.Join(partition.Values, ",")}
	}
	if !strings.HasPrefix(pattern, "yyyy") {
		found := map[string]string{"type": "integer", "digits": "2"}
		maps.Copy(found, map[string]map[string]string{
			"MM": {"range": "1,12"}, "dd": {"range": "1,31"}, "HH": {"range": "0,23"},
		}[pattern])
		return found
	}
	units := map[string]string{"yyyy": "YEARS", "yyyy-MM": "MONTHS", "yyyy-MM-dd": "DAYS", "yyyy-MM-dd-HH": "HOURS"}
	return map[string]string{
		"type":          "date",
		"format":        pattern,
		"range":         fmt.Sprintf(firstOf, since)[:len(pattern)] + "," + end,
		"interval":      "1",
		"interval.unit": units[pattern],
	}
}
