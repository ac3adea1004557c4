package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cdk.tf/go/ingest/internal/datepattern"
	"cdk.tf/go/ingest/internal/objectname"
	"cdk.tf/go/ingest/internal/quota"
)

// Warnings returns a line for each option of valid environments that is probably a mistake, with the names of the environments.
// [ValidateAll] refuses what is certainly wrong.
func Warnings(envs []Environment) []string {
	var found []string
	for _, warn := range []func(Environment) []string{
		oldTLS, privateDNS, beacons, uncheckedLines, unfitLines, unmeantDates, misleadingExtension, misleadingSchemas, keptPersonalData, unknownExamples, manyPartitions,
		besideEnvelope, unpartitionedExamples, quotas,
	} {
		var texts []string
		about := map[string][]string{}
		for _, env := range envs {
			for _, text := range warn(env) {
				if !slices.Contains(texts, text) {
					texts = append(texts, text)
				}
				about[text] = append(about[text], strconv.Quote(env.Name))
			}
		}
		for _, text := range texts {
			which := "environment"
			if len(about[text]) > 1 {
				which = "environments"
			}
			found = append(found, which+" "+strings.Join(about[text], ", ")+": "+text)
		}
	}
	return found
}

// oldTLS warns of the address that API Gateway makes: a regional API's has the security policy TLS_1_0, a private API's TLS_1_2
// (API Gateway developer guide, "Choose a security policy for your REST API custom domain in API Gateway").
func oldTLS(e Environment) []string {
	if e.API.Domain.DisableDefaultEndpoint || e.API.Access.Private() {
		return nil
	}
	return []string{"API.Domain.DisableDefaultEndpoint is false: the API's own address takes TLS 1.0; set API.Domain.Name, whose address takes TLS 1.2 or newer, and set this to true"}
}

// privateDNS warns of producers in other accounts: nothing here shows which endpoints their VPCs have (AWS re:Post, "Why do I
// get an HTTP 403 Forbidden error when I connect to my API Gateway APIs from a VPC?").
func privateDNS(e Environment) []string {
	if !e.API.Access.Producers.set() || e.API.Domain.Name != "" || e.API.Access.Private() {
		return nil
	}
	return []string{"API.Domain.Name is empty: in a VPC that has an execute-api endpoint with private DNS the API's own address leads to that endpoint, which answers 403; set API.Domain for such producers"}
}

// beacons warns of a list of origins beside a content type that a page of any origin can send. A method that asks for a header of
// authorisation is safe: a page needs a preflight to send such a header.
func beacons(e Environment) []string {
	anyOrigin := slices.Contains(e.API.CORS.AllowOrigins, "*")
	if anyOrigin || e.API.Authorization.Kind != ByNothing || !slices.Contains(e.API.ContentTypes, TextPlain) {
		return nil
	}
	return []string{`API.ContentTypes has "text/plain": a page of any origin can send it without a preflight, so API.CORS.AllowOrigins does not keep other pages from submitting events; leave it out if that matters`}
}

// uncheckedLines warns of events that pass without the schema.
func uncheckedLines(e Environment) []string {
	if !slices.Contains(e.API.ContentTypes, NDJSON) {
		return nil
	}
	return []string{`API.ContentTypes has "application/x-ndjson": API Gateway does not check its events against any schema, so a client can submit any JSON object; leave it out if that matters`}
}

// unfitLines warns of events that cannot be lines: the mapping template takes objects alone.
func unfitLines(e Environment) []string {
	if !slices.Contains(e.API.ContentTypes, NDJSON) {
		return nil
	}
	var texts []string
	note := func(field, event string) {
		if !strings.HasPrefix(event, "{") {
			texts = append(texts, field+`.Schema is of events that are no objects: a line of "application/x-ndjson" takes an object alone; send these events as "application/json"`)
		}
	}
	event, _ := e.API.ExampleEvent()
	note("API", event)
	for i, of := range e.API.EventTypes {
		event, _ := of.ExampleEvent()
		note(item("API.EventTypes", i), event)
	}
	return texts
}

// unmeantDates warns of letters in a prefix's dates that Firehose accepts and that are seldom meant.
func unmeantDates(e Environment) []string {
	var texts []string
	for _, field := range []struct{ name, prefix string }{{prefixField, e.Delivery.Prefix}, {errorPrefixField, e.Delivery.ErrorPrefix}} {
		for _, said := range datepattern.Unmeant(parsePrefix(field.prefix).timestamps()) {
			texts = append(texts, field.name+" holds "+said)
		}
	}
	return texts
}

// misleadingExtension warns of objects whose names claim another compression than they have. Parquet compresses within its files.
func misleadingExtension(e Environment) []string {
	fault, remedy := objectname.Mismatch(string(e.Delivery.Compression), e.Delivery.FileExtension)
	if fault == "" {
		return nil
	}
	return []string{"Delivery.FileExtension " + fault + "; " + remedy}
}

// manyPartitions warns of more known partitions than Firehose has in its buffer at once. Those of an unknown field may be as many.
func manyPartitions(e Environment) []string {
	known := 1.0 // 16 fields of 100 values overflow an int
	for _, field := range e.Delivery.PartitionBy {
		known *= float64(max(len(field.Values), 1))
	}
	if known <= quota.ActivePartitions {
		return nil
	}
	return []string{fmt.Sprintf("%s has %.0f combinations of values: Firehose has at most %d partitions in its buffer and writes the events of others below Delivery.ErrorPrefix; use fewer fields, or ask AWS to raise the quota",
		partitionField, known, quota.ActivePartitions)}
}

var envelopeMember = regexp.MustCompile(`\b(event|type|receivedAt|requestId|index|sourceIp|userAgent|principal|apiKeyId)\b`)

// besideEnvelope warns of a partition's query that seems to be written for an event without an envelope.
func besideEnvelope(e Environment) []string {
	if !e.API.Envelope.Enabled {
		return nil
	}
	var texts []string
	for i, field := range e.Delivery.PartitionBy {
		if !envelopeMember.MatchString(field.Query) {
			texts = append(texts, fmt.Sprintf("%s[%d].Query is %q, which names no member of the envelope: with API.Envelope.Enabled the event is below .event, as in .event.tenant",
				partitionField, i, field.Query))
		}
	}
	return texts
}
