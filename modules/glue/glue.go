// Package glue declares the table through which SQL reads delivered objects.
package glue

import (
	"cmp"
	"fmt"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/gluecatalogdatabase"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/gluecatalogtable"

	"cdk.tf/go/ingest/internal/objectname"
	"cdk.tf/go/ingest/internal/tftext"
	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/modules/internal/tf"
	"cdk.tf/go/ingest/spec"
)

// Config of a table, and of the database that contains only this table.
type Config struct {
	Database    string
	Table       string
	Description string
	// Bucket is the name of the bucket with the objects.
	Bucket string
	// Partitioning of the objects' keys.
	Partitioning spec.Partitioning
	// TimeZone of the partitions' dates. Empty means UTC.
	TimeZone string
	// Since is the year of the first partition.
	Since int
	// Format of the objects.
	Format spec.Format
	// Columns of the table. Empty means one column with the whole event, which Parquet does not support.
	Columns []spec.Column
}

// WholeEvent is the only column of a table without configured columns.
const WholeEvent = "event"

// Table is the declared table.
type Table struct {
	Database string
	Name     string

	arn         string
	databaseARN string
}

// New declares the database and the table.
func New(scope constructs.Construct, id string, cfg Config) *Table {
	c := constructs.NewConstruct(scope, jsii.String(id))
	database := tf.New(c, "database", gluecatalogdatabase.NewGlueCatalogDatabase, &gluecatalogdatabase.GlueCatalogDatabaseConfig{
		Name:        jsii.String(cfg.Database),
		Description: jsii.String(cfg.Description),
	})
	table := tf.New(c, "Default", gluecatalogtable.NewGlueCatalogTable, &gluecatalogtable.GlueCatalogTableConfig{
		DatabaseName:      database.Name(),
		Name:              jsii.String(cfg.Table),
		Description:       jsii.String(cfg.Description),
		TableType:         jsii.String("EXTERNAL_TABLE"),
		Parameters:        tf.StringMap(parameters(cfg)),
		PartitionKeys:     partitionKeys(cfg),
		StorageDescriptor: storage(cfg),
	})
	return &Table{
		Database: *database.Name(), Name: *table.Name(), arn: *table.Arn(), databaseARN: *database.Arn(),
	}
}

// Read allows what Firehose needs to read the table's columns (developer guide, "Controlling access"). Glue requires the permission
// on the table, its database and the account's catalog.
func (t *Table) Read(partition, region, account string) iam.Statement {
	return iam.Statement{
		Actions: []string{"glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"},
		Resources: []string{
			fmt.Sprintf("arn:%s:glue:%s:%s:catalog", partition, region, account), t.databaseARN, t.arn,
		},
	}
}

func partitionKeys(cfg Config) []*gluecatalogtable.GlueCatalogTablePartitionKeys {
	var keys []*gluecatalogtable.GlueCatalogTablePartitionKeys
	for _, partition := range cfg.Partitioning.Partitions {
		comment := partition.Pattern + " of the delivery, " + cmp.Or(cfg.TimeZone, objectname.UTC)
		if partition.Pattern == "" {
			comment = "a field of the events"
		}
		keys = append(keys, &gluecatalogtable.GlueCatalogTablePartitionKeys{
			Name: jsii.String(partition.Name),
			// A value that Athena projects has leading zeros, and is compared as text.
			Type:    jsii.String("string"),
			Comment: jsii.String(comment),
		})
	}
	return keys
}

func storage(cfg Config) *gluecatalogtable.GlueCatalogTableStorageDescriptor {
	f := formatOf(cfg)
	columns := cfg.Columns
	if len(columns) == 0 {
		columns = []spec.Column{{Name: WholeEvent, Type: "string", Comment: "the event as it was sent"}}
	}
	descriptor := &gluecatalogtable.GlueCatalogTableStorageDescriptor{
		Location:     jsii.String("s3://" + cfg.Bucket + "/" + cfg.Partitioning.Folder),
		InputFormat:  jsii.String(f.input),
		OutputFormat: jsii.String(f.output),
		SerDeInfo: &gluecatalogtable.GlueCatalogTableStorageDescriptorSerDeInfo{
			SerializationLibrary: jsii.String(f.serde),
			Parameters:           tf.StringMap(f.parameters),
		},
	}
	var described []*gluecatalogtable.GlueCatalogTableStorageDescriptorColumns
	for _, column := range columns {
		d := &gluecatalogtable.GlueCatalogTableStorageDescriptorColumns{
			Name: jsii.String(column.Name), Type: jsii.String(column.Type),
		}
		if column.Comment != "" {
			d.Comment = jsii.String(tftext.Escape(column.Comment))
		}
		described = append(described, d)
	}
	descriptor.Columns = described
	return descriptor
}
