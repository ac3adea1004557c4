package spec

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// byField has fields, the buffer that they need, and another change.
func byField(change func(d *Delivery), fields ...PartitionField) func(e *Environment) {
	return func(e *Environment) {
		e.Delivery.BufferMiB, e.Delivery.PartitionBy = 64, fields
		change(&e.Delivery)
	}
}

func none(*Delivery) {}

var tenant = PartitionField{Name: "tenant", Query: ".tenant"}

func byName(name string) func(e *Environment) {
	return byField(none, PartitionField{Name: name, Query: ".x"})
}

func TestPartitionsRefused(t *testing.T) {
	const (
		name   = `; use a-z, 0-9 and "_", beginning with a letter, at most 255`
		each   = `: Firehose requires it for each partition`
		folder = ` with Delivery.PartitionBy; begin with a folder and its "/", such as "events/": the partitions follow it`
	)
	var many []PartitionField
	for i := range 51 {
		many = append(many, PartitionField{Name: fmt.Sprintf("f%d", i), Query: ".x"})
	}
	testRefusals(t, []refusal{
		{"the default buffer", func(e *Environment) { e.Delivery.PartitionBy = []PartitionField{tenant} },
			[]string{`Delivery.BufferMiB is 1 with Delivery.PartitionBy; use 64 to 128` + each}},
		{"59 s", byField(func(d *Delivery) { d.BufferInterval = 59 * time.Second }, tenant),
			[]string{`Delivery.BufferInterval is 59s with Delivery.PartitionBy; use whole seconds, 60 to 900` + each}},
		{"bounds of every buffer", byField(func(d *Delivery) { d.BufferInterval, d.BufferMiB = -time.Second, 0 }, tenant), []string{
			`Delivery.BufferInterval is -1s; use whole seconds, 0 to 900`, `Delivery.BufferMiB is 0; use 1 to 128`}},
		{"a retry too long", byField(func(d *Delivery) { d.PartitionRetry = 7201 * time.Second }, tenant),
			[]string{`Delivery.PartitionRetry is 2h0m1s; use whole seconds, 0 to 7200`}},
		{"a retry without fields", func(e *Environment) { e.Delivery.PartitionRetry = time.Second },
			[]string{`Delivery.PartitionRetry is set and Delivery.PartitionBy is empty; set the fields to partition by, or leave it out`}},
		{"51 fields", byField(none, many...), []string{
			`Delivery.PartitionBy has 51 fields; use at most 50`,
			`Delivery.PartitionBy makes Delivery.Prefix 1756 characters long; use fewer or shorter names: at most 1024`}},
		{"long queries", byField(none, PartitionField{Name: "a", Query: `.a|ltrimstr("` + strings.Repeat("x", 5100) + `")`}),
			[]string{`Delivery.PartitionBy has queries of 5121 characters together, names included; use at most 5120`}},
		{"a long name after a long prefix", byField(func(d *Delivery) { d.Prefix = "events/" + strings.Repeat("x", 400) + "!{timestamp:yyyy}/" },
			PartitionField{Name: strings.Repeat("y", 120), Query: ".y"}), []string{
			`Delivery.PartitionBy makes Delivery.Prefix at least 535 characters long once evaluated; use fewer or shorter names: at most 512`}},
		{"no folder", byField(func(d *Delivery) { d.Prefix = "events-!{timestamp:yyyy}" }, tenant),
			[]string{`Delivery.Prefix is "events-!{timestamp:yyyy}"` + folder}},
		{"no timestamp", byField(func(d *Delivery) { d.Prefix = "events/" }, tenant), []string{
			`Delivery.Prefix is "events/" with Delivery.PartitionBy; add a timestamp, such as dt=!{timestamp:yyyy-MM-dd}/: Firehose adds none to a prefix with partitions`}},
		{"no name", byName(""), []string{`Delivery.PartitionBy[0].Name is ""` + name}},
		{"upper case", byName("Tenant"), []string{`Delivery.PartitionBy[0].Name is "Tenant"` + name}},
		{"256 characters", byName(strings.Repeat("x", 256)), []string{fmt.Sprintf(`Delivery.PartitionBy[0].Name is %q`, strings.Repeat("x", 256)) + name}},
		{"231 characters with a table", queried(byName(strings.Repeat("x", 231))), []string{
			"Delivery.PartitionBy[0].Name is 231 characters long with Query.Enabled; use at most 230: Glue takes no longer name of the partition's projection"}},
		{"a reserved word", byName("order"), []string{`Delivery.PartitionBy[0].Name is "order", which Athena reserves; use another, such as order_id: queries name it without quotes`}},
		{"a date's name", byName("year"), []string{`Delivery.PartitionBy[0].Name is "year", which Delivery.Prefix has too; use another`}},
		{"twice", byField(none, tenant, tenant), []string{`Delivery.PartitionBy[1].Name is "tenant", which another field has too; use another`}},
		{"the whole event", queried(byName("event")), []string{`Delivery.PartitionBy[0].Name is "event", which is a column of the table too; use another`}},
		{"a column of envelopes", queried(func(e *Environment) {
			byName("requestid")(e)
			e.API.Envelope.Enabled = true
		}), []string{`Delivery.PartitionBy[0].Name is "requestid", which is a column of the table too; use another`}},
		{"a column", queried(func(e *Environment) {
			byName("tenant")(e)
			e.Query.Columns = []Column{{Name: "tenant", Type: "string"}}
		}), []string{`Query.Columns[0].Name is "tenant", which a partition of Delivery.Prefix or Delivery.PartitionBy has too; leave the column out or rename the partition`}},
		{"no query", byField(none, PartitionField{Name: "a"}), []string{`Delivery.PartitionBy[0].Query is empty; write an expression of jq, such as .tenant`}},
		{"no jq", byField(none, PartitionField{Name: "a", Query: ".a |"}), []string{`Delivery.PartitionBy[0].Query is ".a |": it is not an expression of jq 1.6 (unexpected EOF); correct it`}},
		{"JSONPath", byField(none, PartitionField{Name: "a", Query: "$.user.id"}), []string{
			`Delivery.PartitionBy[0].Query is "$.user.id": it is JSONPath and not an expression of jq 1.6 (unexpected token "$"); write it without the $, such as .user.id`}},
		{"a newer jq", byField(none, PartitionField{Name: "a", Query: ".a|ltrim"}), []string{
			`Delivery.PartitionBy[0].Query is ".a|ltrim": it calls ltrim/0, which jq 1.6 does not have; use a function of jq 1.6's manual`}},
		{"the time", byField(none, PartitionField{Name: "a", Query: "now"}), []string{
			`Delivery.PartitionBy[0].Query is "now": it calls now/0; a partition key may depend on the record alone, so that a record that is delivered again lands in the same place`}},
		{"values", byField(none, PartitionField{Name: "a", Query: ".a", Values: []string{"", "x/y", "..", "a b", "x", "x"}}), []string{
			`Delivery.PartitionBy[0].Values[0] is ""; use 1 to 255 letters, digits, "_", "." and "-", and not only dots`,
			`Delivery.PartitionBy[0].Values[1] is "x/y"; use 1 to 255 letters, digits, "_", "." and "-", and not only dots`,
			`Delivery.PartitionBy[0].Values[2] is ".."; use 1 to 255 letters, digits, "_", "." and "-", and not only dots`,
			`Delivery.PartitionBy[0].Values[3] is "a b"; use 1 to 255 letters, digits, "_", "." and "-", and not only dots`,
			`Delivery.PartitionBy[0].Values[5] is "x", which is there twice; leave one out`}},
		{"101 values", byField(none, PartitionField{Name: "a", Query: ".a", Values: values(101)}), []string{
			`Delivery.PartitionBy[0].Values has 101 values; use at most 100, or leave them out: each query then names the value`}},
	})
	testAcceptances(t, []acceptance{
		{"60 s, 64 MiB", byField(none, tenant)},
		{"900 s, 128 MiB", byField(func(d *Delivery) { d.BufferInterval, d.BufferMiB = 900*time.Second, 128 }, tenant)},
		{"0 s of retries", byField(func(d *Delivery) { d.PartitionRetry = 0 }, tenant)},
		{"7,200 s of retries", byField(func(d *Delivery) { d.PartitionRetry = 7200 * time.Second }, tenant)},
		{"GZIP without lines", byField(func(d *Delivery) { d.Compression, d.NewlineDelimited = GZIP, false }, tenant)},
		{"100 values", byField(none, PartitionField{Name: "a", Query: ".a", Values: values(100)})},
		{"a column of another name", queried(func(e *Environment) {
			byName("tenant")(e)
			e.Query.Columns = []Column{{Name: "event", Type: "string"}}
		})},
		{"Parquet", queried(func(e *Environment) {
			e.Delivery.Format, e.Delivery.PartitionBy = FormatParquet, []PartitionField{tenant}
			e.Query.Columns = []Column{{Name: "event", Type: "string"}}
		})},
	})
}

func values(count int) []string {
	var all []string
	for i := range count {
		all = append(all, fmt.Sprint(i))
	}
	return all
}

func TestKeyPrefix(t *testing.T) {
	delivery := Default("dev").Delivery
	if delivery.KeyPrefix() != delivery.Prefix {
		t.Errorf("without fields: %s", delivery.KeyPrefix())
	}
	delivery.Prefix = "a/b-!{timestamp:yyyy}/"
	delivery.PartitionBy = []PartitionField{{Name: "type", Query: ".type"}, {Name: "tenant", Query: ".event.tenant"}}
	if got, want := delivery.KeyPrefix(), "a/type=!{partitionKeyFromQuery:type}/tenant=!{partitionKeyFromQuery:tenant}/b-!{timestamp:yyyy}/"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := delivery.PartitionQuery(), "{type:(.type),tenant:(.event.tenant)}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// In an envelope the event's own fields are below .event.
func TestQueryBesideTheEnvelopeWarned(t *testing.T) {
	env := Default("dev")
	env.API.Domain.DisableDefaultEndpoint, env.API.Envelope.Enabled = true, true
	byField(none, tenant, PartitionField{Name: "shop", Query: ".event.shop"}, PartitionField{Name: "day", Query: ".receivedAt[0:10]"})(&env)
	const want = `environment "dev": Delivery.PartitionBy[0].Query is ".tenant", which names no member of the envelope: with API.Envelope.Enabled the event is below .event, as in .event.tenant`
	if got := Warnings([]Environment{env}); len(got) != 1 || got[0] != want {
		t.Errorf("got %q", got)
	}
}

func TestManyPartitionsWarned(t *testing.T) {
	env := Default("dev")
	env.API.Domain.DisableDefaultEndpoint = true
	byField(none, PartitionField{Name: "a", Query: ".a", Values: values(50)}, PartitionField{Name: "b", Query: ".b", Values: values(10)})(&env)
	if got := Warnings([]Environment{env}); len(got) > 0 {
		t.Errorf("500 partitions: %q", got)
	}
	env.Delivery.PartitionBy[1].Values = values(11)
	const want = `environment "dev": Delivery.PartitionBy has 550 combinations of values: Firehose has at most 500 partitions in its buffer and writes the events of others below Delivery.ErrorPrefix; use fewer fields, or ask AWS to raise the quota`
	if got := Warnings([]Environment{env}); len(got) != 1 || got[0] != want {
		t.Errorf("550 partitions: %q", got)
	}
	// More than an int holds.
	env.Delivery.PartitionBy = nil
	for i := range 16 {
		env.Delivery.PartitionBy = append(env.Delivery.PartitionBy, PartitionField{Name: fmt.Sprint("f", i), Query: ".a", Values: values(100)})
	}
	if got := Warnings([]Environment{env}); len(got) != 1 || !strings.Contains(got[0], " has 100000000000000") {
		t.Errorf("16 fields of 100 values: %q", got)
	}
}

func TestPartitionsOfExamples(t *testing.T) {
	const at, below = `Delivery.PartitionBy[0].Query is `, `: Firehose writes such events below Delivery.ErrorPrefix`
	for _, test := range []struct {
		query  string
		values []string
		want   string
	}{
		{`.type // "other"`, []string{"order", "other"}, ""},
		{`.type // "other"`, nil, ""},
		{`.type`, nil, at + `".type", which gives no value for API.Example (a partition key is null or empty)` + below},
		{`.event | if .n == 1 then "a" else "b" end`, []string{"a"}, at + `".event | if .n == 1 then \"a\" else \"b\" end", which gives "b" for API.EventTypes[0].Example: no query of the table finds it, because it is not in Values`},
		{`.type, .requestId`, nil, at + `".type, .requestId", which gives no value for API.Example (the query has more than one result)` + below},
	} {
		env := Default("dev")
		env.API.Envelope.Enabled, env.API.Example = true, `{"n": 1}`
		typed(EventType{Name: "order", Schema: "{}", Example: `{"n": 2}`}, EventType{Name: "view", Schema: "{}"})(&env)
		env.Delivery.PartitionBy = []PartitionField{{Name: "kind", Query: test.query, Values: test.values}}
		got := unpartitionedExamples(env)
		if test.want == "" && len(got) > 0 || test.want != "" && (len(got) == 0 || got[0] != test.want) {
			t.Errorf("%s: the warnings are %q, want %s", test.query, got, test.want)
		}
	}
}
