package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"cdk.tf/go/ingest/tfjson"
)

// tablesAsDeclared compares what the queries, and the conversion to Parquet, read of each table.
func tablesAsDeclared(ctx context.Context, r *run) outcome {
	var d differences
	declared := r.stack.Resources("aws_glue_catalog_table")
	for _, table := range declared {
		database, name := text(table.Body["database_name"]), text(table.Body["name"])
		asked := &glue.GetTableInput{DatabaseName: aws.String(database), Name: aws.String(name)}
		if catalog := text(table.Body["catalog_id"]); catalog != "" {
			asked.CatalogId = aws.String(catalog)
		}
		answer, err := r.AWS.Glue.GetTable(ctx, asked)
		if err != nil {
			return worse(d.outcome("", redeploy), unread(err, "glue:GetTable", "the table "+database+"."+name))
		}
		is := answer.Table
		if is == nil {
			is = &types.Table{}
		}
		r.compareTable(&d, database+"."+name, table.Body, is)
	}
	return d.outcome(counted(len(declared), "table"), redeploy)
}

func (r *run) compareTable(d *differences, name string, body map[string]any, is *types.Table) {
	storage, want := is.StorageDescriptor, firstBlock(body, "storage_descriptor")
	if storage == nil {
		storage = &types.StorageDescriptor{}
	}
	serde := storage.SerdeInfo
	if serde == nil {
		serde = &types.SerDeInfo{}
	}
	d.compare(name+": type", text(body["table_type"]), aws.ToString(is.TableType))
	d.compare(name+": location", strings.TrimSuffix(r.actual(text(want["location"])), "/"), strings.TrimSuffix(aws.ToString(storage.Location), "/"))
	d.compare(name+": columns", strings.Join(columnsOf(want, "columns"), ", "), strings.Join(columnsNow(storage.Columns), ", "))
	d.compare(name+": partitions", strings.Join(columnsOf(body, "partition_keys"), ", "), strings.Join(columnsNow(is.PartitionKeys), ", "))
	d.compare(name+": input format", text(want["input_format"]), aws.ToString(storage.InputFormat))
	d.compare(name+": output format", text(want["output_format"]), aws.ToString(storage.OutputFormat))
	d.compare(name+": reader", text(tfjson.At(want, "ser_de_info", "serialization_library")), aws.ToString(serde.SerializationLibrary))
	d.compare(name+": parameters of the reader", settingsText(texts(tfjson.At(want, "ser_de_info", "parameters"))), settingsText(serde.Parameters))
	given := map[string]string{}
	for key, value := range texts(body["parameters"]) {
		given[key] = r.actual(value)
	}
	d.compare(name+": parameters", settingsText(given), settingsText(ofQueries(is.Parameters, given)))
}

// ofQueries are the parameters that are declared, and those by which Athena finds partitions. Glue and its crawlers add others, such as
// counts and times, that no query reads.
func ofQueries(is, declared map[string]string) map[string]string {
	is = maps.Clone(is)
	maps.DeleteFunc(is, func(name, _ string) bool {
		_, known := declared[name]
		return !known && !strings.HasPrefix(name, "projection.") && !strings.HasPrefix(name, "storage.location")
	})
	return is
}

func settingsText(settings map[string]string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		all = append(all, name+"="+settings[name])
	}
	return strings.Join(all, " ")
}

// columnsOf and columnsNow are columns with their types, in their order. Glue's catalog has names in lower case.
func columnsOf(body map[string]any, block string) []string {
	columns, _ := tfjson.Blocks(body, block)
	var all []string
	for _, column := range columns {
		all = append(all, columnText(text(column["name"]), text(column["type"])))
	}
	return all
}

func columnsNow(columns []types.Column) []string {
	var all []string
	for _, column := range columns {
		all = append(all, columnText(aws.ToString(column.Name), aws.ToString(column.Type)))
	}
	return all
}

func columnText(name, kind string) string { return strings.ToLower(fmt.Sprintf("%s %s", name, kind)) }
