package local

import (
	"slices"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
)

// Settings that AWS accepts although they are probably mistakes run here as well, with one warning each.
func TestWarnsOfProbableMistakes(t *testing.T) {
	stack := devStack(t)
	answer := stack.body("aws_api_gateway_integration_response", "api_submit_post_200-mapping")
	answer["status_code"] = "201"
	delete(answer, "response_parameters")
	delivery := stack.body("aws_kinesis_firehose_delivery_stream", "delivery")["extended_s3_configuration"].(object)
	delivery["prefix"] = "events/!{timestamp:YYYY/MM}/"
	stack.body("aws_api_gateway_integration", "api_submit_post_integration")["timeout_milliseconds"] = 29001.0
	var said strings.Builder
	opts := optionsOf(t, stack.write(t))
	opts.Out = &said
	p, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	want := []string{
		"aws_api_gateway_integration.api_submit_post_integration: timeout_milliseconds is 29001; API Gateway takes more than 29000 only where the account's quota has been raised",
		"POST /submit has no aws_api_gateway_method_response for the status 201 of aws_api_gateway_integration_response.api_submit_post_200-mapping: " +
			"API Gateway answers 500 where it chooses that one, although the call was made",
		`aws_kinesis_firehose_delivery_stream.delivery: prefix holds "YYYY", the year of the week: the days about New Year land in the folder of another year; write "yyyy"`,
	}
	if got := p.declared.warnings(); !slices.Equal(got, want) {
		t.Errorf("the warnings are %q", got)
	}
	p.sayStarted()
	if part := "\nAWS accepts these settings, but they are probably not what you mean:\n  - " + strings.Join(want, "\n  - ") + "\n"; strings.Count(said.String(), part) != 1 {
		t.Errorf("it does not say %q once:\n%s", part, said.String())
	}
}

func TestOwnEnvironmentsHaveNoWarnings(t *testing.T) {
	for _, environment := range []string{"dev", "staging", "prod"} {
		d, err := readStack(Options{Stack: goldens.File(t, environment), AllowUnverified: true}, "http://127.0.0.1:8080")
		if err != nil {
			t.Fatal(err)
		}
		if len(d.warnings()) > 0 {
			t.Errorf("%s: the warnings are %q", environment, d.warnings())
		}
	}
}

// Metrics of shards are among the differences that the start names.
func TestNamesShardLevelMetrics(t *testing.T) {
	stack := devStack(t)
	stack.body("aws_kinesis_stream", "stream")["shard_level_metrics"] = []any{"IncomingBytes"}
	d, err := readStack(Options{Stack: stack.write(t)}, "http://127.0.0.1:8080")
	if err != nil {
		t.Fatal(err)
	}
	if notices := d.notices(); !slices.Contains(notices, "the shards are not measured (shard_level_metrics)") {
		t.Errorf("the notices are %q", notices)
	}
}
