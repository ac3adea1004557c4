package objectname_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the test must not depend on what the machine has installed

	"cdk.tf/go/ingest/internal/objectname"
)

// No zone is further ahead of UTC than the end of a projected range, in any month of ten years.
func TestAthenaEnd(t *testing.T) {
	if got := objectname.AthenaEnd("UTC"); got != "NOW" {
		t.Errorf("UTC: got %q", got)
	}
	zones := objectname.Zones()
	if len(zones) < 250 || !slices.IsSorted(zones) {
		t.Errorf("%d zones, or not in order", len(zones))
	}
	for _, name := range zones {
		if objectname.IsRefusedZone(name) || strings.Contains(name, "-") {
			t.Errorf("Firehose's API refuses %s", name)
		}
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Error(err)
			continue
		}
		hours, ok := strings.CutSuffix(strings.TrimPrefix(objectname.AthenaEnd(name), "NOW+"), "HOURS")
		if name == "UTC" {
			continue
		}
		limit, err := time.ParseDuration(hours + "h")
		if err != nil || !ok {
			t.Errorf("%s ends with %q", name, objectname.AthenaEnd(name))
			continue
		}
		for month := range 120 {
			_, offset := time.Date(2026, time.Month(1+month), 15, 0, 0, 0, 0, zone).Zone()
			if ahead := time.Duration(offset) * time.Second; ahead > limit {
				t.Errorf("%s is %s ahead of UTC", name, ahead)
			}
		}
	}
}

func TestExtension(t *testing.T) {
	for extension, want := range map[string]bool{
		"": true, ".json": true, ".json.gz": true, ".a!-_.*'()9": true, "." + strings.Repeat("a", 127): true,
		".": false, "json": false, ".JSON": false, ".a/b": false, ".a b": false, ".é": false, ".a\n": false, "." + strings.Repeat("a", 128): false,
	} {
		if got := objectname.Extension.MatchString(extension); got != want {
			t.Errorf("%q: got %t", extension, got)
		}
	}
}

func TestMismatch(t *testing.T) {
	for _, test := range []struct{ compression, extension, fault, remedy string }{
		{"GZIP", "", "", ""},
		{"GZIP", ".gz", "", ""},
		{"GZIP", ".json.gz", "", ""},
		{"GZIP", ".json", `is ".json", and the objects are compressed with GZIP`, `end it with ".gz": readers tell the compression by the end of a name`},
		{"GZIP", ".gz.json", `is ".gz.json", and the objects are compressed with GZIP`, `end it with ".gz": readers tell the compression by the end of a name`},
		{"GZIP", ".zip", `is ".zip", and the objects are compressed with GZIP`, `end it with ".gz": readers tell the compression by the end of a name`},
		{"ZIP", ".json.zip", "", ""},
		{"Snappy", ".json", `is ".json", and the objects are compressed with Snappy`, `end it with ".snappy": readers tell the compression by the end of a name`},
		{"UNCOMPRESSED", ".json", "", ""},
		{"UNCOMPRESSED", ".gz.json", "", ""},
		{"UNCOMPRESSED", ".json.gz", `is ".json.gz", and the objects are not compressed`, `leave ".gz" out: readers tell the compression by the end of a name`},
		{"UNCOMPRESSED", ".zst", `is ".zst", and the objects are not compressed`, `leave ".zst" out: readers tell the compression by the end of a name`},
	} {
		if fault, remedy := objectname.Mismatch(test.compression, test.extension); fault != test.fault || remedy != test.remedy {
			t.Errorf("%s %q: got %q, %q", test.compression, test.extension, fault, remedy)
		}
	}
}
