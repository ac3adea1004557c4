package policy

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cdk.tf/go/ingest/internal/objectname"
	"cdk.tf/go/ingest/tfjson"
)

const (
	glueDatabase    = "aws_glue_catalog_database"
	glueTable       = "aws_glue_catalog_table"
	athenaWorkgroup = "aws_athena_workgroup"
)

// readTable has the actions that Firehose needs on the table with a file's columns (Firehose developer guide, "Controlling
// access").
var readTable = []string{"glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"}

func query(c *checker) {
	for _, group := range c.stack.Resources(athenaWorkgroup) {
		c.workgroup(group)
	}
	for _, table := range c.stack.Resources(glueTable) {
		c.table(table)
	}
	var conversions []conversion
	for _, d := range c.deliveries() {
		if found, ok := c.conversion(d); ok {
			conversions = append(conversions, found)
		}
	}
	c.glueRights(conversions)
	for _, r := range c.stack.Resources("aws_glue_resource_policy") {
		c.sharedCatalog(r)
	}
}

// sharedCatalog: the policy of the catalog lets in others beside the roles of the deliveries, whose own policies are enough.
func (c *checker) sharedCatalog(r tfjson.Resource) {
	statements, _ := c.document(in(r), "policy")
	for i, s := range statements {
		if s.effect == allow {
			c.breach(r.Address(), fmt.Sprintf("policy: statement %d allows %s to %s", i+1, strings.Join(s.actions, ", "), everybodyOr(s)),
				"leave it out: a role's policy allows what a delivery of Parquet needs")
		}
	}
}

func (c *checker) workgroup(group tfjson.Resource) {
	configuration := c.block(in(group), "configuration")
	c.want(configuration, "enforce_workgroup_configuration", "", "true")
	const limit = "bytes_scanned_cutoff_per_query"
	bytes, ok := c.literal(configuration, limit)
	if n, err := strconv.Atoi(bytes); ok && (err != nil || n <= 0) {
		c.breach(group.Address(), fmt.Sprintf("configuration.%s is %q", limit, bytes), "set it to a number of bytes: Athena charges for the bytes that a query reads")
	}
	results := c.block(configuration, "result_configuration")
	c.want(c.block(results, "encryption_configuration"), "encryption_option", "SSE_S3", "SSE_KMS", "CSE_KMS")
	if location, ok := c.literal(results, "output_location"); ok && !c.inABucket(location) {
		c.breach(group.Address(), fmt.Sprintf("results go to %q, which is in no bucket of the stack", location), "send them to one of the stack, which is known to be private")
	}
}

func (c *checker) inABucket(location string) bool {
	return slices.ContainsFunc(c.stack.Resources(s3Bucket), func(bucket tfjson.Resource) bool {
		name, ok := c.value(bucket.Body["bucket"])
		return ok && name != "" && strings.HasPrefix(location, "s3://"+name+"/")
	})
}

// table checks that a table reads the objects of a delivery, at their place and in their format.
func (c *checker) table(table tfjson.Resource) {
	storage := c.block(in(table), "storage_descriptor")
	values, _ := table.Body["parameters"].(map[string]any)
	parameters := place{table, "parameters.", values}
	c.want(in(table), "table_type", "EXTERNAL_TABLE") // Athena reads no other
	c.want(parameters, "projection.enabled", "true")
	location, locationOK := c.literal(storage, "location")
	template, templateOK := c.literal(parameters, "storage.location.template")
	serde, serdeOK := c.literal(c.block(storage, "ser_de_info"), "serialization_library")
	if !locationOK || !templateOK || !serdeOK {
		return
	}
	for _, d := range c.deliveries() {
		folder, partitions := c.places(d)
		if location != folder || template != partitions {
			continue
		}
		c.reads(table, storage, serde, d)
		c.dated(parameters, d)
		c.newestPartitions(parameters, d)
		c.extension(d)
		return
	}
	c.breach(table.Address(), fmt.Sprintf("is at %q with partitions at %q, where no delivery stream writes", location, template),
		"name the bucket and the prefix of one")
}

var datePartition = regexp.MustCompile(`([a-z0-9_]+)=!\{timestamp:`)

// dated checks that a table projects each date of its folders. The rule "partitions" checks the fields of the events.
func (c *checker) dated(parameters place, d delivery) {
	columns := c.partitionColumns(parameters.resource)
	prefix, _ := c.value(d.body["prefix"])
	for _, found := range datePartition.FindAllStringSubmatch(prefix, -1) {
		if !slices.Contains(columns, found[1]) {
			c.breachAt(parameters, fmt.Sprintf("has no partition %q, which is in the prefix of %s", found[1], d.resource.Address()), "add it to partition_keys")
		}
		c.want(parameters, "projection."+found[1]+".type", "date", "enum", "injected", "integer")
	}
}

// newestPartitions checks that the projection of dates in another time zone than UTC reaches as far ahead as that zone.
func (c *checker) newestPartitions(parameters place, d delivery) {
	zone, ok := c.value(d.body["custom_time_zone"])
	end := objectname.AthenaEnd(zone)
	if !ok || end == objectname.AthenaEnd(objectname.UTC) {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(parameters.body)) {
		if !strings.HasPrefix(key, "projection.") || !strings.HasSuffix(key, ".range") {
			continue
		}
		dates, _ := c.value(parameters.body[key])
		if _, last, _ := strings.Cut(dates, ","); strings.HasPrefix(strings.TrimSpace(last), "NOW") && strings.TrimSpace(last) != end {
			c.breachAt(parameters, fmt.Sprintf("%s%s is %q, and %s has the time zone %s", parameters.path, key, dates, d.resource.Address(), zone),
				fmt.Sprintf("end it with %q: Athena evaluates NOW in UTC", end))
		}
	}
}

// extension checks that Athena, which tells the compression of text by the end of an object's name, finds the delivered one.
func (c *checker) extension(d delivery) {
	extension, hasExtension := c.value(d.body["file_extension"])
	compression, ok := c.value(d.body["compression_format"])
	if !hasExtension || !ok || c.converts(d) {
		return
	}
	if fault, remedy := objectname.Mismatch(cmp.Or(compression, "UNCOMPRESSED"), extension); fault != "" {
		c.breachAt(d.place, d.path+"file_extension "+fault, remedy+", as Athena does")
	}
}

var hivePartition = regexp.MustCompile(`([a-z0-9_]+)=!\{(?:timestamp|partitionKeyFromQuery):[^{}]*\}`)

// places are the folders to which a delivery writes, as a table names them: that of all objects, and that of a partition.
func (c *checker) places(d delivery) (folder, partitions string) {
	bucket, _ := c.value(d.bucket.Body["bucket"])
	prefix, _ := c.value(d.body["prefix"])
	root := "s3://" + bucket + "/"
	return root + objectname.FixedFolder(prefix), root + hivePartition.ReplaceAllString(prefix, "$1=$${$1}")
}

func (c *checker) converts(d delivery) bool {
	blocks, err := tfjson.Blocks(d.body, conversionBlock)
	if err != nil || len(blocks) == 0 {
		return false
	}
	enabled, ok := c.value(blocks[0]["enabled"])
	return !ok || enabled != "false"
}

const conversionBlock = "data_format_conversion_configuration"

// conversion has the database and the table that a delivery stream of Parquet may read, and the role with which it reads them.
type conversion struct {
	role, database, table tfjson.Resource
}

// conversion checks that Firehose finds the columns. Otherwise it fails for every record.
func (c *checker) conversion(d delivery) (found conversion, ok bool) {
	if !c.converts(d) {
		return found, false
	}
	converting := c.block(d.place, conversionBlock)
	serializer := c.block(c.block(converting, "output_format_configuration"), "serializer")
	if len(c.blocks(serializer, "parquet_ser_de")) == 0 {
		c.breachAt(serializer, serializer.path+"parquet_ser_de is not there", "declare it: tables of the stack read Parquet")
	}
	schema := c.block(converting, "schema_configuration")
	var hasDatabase, hasTable, hasRole bool
	if found.database, hasDatabase = c.follow(schema.body["database_name"], glueDatabase, "name"); !hasDatabase {
		c.breachAt(schema, schema.path+"database_name refers to no database of the stack", "refer to the name of one")
	}
	if found.table, hasTable = c.follow(schema.body["table_name"], glueTable, "name"); !hasTable {
		c.breachAt(schema, schema.path+"table_name refers to no table of the stack", "refer to the name of one")
	}
	found.role, hasRole = c.role(schema, "role_arn", firehoseService)
	if !hasDatabase || !hasTable || !hasRole {
		return found, false
	}
	for _, resource := range []string{c.catalog(found.role), arnOf(found.database), arnOf(found.table)} {
		c.may(found.role, d.resource, readTable, resource)
	}
	return found, true
}

// catalogPattern is the ARN of an account's Glue catalog, whose parts may be references.
var catalogPattern = regexp.MustCompile(`^arn:[^:*]+:glue:[^:*]+:[^:*]+:catalog$`)

// catalog is the account's catalog as the role's policies name it, because it is not a resource of the stack.
func (c *checker) catalog(role tfjson.Resource) string {
	for _, policy := range c.identityPolicies() {
		if policy.role == nil || policy.role.Address() != role.Address() {
			continue
		}
		statements, _ := c.parseDocument(policy.body[policy.key]) // "least-privilege" reports one that cannot be read
		for _, s := range statements {
			if at := slices.IndexFunc(s.resources, catalogPattern.MatchString); at >= 0 {
				return s.resources[at]
			}
		}
	}
	return "the account's Glue catalog"
}

// glueRights checks that no policy allows more in Glue than Firehose needs, because the catalog belongs to the whole account.
func (c *checker) glueRights(conversions []conversion) {
	for _, policy := range c.identityPolicies() {
		statements, _ := c.parseDocument(policy.body[policy.key])
		for i, s := range statements {
			if s.effect != allow || !slices.ContainsFunc(s.actions, isOfGlue) {
				continue
			}
			if !slices.ContainsFunc(conversions, func(found conversion) bool { return found.needs(policy, s) }) {
				c.breachAt(policy.place, fmt.Sprintf("%s%s: statement %d allows %s on %s", policy.path, policy.key, i+1, strings.Join(s.actions, ", "), strings.Join(s.resources, ", ")),
					"allow "+strings.Join(readTable, ", ")+" on the catalog, the database and the table of a delivery's Parquet, and nothing else in Glue")
			}
		}
	}
}

func isOfGlue(action string) bool { return strings.HasPrefix(strings.ToLower(action), "glue:") }

func (found conversion) needs(policy identityPolicy, s statement) bool {
	return policy.role != nil && policy.role.Address() == found.role.Address() && only(s.actions, readTable) &&
		!slices.ContainsFunc(s.resources, func(resource string) bool {
			return !catalogPattern.MatchString(resource) && resource != arnOf(found.database) && resource != arnOf(found.table)
		})
}
