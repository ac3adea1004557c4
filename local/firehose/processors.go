package firehose

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"cdk.tf/go/ingest/internal/jq16"
	"cdk.tf/go/ingest/internal/objectname"
	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/local/s3"
)

const (
	appendDelimiter    = "AppendDelimiterToRecord"
	metadataExtraction = "MetadataExtraction"
	extractionQuery    = "MetadataExtractionQuery"
	jsonParsingEngine  = "JQ-1.6"
)

// setProcessors reads the processors: AppendDelimiterToRecord writes a text after each record, and MetadataExtraction takes the
// partition's keys from it. It refuses others: they would change the records.
func (c *Config) setProcessors(s extendedS3) []error {
	if len(s.Processing) == 0 || !s.Processing[0].Enabled {
		return nil
	}
	var errs []error
	for _, p := range s.Processing[0].Processors {
		switch p.Type {
		case appendDelimiter:
			errs = append(errs, c.setDelimiter(p)...)
		case metadataExtraction:
			errs = append(errs, c.setQuery(p)...)
		default:
			errs = append(errs, fmt.Errorf("the processor %q is not imitated on one machine; AppendDelimiterToRecord and MetadataExtraction are", p.Type))
		}
	}
	return errs
}

func (c *Config) setDelimiter(p processor) (errs []error) {
	c.Delimiter = "\n"
	for _, parameter := range p.Parameters {
		// Firehose calls it the new line delimiter and documents no other value (developer guide, "Configure destination
		// settings", S3). The effect of another value would be a guess.
		if parameter.Name != "Delimiter" || parameter.Value != `\n` && parameter.Value != "\n" {
			errs = append(errs, fmt.Errorf("AppendDelimiterToRecord has %s = %q; use Delimiter = %q, the only one that AWS documents", parameter.Name, parameter.Value, `\n`))
		}
	}
	return errs
}

func (c *Config) setQuery(p processor) []error {
	found := map[string]string{}
	for _, parameter := range p.Parameters {
		found[parameter.Name] = parameter.Value
	}
	query, engine := found[extractionQuery], found["JsonParsingEngine"]
	switch {
	case c.PartitionQuery != "":
		return []error{errors.New("the processor MetadataExtraction is there twice; declare it once")}
	case query == "":
		return []error{errors.New("MetadataExtraction has no MetadataExtractionQuery; add one, such as {tenant:.tenant}")}
	case len(query) > quota.MaxParameter:
		return []error{fmt.Errorf("MetadataExtractionQuery is %d characters long; use at most %d", len(query), quota.MaxParameter)}
	case engine != jsonParsingEngine:
		return []error{fmt.Errorf("JsonParsingEngine is %q; use %q, the only one that Firehose has", engine, jsonParsingEngine)}
	}
	c.PartitionQuery = query
	if _, err := jq16.Parse(query); err != nil {
		return []error{fmt.Errorf("MetadataExtractionQuery %w", err)}
	}
	return nil
}

// setPartitions reads the switch of dynamic partitioning, and refuses what AWS refuses with it and without it. The texts in quotes
// are AWS's own (aws/aws-cdk, aws-kinesisfirehose/lib/private/helpers.ts; badmintoncryer/cdk-preflight, rules/firehose, measured on
// AWS in 2026-09).
func (c *Config) setPartitions(s extendedS3) []error {
	isOn := len(s.Partitioning) > 0 && s.Partitioning[0].Enabled != nil && *s.Partitioning[0].Enabled
	extracts := len(s.Processing) > 0 && s.Processing[0].Enabled &&
		slices.ContainsFunc(s.Processing[0].Processors, func(p processor) bool { return p.Type == metadataExtraction })
	switch {
	case !isOn && extracts:
		return []error{errors.New(`the processor MetadataExtraction "can only be present when Dynamic Partitioning is enabled"; set dynamic_partitioning_configuration.enabled to true`)}
	case !isOn:
		return nil
	case !extracts:
		return []error{errors.New(`dynamic_partitioning_configuration is on, and "Processing Configuration is not enabled when DataPartitioning is enabled"; add the processor MetadataExtraction`)}
	}
	return c.setPartitionBounds(s)
}

func (c *Config) setPartitionBounds(s extendedS3) []error {
	c.PartitionRetry = quota.DefaultPartitionRetry
	if retry := s.Partitioning[0].RetryDuration; retry != nil {
		c.PartitionRetry = time.Duration(*retry) * time.Second
	}
	var errs []error
	if c.PartitionRetry < 0 || c.PartitionRetry > quota.MaxPartitionRetry {
		errs = append(errs, fmt.Errorf("retry_duration is %d; use 0 to %d (seconds)", c.PartitionRetry/time.Second, quota.MaxPartitionRetry/time.Second))
	}
	if c.BufferMiB < quota.MinPartitionMiB {
		errs = append(errs, fmt.Errorf("buffering_size is %d, and \"BufferingHints.SizeInMBs must be at least %d when Dynamic Partitioning is enabled.\"; raise it", c.BufferMiB, quota.MinPartitionMiB))
	}
	if c.BufferInterval < quota.MinPartitionInterval {
		errs = append(errs, fmt.Errorf("buffering_interval is %d, and \"BufferingHints.IntervalInSeconds must be at least %d seconds when Dynamic Partitioning is enabled.\"; raise it",
			c.BufferInterval/time.Second, quota.MinPartitionInterval/time.Second))
	}
	return errs
}

// checkPartitions compares the keys of the prefix with those of the query, as AWS does when it makes the delivery stream.
func (c Config) checkPartitions(p prefix) []error {
	var inPrefix []string
	for _, part := range p {
		if part.key != "" {
			inPrefix = append(inPrefix, part.key)
		}
	}
	if c.PartitionQuery == "" {
		if len(inPrefix) > 0 {
			return []error{fmt.Errorf("prefix holds \"!{%s:%s}\", which needs dynamic partitioning; add dynamic_partitioning_configuration and the processor MetadataExtraction, or leave it out", objectname.QueryNamespace, inPrefix[0])}
		}
		return nil
	}
	queries, err := jq16.Parse(c.PartitionQuery)
	if err != nil {
		return nil // setQuery has reported it
	}
	var errs []error
	if len(inPrefix) == 0 {
		errs = append(errs, errors.New(`"S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is enabled"; add the keys of MetadataExtractionQuery to prefix`))
	}
	for _, name := range queries.Names {
		if len(inPrefix) > 0 && !slices.Contains(inPrefix, name) {
			errs = append(errs, fmt.Errorf("the key %q of MetadataExtractionQuery is not in prefix, and \"MetaDataExtraction JQ Query can't contain keys that are not present in the S3 Prefix expression\"; add it or leave it out", name))
		}
	}
	for _, key := range inPrefix {
		if !slices.Contains(queries.Names, key) {
			errs = append(errs, fmt.Errorf("prefix holds \"!{%s:%s}\", which MetadataExtractionQuery does not have; add it there or leave it out", objectname.QueryNamespace, key))
		}
	}
	return errs
}

// checkErrorKeys refuses an error prefix whose keys cannot be files.
func (c Config) checkErrorKeys(p prefix) error {
	if !slices.ContainsFunc(p, func(part prefixPart) bool { return part.errorType }) {
		return errors.New("holds no !{firehose:error-output-type}; add it: Firehose requires it if prefix holds expressions")
	}
	for _, at := range longest(c.zone()) {
		key, err := c.keyOf(p, at, zeros{}, place{errorType: metadataFailed})
		if err != nil {
			return err
		}
		if err := s3.CheckKey(key); err != nil {
			return fmt.Errorf("is %q, with which no object can be a file here: the key %q %w; use another prefix", c.ErrorOutputPrefix, key, err)
		}
	}
	return nil
}
