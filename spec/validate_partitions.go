package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cdk.tf/go/ingest/internal/jq16"
	"cdk.tf/go/ingest/internal/quota"
)

const partitionField = "Delivery.PartitionBy"

func (p *problems) partitions(e Environment) {
	delivery := e.Delivery
	const retry = "Delivery.PartitionRetry"
	if len(delivery.PartitionBy) == 0 {
		p.unused(partitionField+" is empty", "set the fields to partition by, or leave it out",
			option{retry, isSet(delivery.PartitionRetry, Default("").Delivery.PartitionRetry)})
		return
	}
	p.whole(retry, delivery.PartitionRetry, 0, quota.MaxPartitionRetry, time.Second, "seconds")
	p.partitionCount(delivery)
	p.partitionPrefix(delivery)
	seen := datesOf(delivery.Prefix)
	for i, field := range delivery.PartitionBy {
		at := fmt.Sprintf("%s[%d].", partitionField, i)
		p.partitionName(at+"Name", field.Name, seen, e)
		seen[field.Name] = "another field"
		if err := jq16.Check(field.Query); err != nil {
			fault, remedy, _ := cutLast(err.Error(), "; ")
			if field.Query != "" {
				fault = is(field.Query) + ": it " + fault
			}
			p.add(at+"Query", fault, remedy)
		}
		p.partitionValues(at+"Values", field.Values)
	}
}

// cutLast cuts a text at the last separator.
func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(separator):], true
}

func (p *problems) partitionCount(delivery Delivery) {
	if count := len(delivery.PartitionBy); count > quota.MaxPartitionKeys {
		p.add(partitionField, fmt.Sprintf("has %d fields", count), fmt.Sprintf("use at most %d", quota.MaxPartitionKeys))
	}
	if length := len(delivery.PartitionQuery()); length > quota.MaxParameter {
		p.add(partitionField, fmt.Sprintf("has queries of %d characters together, names included", length),
			fmt.Sprintf("use at most %d", quota.MaxParameter))
	}
}

// partitionPrefix checks what the prefix needs besides the rules that hold for every prefix. If it is invalid anyway, another
// rule reports it.
func (p *problems) partitionPrefix(delivery Delivery) {
	parsed := parsePrefix(delivery.Prefix)
	switch {
	case delivery.Prefix == "" || parsed.stray:
	case !strings.Contains(parsed.fixed, "/"):
		p.add(prefixField, is(delivery.Prefix)+" with "+partitionField, `begin with a folder and its "/", such as "events/": the partitions follow it`)
	case len(parsed.expressions) == 0:
		p.add(prefixField, is(delivery.Prefix)+" with "+partitionField, "add a timestamp, such as dt=!{timestamp:yyyy-MM-dd}/: Firehose adds none to a prefix with partitions")
	}
	if len(delivery.Prefix) > quota.MaxPrefix {
		return
	}
	whole := delivery.KeyPrefix()
	if len(whole) > quota.MaxPrefix {
		p.add(partitionField, fmt.Sprintf("makes Delivery.Prefix %d characters long", len(whole)), fmt.Sprintf("use fewer or shorter names: at most %d", quota.MaxPrefix))
	} else if length := parsePrefix(whole).evaluatedLength(prefixField); length > quota.MaxEvaluatedPrefix {
		p.add(partitionField, fmt.Sprintf("makes Delivery.Prefix at least %d characters long once evaluated", length),
			fmt.Sprintf("use fewer or shorter names: at most %d", quota.MaxEvaluatedPrefix))
	}
}

var datePartition = regexp.MustCompile(`([^/=]+)=!\{timestamp:`)

// datesOf returns the names of the prefix's partitions by date, with what has them.
func datesOf(prefix string) map[string]string {
	seen := map[string]string{}
	for _, found := range datePartition.FindAllStringSubmatch(prefix, -1) {
		seen[found[1]] = prefixField
	}
	return seen
}

var partitionNamePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,254}$`)

func (p *problems) partitionName(at, name string, seen map[string]string, e Environment) {
	isColumn := func(column Column) bool { return column.Name == name }
	switch {
	case !partitionNamePattern.MatchString(name):
		p.add(at, is(name), `use a-z, 0-9 and "_", beginning with a letter, at most 255`)
	case seen[name] != "":
		p.add(at, is(name)+", which "+seen[name]+" has too", "use another")
	case e.Query.Enabled && len(name) > maxProjectedName:
		p.add(at, fmt.Sprintf("is %d characters long with Query.Enabled", len(name)), projectedRemedy())
	case slices.Contains(reservedWords, name):
		p.add(at, is(name)+", which Athena reserves", "use another, such as "+name+"_id: queries name it without quotes")
	case e.Query.Enabled && slices.ContainsFunc(e.ownColumns(), isColumn):
		p.add(at, is(name)+", which is a column of the table too", "use another")
	}
}

// reservedWords are reserved in a SELECT (Athena user guide, "Escape reserved keywords in SQL SELECT statements").
var reservedWords = strings.Fields(`alter and as between by case cast constraint create cross cube current_catalog current_date current_path
	current_schema current_time current_timestamp current_user deallocate delete describe distinct drop else end escape except execute
	exists extract false first for from full group grouping having in inner insert intersect into is join json_array json_exists
	json_object json_query json_table json_value last left like listagg localtime localtimestamp natural normalize not null of on or
	order outer prepare recursive right rollup select skip table then trim true uescape union unnest using values when where with`)

// maxPartitionValues is this project's bound. Athena's user guide advises "a few dozen or less" ("Supported types for partition
// projection").
const maxPartitionValues = 100

var partitionValuePattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,255}$`)

func (p *problems) partitionValues(field string, values []string) {
	if len(values) > maxPartitionValues {
		p.add(field, fmt.Sprintf("has %d values", len(values)), fmt.Sprintf("use at most %d, or leave them out: each query then names the value", maxPartitionValues))
	}
	seen := map[string]bool{}
	for i, value := range values {
		at := fmt.Sprintf("%s[%d]", field, i)
		switch {
		case !partitionValuePattern.MatchString(value) || strings.Trim(value, ".") == "":
			p.add(at, is(value), `use 1 to 255 letters, digits, "_", "." and "-", and not only dots`)
		case seen[value]:
			p.add(at, is(value)+", which is there twice", "leave one out")
		}
		seen[value] = true
	}
}

// unpartitionedExamples warns of a query that gives no value for an example event, or one that the table does not show.
func unpartitionedExamples(e Environment) []string {
	var texts []string
	for i, field := range e.Delivery.PartitionBy {
		if e.API.Envelope.Enabled && !envelopeMember.MatchString(field.Query) {
			continue // besideEnvelope warns of it
		}
		queries, err := jq16.Parse(jq16.Object([]string{"value"}, []string{field.Query}))
		if err != nil {
			continue // another rule reports it
		}
		for _, of := range e.exampleRecords() {
			about := fmt.Sprintf("%s[%d].Query is %q, which gives ", partitionField, i, field.Query)
			values, err := queries.Run([]byte(of.record))
			switch {
			case err != nil:
				texts = append(texts, about+"no value for "+of.field+" ("+strings.TrimPrefix(oneLine(err.Error()), "value: ")+"): Firehose writes such events below Delivery.ErrorPrefix")
			case len(field.Values) > 0 && !slices.Contains(field.Values, values["value"]):
				texts = append(texts, about+strconv.Quote(values["value"])+" for "+of.field+": no query of the table finds it, because it is not in Values")
			}
		}
	}
	return texts
}

// exampleRecord is the record of an example event, and the option that has the example.
type exampleRecord struct{ field, record string }

// exampleRecords are the records of the declared examples, in their envelopes. A derived example shows no field that a schema leaves
// open.
func (e Environment) exampleRecords() []exampleRecord {
	var all []exampleRecord
	add := func(field, event, eventType string) {
		if event == "" {
			return
		}
		if e.API.Envelope.Enabled {
			event = `{"receivedAt":"2026-01-01T00:00:00.000Z","requestId":"id","type":` + eventType + `,"sourceIp":"192.0.2.1","userAgent":"agent",` +
				`"principal":"principal","apiKeyId":"id","event":` + event + `}`
		}
		all = append(all, exampleRecord{field, event})
	}
	add("API.Example", e.API.Example, "null")
	for i, of := range e.API.EventTypes {
		add(item("API.EventTypes", i)+".Example", of.Example, strconv.Quote(of.Name))
	}
	return all
}
