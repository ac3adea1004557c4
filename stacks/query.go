package stacks

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/internal/objectname"
	"cdk.tf/go/ingest/modules/athena"
	"cdk.tf/go/ingest/modules/glue"
	"cdk.tf/go/ingest/modules/s3"
	"cdk.tf/go/ingest/spec"
)

// declareTable declares the table over the delivered objects; nil if the environment has none.
func declareTable(stack cdktf.TerraformStack, env spec.Environment, bucket *s3.Bucket) *glue.Table {
	if !env.Query.Enabled {
		return nil
	}
	partitioning, _ := env.Delivery.Partitioning() // validation has checked it
	return glue.New(stack, "events-table", glue.Config{
		Database:     env.QueryDatabaseName(),
		Table:        env.QueryTableName(),
		Description:  "What " + env.DeliveryStreamName() + " delivered to " + env.BucketName(),
		Bucket:       bucket.Name,
		Partitioning: partitioning,
		TimeZone:     env.Delivery.TimeZone,
		Since:        env.Query.Since,
		Format:       env.Delivery.Format,
		Columns:      env.TableColumns(),
	})
}

// declareQuery declares the workgroup that queries the table, with its bucket of results, and returns their outputs.
func declareQuery(stack cdktf.TerraformStack, env spec.Environment, where surroundings, encryption encryption, table *glue.Table) []output {
	if table == nil {
		return nil
	}
	results := s3.New(stack, "query-results", s3.Config{
		Name: env.QueryBucketName(),
		Lifecycle: spec.Bucket{
			ExpireAfterDays: env.Query.ResultExpireAfterDays, NoncurrentExpireAfterDays: 1, AbortUploadsAfterDays: 1,
		},
		KeyARN:    encryption.arn(),
		DependsOn: encryption.made(),
		// Results are copies that expire anyway, so they must not block a destroy. You can turn the option off again.
		Disposable: true,
	})
	group := athena.New(stack, "query", athena.Config{
		Name:         env.QueryWorkgroupName(),
		Description:  "Queries of " + env.QueryDatabaseName() + "." + env.QueryTableName(),
		ResultBucket: results.Name,
		Account:      where.account,
		KeyARN:       encryption.arn(),
		ScanLimitMiB: env.Query.ScanLimitMiB,
		Queries:      queries(env, table.Database),
	})
	return []output{
		{"query_workgroup", "The Athena workgroup to query the events in", group.Name},
		{"query_table", "The table of the events", table.Database + "." + table.Name},
	}
}

// queries are the saved queries. Each reads only the newest two partitions, so it costs little in a large bucket too.
func queries(env spec.Environment, database string) []athena.Query {
	partitioning, _ := env.Delivery.Partitioning()
	unit := partitioning.Unit()
	where := newest(partitioning, env.Delivery.TimeZone) + named(partitioning)
	from := fmt.Sprintf("FROM %q.%q\nWHERE %s", env.QueryDatabaseName(), env.QueryTableName(), where)
	found := []athena.Query{{
		ID: "latest", Name: "latest", Database: database,
		Description: fmt.Sprintf("Events of this %s and the one before", unit) + replaced(partitioning),
		SQL:         "SELECT *\n" + from + "\nLIMIT 100",
	}}
	if kind := typeOf(env); kind != "" {
		found = append(found, athena.Query{
			ID: "count-by-type", Name: "count by type", Database: database,
			Description: fmt.Sprintf("How many events of each type came in this %s and the one before", unit) + replaced(partitioning),
			SQL:         "SELECT " + kind + " AS type, count(*) AS events\n" + from + "\nGROUP BY 1\nORDER BY 2 DESC",
		})
	}
	return found
}

// newest is the condition for the newest two partitions. Athena evaluates now() before it selects partitions, and compares a
// partition's value as text. In another time zone than UTC, date_add counts days of the zone, which may have 23 or 25 hours
// (trinodb/trino, timestamptz/DateAdd.java: it adds to the field of the zone's calendar).
func newest(partitioning spec.Partitioning, zone string) string {
	now, before := "now()", "now() - interval '1' "+partitioning.Unit()
	if zone != objectname.UTC {
		now = fmt.Sprintf("now() AT TIME ZONE '%s'", zone)
		before = fmt.Sprintf("date_add('%s', -1, %s)", partitioning.Unit(), now)
	}
	var times []string
	for _, at := range []string{now, before} {
		var parts []string
		for _, partition := range partitioning.Partitions {
			if partition.Pattern == "" {
				continue
			}
			parts = append(parts, fmt.Sprintf("%q = format_datetime(%s, '%s')", partition.Name, at, partition.Pattern))
		}
		times = append(times, "("+strings.Join(parts, " AND ")+")")
	}
	return "(" + strings.Join(times, "\n    OR ") + ")" // so that "AND …" can follow
}

// named is a condition for each partition whose value Athena does not know, in which you replace the value. Athena refuses a query
// without the condition (Athena user guide, "Supported types for partition projection", injected).
func named(partitioning spec.Partitioning) string {
	var text strings.Builder
	for _, name := range injected(partitioning) {
		fmt.Fprintf(&text, "\n  AND %q = '%s'", name, strings.ToUpper(name))
	}
	return text.String()
}

// replaced says in a query's description what to replace.
func replaced(partitioning spec.Partitioning) string {
	var values []string
	for _, name := range injected(partitioning) {
		values = append(values, strings.ToUpper(name))
	}
	if len(values) == 0 {
		return ""
	}
	return ". Replace " + strings.Join(values, ", ")
}

func injected(partitioning spec.Partitioning) []string {
	var names []string
	for _, partition := range partitioning.Partitions {
		if partition.Injected() {
			names = append(names, partition.Name)
		}
	}
	return names
}

// typeOf returns the SQL for an event's type, or "" if no column has it. Events name it `type`, or `event` like the first event
// of the README. In an envelope the columns are fields of the event.
func typeOf(env spec.Environment) string {
	if env.API.Envelope.Enabled && len(env.API.EventTypes) > 0 {
		return `"type"` // the envelope's, or the partition's
	}
	if len(env.Query.Columns) == 0 {
		return fmt.Sprintf("coalesce(json_extract_scalar(%[1]s, '$.type'), json_extract_scalar(%[1]s, '$.event'))", glue.WholeEvent)
	}
	for _, column := range env.Query.Columns {
		switch {
		case column.Name != "type" || column.Type != "string":
		case env.API.Envelope.Enabled:
			return glue.WholeEvent + `."type"`
		default:
			return `"type"`
		}
	}
	return ""
}
