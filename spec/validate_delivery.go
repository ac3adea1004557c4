package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"cdk.tf/go/ingest/internal/nearest"
	"cdk.tf/go/ingest/internal/objectname"
	"cdk.tf/go/ingest/internal/quota"
)

const (
	prefixField      = "Delivery.Prefix"
	errorPrefixField = "Delivery.ErrorPrefix"
)

func (p *problems) delivery(delivery Delivery) {
	if delivery.Format != FormatParquet {
		p.buffer(delivery)
	}
	p.unusedByFormat(delivery)
	oneOf(p, "Delivery.Compression", delivery.Compression, Uncompressed, GZIP, ZIP, Snappy)
	oneOf(p, "Delivery.Format", delivery.Format, FormatJSON, FormatParquet)
	if delivery.Format == FormatParquet {
		p.parquet(delivery)
	}
	p.prefix(prefixField, delivery.Prefix)
	p.prefix(errorPrefixField, delivery.ErrorPrefix)
	p.overlap(delivery)
	p.objectNames(delivery)
}

// objectNames checks what Firehose's names of objects depend on beside the prefixes.
func (p *problems) objectNames(delivery Delivery) {
	const zone = "Delivery.TimeZone"
	if zones := objectname.Zones(); objectname.IsRefusedZone(delivery.TimeZone) {
		p.add(zone, is(delivery.TimeZone), `use "UTC" or another of the time zones that Firehose lists: its list has this one, and its API takes no "-"`)
	} else if !slices.Contains(zones, delivery.TimeZone) {
		p.add(zone, is(delivery.TimeZone), fmt.Sprintf(
			`use "UTC" or a time zone that Firehose lists, such as %q`, cmp.Or(nearest.Name(delivery.TimeZone, zones), "Asia/Tokyo")))
	}
	p.match("Delivery.FileExtension", delivery.FileExtension, objectname.Extension,
		`use "." and then 1 to 127 of 0-9, a-z and ! - _ . * ' ( ), or leave it empty`)
}

func (p *problems) buffer(delivery Delivery) {
	const interval, size = "Delivery.BufferInterval", "Delivery.BufferMiB"
	before := len(p.found)
	p.whole(interval, delivery.BufferInterval, quota.MinBufferInterval, quota.MaxBufferInterval, time.Second, "seconds")
	p.within(size, delivery.BufferMiB, quota.MinBufferMiB, quota.MaxBufferMiB)
	if len(p.found) > before || len(delivery.PartitionBy) == 0 {
		return
	}
	if delivery.BufferInterval < quota.MinPartitionInterval {
		p.add(interval, "is "+delivery.BufferInterval.String()+" with Delivery.PartitionBy", fmt.Sprintf(
			"use whole seconds, %d to %d: Firehose requires it for each partition", quota.MinPartitionInterval/time.Second, quota.MaxBufferInterval/time.Second))
	}
	if delivery.BufferMiB < quota.MinPartitionMiB {
		p.add(size, fmt.Sprintf("is %d with Delivery.PartitionBy", delivery.BufferMiB), fmt.Sprintf(
			"use %d to %d: Firehose requires it for each partition", quota.MinPartitionMiB, quota.MaxBufferMiB))
	}
}

// unusedByFormat refuses the options of the format that is not in use. It ignores NewlineDelimited: Parquet has no lines, and a
// false value does not show whether somebody set it.
func (p *problems) unusedByFormat(delivery Delivery) {
	byDefault := Default("").Delivery
	switch delivery.Format {
	case FormatParquet:
		p.unused("Delivery.Format is Parquet", "set the one of Delivery.Parquet, which holds there, or leave it out",
			option{"Delivery.BufferInterval", isSet(delivery.BufferInterval, byDefault.BufferInterval)},
			option{"Delivery.BufferMiB", isSet(delivery.BufferMiB, byDefault.BufferMiB)})
	case FormatJSON:
		parquet := delivery.Parquet
		p.unused("Delivery.Format is JSON", "set Delivery.Format to FormatParquet, or leave it out",
			option{"Delivery.Parquet.BufferInterval", isSet(parquet.BufferInterval, byDefault.Parquet.BufferInterval)},
			option{"Delivery.Parquet.BufferMiB", isSet(parquet.BufferMiB, byDefault.Parquet.BufferMiB)},
			option{"Delivery.Parquet.Compression", isSet(parquet.Compression, byDefault.Parquet.Compression)})
	}
}

// prefix checks one of the two prefixes: first its text, then its expressions. If it can read the expressions, it also checks
// that the required ones are there, and how long the prefix becomes.
func (p *problems) prefix(field, text string) {
	if text == "" {
		p.add(field, is(text), "begin with a folder, such as \"events/\"")
		return
	}
	p.prefixText(field, text)
	parsed := parsePrefix(text)
	before := len(p.found)
	p.prefixExpressions(field, parsed)
	if len(p.found) > before {
		return
	}
	if parsed.hasDotFolder() {
		p.add(field, is(text), dotSegmentRemedy)
	}
	p.requiredExpressions(field, parsed)
	if length := parsed.evaluatedLength(field); length > quota.MaxEvaluatedPrefix {
		p.add(field, fmt.Sprintf("is up to %d characters long once evaluated", length),
			fmt.Sprintf("use at most %d", quota.MaxEvaluatedPrefix))
	}
}

func (p *problems) prefixText(field, text string) {
	if len(text) > quota.MaxPrefix {
		p.add(field, fmt.Sprintf("is %d characters long", len(text)), fmt.Sprintf("use at most %d", quota.MaxPrefix))
	}
	if strings.ContainsFunc(text, notPrintable) {
		// IAM policies accept characters up to U+00FF only, and S3 limits a key in bytes.
		p.add(field, is(text), "use printable ASCII characters only")
	}
	for _, wildcard := range []string{"*", "?"} {
		if strings.Contains(text, wildcard) {
			p.add(field, is(text), fmt.Sprintf("leave %q out: it would be a wildcard in the delivery role's policy", wildcard))
		}
	}
	for _, opening := range terraformOpenings {
		if strings.Contains(text, opening) {
			p.add(field, is(text), fmt.Sprintf("leave %q out: Terraform would evaluate it as an expression", opening))
		}
	}
	if strings.HasPrefix(text, "/") {
		p.add(field, is(text), `leave the first "/" out: it would make a folder without a name`)
	}
	if strings.HasPrefix(text, "!{") {
		p.add(field, is(text), `begin with a folder, such as "events/": the delivery role may write below that only`)
	}
}

// terraformOpenings begin an expression in every string of Terraform's JSON.
var terraformOpenings = []string{"${", "%{"}

func notPrintable(r rune) bool { return r < ' ' || r > '~' }

func (p *problems) prefixExpressions(field string, parsed parsedPrefix) {
	if parsed.stray {
		p.add(field, `holds "!{" that opens no expression`, "write !{namespace:value}, or leave it out")
	}
	for _, e := range parsed.expressions {
		if remedy := e.remedy(field); remedy != "" {
			p.add(field, fmt.Sprintf("holds %q", e.Text), remedy)
		}
	}
}

// requiredExpressions checks the developer guide's rules ("Custom prefixes"), and is a little stricter. The guide does not say
// what Firehose appends to a prefix that has expressions and no timestamp.
func (p *problems) requiredExpressions(field string, parsed parsedPrefix) {
	isErrorType := func(e expression) bool { return e.Value == objectname.ErrorOutputType }
	switch {
	case field == errorPrefixField && !slices.ContainsFunc(parsed.expressions, isErrorType):
		p.add(field, "holds no !{firehose:error-output-type}", "add it: Firehose requires it")
	case field == prefixField && len(parsed.expressions) > 0 && !parsed.hasTimestamp():
		p.add(field, "holds expressions but no timestamp", "add one, such as !{timestamp:yyyy/MM/dd/HH}")
	}
}

// overlap keeps errors from landing among events. The delivery role's policy, too, can distinguish the two only by their fixed
// beginnings.
func (p *problems) overlap(delivery Delivery) {
	events, errors := parsePrefix(delivery.Prefix).fixed, parsePrefix(delivery.ErrorPrefix).fixed
	if events == "" || errors == "" {
		return
	}
	if strings.HasPrefix(events, errors) || strings.HasPrefix(errors, events) {
		p.add(errorPrefixField, fmt.Sprintf("begins with %q and Delivery.Prefix with %q", errors, events),
			"make sure that neither begins with the other: Firehose would write errors among the events")
	}
}
