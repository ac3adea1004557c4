package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/plan"
)

func written(t *testing.T, markdown bool, all ...plan.Difference) string {
	t.Helper()
	var text strings.Builder
	write := plan.DifferencesText
	if markdown {
		write = plan.DifferencesMarkdown
	}
	if err := write(&text, all); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestDifference(t *testing.T) {
	before := report(t, "prod", plan.Try{})
	after := report(t, "prod", plan.Try{}, `"shard_count": 1`, `"shard_count": 4`, `"throttling_rate_limit": 1000`, `"throttling_rate_limit": 5000`)
	d := plan.Compare("prod", &before, &after)
	want := `### What changes in the plan of prod

- By list prices a month costs 621.49 dollars, and before 544.84: +76.65.
- Such events fit up to 4,000 a second. Then Kinesis, records in shards fails first.
- Before: Such events fit up to 1,000 a second. Then API Gateway, stage fails first.

#### Limits

| limit | before | after |
| --- | --- | --- |
| API Gateway, stage | 1,000 requests/s, 50 % used: holds | 5,000 requests/s, 10 % used: holds |
| Kinesis, records in shards | 1,000 records/s, 50 % used: holds | 4,000 records/s, 12 % used: holds |
| Kinesis, bytes in shards | 1,048,576 bytes/s, 49 % used: holds | 4,194,304 bytes/s, 12 % used: holds |

#### A month in dollars, by list prices

| charged | before | after | change |
| --- | --- | --- | --- |
| Shard hours | 10.95 | 43.80 | +32.85 |
| Shard hours with more than 24 hours of retention | 14.60 | 58.40 | +43.80 |
| total | 544.84 | 621.49 | +76.65 |
`
	if diff := cmp.Diff(want, written(t, true, d)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	text := written(t, false, d)
	for _, part := range []string{"What changes in the plan of prod\n\n  By list prices", "\nLimits\n\n  limit ", "\n  total "} {
		if !strings.Contains(text, part) {
			t.Errorf("it does not say %q:\n%s", part, text)
		}
	}
}

func TestNothingDiffers(t *testing.T) {
	prod, dev := report(t, "prod", plan.Try{}), report(t, "dev", plan.Try{})
	same := []plan.Difference{plan.Compare("dev", &dev, &dev), plan.Compare("prod", &prod, &prod)}
	for _, markdown := range []bool{true, false} {
		if got := written(t, markdown, same...); got != "Nothing differs in the plan of dev, prod.\n" {
			t.Errorf("got %q", got)
		}
	}
	added := plan.Compare("qa", nil, &dev)
	if got := written(t, true, same[0], added); !strings.HasPrefix(got, "### What changes in the plan of qa\n\n- The environment is new. 10 events/s at the peak") ||
		!strings.HasSuffix(got, "\n\nNothing differs in the plan of dev.\n") {
		t.Errorf("got %s", got)
	}
	removed := plan.Compare("qa", &dev, nil)
	if got := written(t, true, removed); !strings.HasPrefix(got, "### What changes in the plan of qa\n\n- The environment is removed. Its month cost ") {
		t.Errorf("got %s", got)
	}
}

// A difference in anything that a plan shows of the load, the limits or the bill is in the comparison.
func TestDifferencesOfOptions(t *testing.T) {
	prod := report(t, "prod", plan.Try{})
	for _, test := range []struct {
		name string
		try  plan.Try
		want []string
	}{
		{"dev", plan.Try{}, []string{
			"| declared | yes | no |", "| Firewall, body | 65,536 bytes, 2 % used: holds | none |", "| Web ACLs | 5.00 | none | -5.00 |",
		}},
		{"prod", plan.Try{Bytes: 6000}, []string{"| bytes of an event | 1,000 | 6,000 |", "| Firehose data from a stream | "}},
		{"option-tuned", plan.Try{}, []string{"| region | us-east-1 | eu-central-1 |"}},
		{"option-ondemand", plan.Try{}, []string{"| Shard hours | 10.95 | none | -10.95 |"}},
	} {
		other := report(t, test.name, test.try)
		got := written(t, true, plan.Compare("prod", &prod, &other))
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: it does not say %q:\n%s", test.name, want, got)
			}
		}
	}
}
