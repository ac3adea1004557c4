package firehose

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestKeyPrefixes(t *testing.T) {
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 11, 28, 14, 59, 30, 0, time.UTC)
	for name, test := range map[string]struct {
		prefix string
		zone   *time.Location
		want   []string
	}{
		"none":      {"events/", time.UTC, []string{"events/2026/11/28/14/", "events/2026/11/28/15/"}},
		"a day":     {"d=!{timestamp:dd}/", time.UTC, []string{"d=28/"}},
		"in a zone": {"d=!{timestamp:dd}/", tokyo, []string{"d=28/", "d=29/"}},
		"random":    {"!{timestamp:HH}/!{firehose:random-string}/!{timestamp:mm}", time.UTC, []string{"14/", "15/"}},
		"partition": {"type=!{partitionKeyFromQuery:type}/h=!{timestamp:HH}/", time.UTC, []string{"type="}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := KeyPrefixes(test.prefix, test.zone, from, from.Add(time.Minute))
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}
