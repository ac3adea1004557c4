package tfjson_test

import "testing"

// The values are those of an apply of the table and the workgroup of a query with the AWS provider 5.100.0 on moto.
func TestResolveWhatQueries(t *testing.T) {
	resolved := resolve(t, read(t, inStack(`"resource": {
		"aws_glue_catalog_database": {"d": {"name": "db"}},
		"aws_glue_catalog_table": {"t": {
			"database_name": "${aws_glue_catalog_database.d.name}", "name": "events",
			"parameters": {"storage.location.template": "s3://b/year=$${year}/"}
		}},
		"aws_athena_workgroup": {"w": {"name": "group"}},
		"aws_athena_named_query": {"q": {"name": "q", "database": "db", "query": "SELECT 1"}}
	}`)), here)
	for _, want := range [][3]string{
		{"aws_glue_catalog_database.d", "arn", "arn:aws:glue:us-east-1:123456789012:database/db"},
		{"aws_glue_catalog_database.d", "id", "123456789012:db"},
		{"aws_glue_catalog_table.t", "arn", "arn:aws:glue:us-east-1:123456789012:table/db/events"},
		{"aws_glue_catalog_table.t", "id", "123456789012:db:events"},
		{"aws_athena_workgroup.w", "arn", "arn:aws:athena:us-east-1:123456789012:workgroup/group"},
		{"aws_athena_workgroup.w", "id", "group"},
		{"aws_athena_workgroup.w", "state", "ENABLED"},
		{"aws_athena_named_query.q", "workgroup", "primary"},
	} {
		if got, err := resolved.Attribute(want[0], want[1]); err != nil || got != want[2] {
			t.Errorf("%s.%s is %q, error %v; want %q", want[0], want[1], got, err, want[2])
		}
	}
}
