package stacks

import (
	"testing"

	"cdk.tf/go/ingest/spec"
)

func TestQueriesOfEachTable(t *testing.T) {
	for _, test := range []struct {
		name, zone, prefix string
		columns            []spec.Column
		want               map[string]string
	}{
		{"any event", "UTC", "e/dt=!{timestamp:yyyy-MM-dd}/", nil, map[string]string{
			"latest": `SELECT *
FROM "api_kinesis_x_y"."events"
WHERE (("dt" = format_datetime(now(), 'yyyy-MM-dd'))
    OR ("dt" = format_datetime(now() - interval '1' day, 'yyyy-MM-dd')))
LIMIT 100`,
			"count by type": `SELECT coalesce(json_extract_scalar(event, '$.type'), json_extract_scalar(event, '$.event')) AS type, count(*) AS events
FROM "api_kinesis_x_y"."events"
WHERE (("dt" = format_datetime(now(), 'yyyy-MM-dd'))
    OR ("dt" = format_datetime(now() - interval '1' day, 'yyyy-MM-dd')))
GROUP BY 1
ORDER BY 2 DESC`,
		}},
		{"a column for the type", "UTC", "e/y=!{timestamp:yyyy}/m=!{timestamp:MM}/", []spec.Column{{Name: "type", Type: "string"}}, map[string]string{
			"latest": `SELECT *
FROM "api_kinesis_x_y"."events"
WHERE (("y" = format_datetime(now(), 'yyyy') AND "m" = format_datetime(now(), 'MM'))
    OR ("y" = format_datetime(now() - interval '1' month, 'yyyy') AND "m" = format_datetime(now() - interval '1' month, 'MM')))
LIMIT 100`,
			"count by type": `SELECT "type" AS type, count(*) AS events
FROM "api_kinesis_x_y"."events"
WHERE (("y" = format_datetime(now(), 'yyyy') AND "m" = format_datetime(now(), 'MM'))
    OR ("y" = format_datetime(now() - interval '1' month, 'yyyy') AND "m" = format_datetime(now() - interval '1' month, 'MM')))
GROUP BY 1
ORDER BY 2 DESC`,
		}},
		{"no column for the type", "UTC", "e/y=!{timestamp:yyyy}/", []spec.Column{{Name: "kind", Type: "string"}}, map[string]string{
			"latest": `SELECT *
FROM "api_kinesis_x_y"."events"
WHERE (("y" = format_datetime(now(), 'yyyy'))
    OR ("y" = format_datetime(now() - interval '1' year, 'yyyy')))
LIMIT 100`,
		}},
		{"the days of a time zone", "Asia/Tokyo", "e/dt=!{timestamp:yyyy-MM-dd}/", []spec.Column{{Name: "kind", Type: "string"}}, map[string]string{
			"latest": `SELECT *
FROM "api_kinesis_x_y"."events"
WHERE (("dt" = format_datetime(now() AT TIME ZONE 'Asia/Tokyo', 'yyyy-MM-dd'))
    OR ("dt" = format_datetime(date_add('day', -1, now() AT TIME ZONE 'Asia/Tokyo'), 'yyyy-MM-dd')))
LIMIT 100`,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			env := spec.Default("x-y")
			env.Delivery.TimeZone, env.Delivery.Prefix, env.Query.Columns = test.zone, test.prefix, test.columns
			got := map[string]string{}
			for _, query := range queries(env, "db") {
				got[query.Name] = query.SQL
				if query.Database != "db" {
					t.Errorf("%s is in %q", query.Name, query.Database)
				}
			}
			if len(got) != len(test.want) {
				t.Errorf("got %d queries, want %d", len(got), len(test.want))
			}
			for name, want := range test.want {
				if got[name] != want {
					t.Errorf("%s:\n%s\nwant:\n%s", name, got[name], want)
				}
			}
		})
	}
}

// In an envelope the columns are fields of the event.
func TestTypeOfAnEnvelope(t *testing.T) {
	env := spec.Default("dev")
	env.API.Envelope.Enabled = true
	for want, columns := range map[string][]spec.Column{
		"coalesce(json_extract_scalar(event, '$.type'), json_extract_scalar(event, '$.event'))": nil,
		`event."type"`: {{Name: "id", Type: "bigint"}, {Name: "type", Type: "string"}},
		"":             {{Name: "type", Type: "bigint"}},
	} {
		env.Query.Columns = columns
		if got := typeOf(env); got != want {
			t.Errorf("%v: %s, want %s", columns, got, want)
		}
	}
	env.API.EventTypes = []spec.EventType{{Name: "order"}}
	if got := typeOf(env); got != `"type"` {
		t.Errorf("of event types: %s", got)
	}
}

// A saved query names each value that Athena cannot know, so that Athena does not refuse it.
func TestQueriesByField(t *testing.T) {
	env := spec.Default("x-y")
	env.Delivery.Prefix = "e/y=!{timestamp:yyyy}/"
	env.Delivery.PartitionBy = []spec.PartitionField{{Name: "kind", Query: ".kind", Values: []string{"order"}}, {Name: "tenant", Query: ".tenant"}, {Name: "shop", Query: ".shop"}}
	const want = `SELECT *
FROM "api_kinesis_x_y"."events"
WHERE (("y" = format_datetime(now(), 'yyyy'))
    OR ("y" = format_datetime(now() - interval '1' year, 'yyyy')))
  AND "tenant" = 'TENANT'
  AND "shop" = 'SHOP'
LIMIT 100`
	latest := queries(env, "db")[0]
	if latest.SQL != want {
		t.Errorf("got:\n%s\nwant:\n%s", latest.SQL, want)
	}
	if want := "Events of this year and the one before. Replace TENANT, SHOP"; latest.Description != want {
		t.Errorf("the description is %q, want %q", latest.Description, want)
	}
}

// Events block a destroy, and results of queries do not: you can turn the option off again.
func TestRemovalOfQuery(t *testing.T) {
	for _, removal := range []spec.Removal{spec.Disposable, spec.Retained, spec.Protected} {
		env := spec.Default("dev")
		env.Removal, env.Query.Enabled = removal, true
		doc := synth(t, env)
		group, _ := doc.Resource["aws_athena_workgroup"]["query"].(map[string]any)
		results, _ := doc.Resource["aws_s3_bucket"]["query-results"].(map[string]any)
		for name, body := range map[string]map[string]any{"workgroup": group, "bucket of results": results} {
			if body["force_destroy"] != true || body["lifecycle"] != nil {
				t.Errorf("%s: the %s is %v", removal, name, body)
			}
		}
	}
}
