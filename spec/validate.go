package spec

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cdk.tf/go/ingest/internal/bucketname"
	"cdk.tf/go/ingest/internal/region"
)

// problem is one fault of an environment, and its remedy.
type problem struct {
	// Environment is the environment's name.
	Environment string
	// Field is the option's path from the environment, such as "Stream.Capacity.Shards". It is empty if there is no environment
	// at all.
	Field string
	// Fault follows the field in a sentence, such as "is 0".
	Fault string
	// Remedy is an instruction, such as "use 1 to 10000".
	Remedy string
}

// Error returns the problem on one line.
func (p problem) Error() string {
	if p.Field == "" {
		return p.Fault + "; " + p.Remedy
	}
	return fmt.Sprintf("environment %q: %s %s; %s", p.Environment, p.Field, p.Fault, p.Remedy)
}

// Validate reports every problem of the environment at once, in the order of its fields: an error that joins the problems, or
// nil. A value that has no effect because its switch is off is a problem too, unless it is the one of [Default] or the zero
// value.
func (e Environment) Validate() error { return errors.Join(e.problems()...) }

func (e Environment) problems() []error {
	p := &problems{environment: e.Name}
	p.identity(e)
	p.names(e)
	p.tags(e.Tags)
	oneOf(p, "Removal", e.Removal, Disposable, Retained, Protected)
	oneOf(p, "Provider", e.Provider, Provider5, Provider6)
	p.api(e.API, e.Region)
	p.producers(e)
	p.domain(e)
	p.firewall(e)
	p.stream(e.Stream)
	p.delivery(e.Delivery)
	p.partitions(e)
	p.bucket(e.Bucket)
	p.accessLog(e)
	p.objectLock(e)
	p.query(e)
	p.logs(e.Logs)
	p.encryption(e.Encryption, e.Region)
	p.web(e)
	p.alarms(e.Alarms, e.Region)
	p.state(e.State, e.Region, e.ownBuckets())
	p.encodings(e)
	p.tokens(e)
	p.load(e)
	return p.found
}

// maxNameLength keeps the derived bucket name, the longest of all names, within S3's 63 characters with the default prefix: 63
// - len("api-kinesis-firehose-bucket-").
const maxNameLength = 35

var (
	namePattern    = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)
	accountPattern = regexp.MustCompile(`^[0-9]{12}$`)
)

func (p *problems) identity(e Environment) {
	if len(e.Name) > maxNameLength || !namePattern.MatchString(e.Name) {
		p.add("Name", is(e.Name), fmt.Sprintf(
			`use 1 to %d of a-z, 0-9 and "-", beginning with a letter and ending with a letter or a digit`, maxNameLength))
	} else if suffix := bucketname.ReservedSuffix(e.BucketName()); e.Bucket.Name == "" && suffix != "" {
		// Every valid environment name satisfies the other rules for bucket names.
		p.add("Name", is(e.Name), fmt.Sprintf(
			"use another or set Bucket.Name: S3 reserves bucket names that end with %q", suffix))
	}
	p.region(e)
	if e.Account != "" {
		p.match("Account", e.Account, accountPattern, "use the 12 digits of an account's id, or leave it empty")
	}
}

// region checks that Terraform can deploy there. Version 6 of the provider learns new regions as AWS opens them.
func (p *problems) region(e Environment) {
	switch {
	case !region.Valid(e.Region):
		p.add("Region", is(e.Region), region.Remedy(e.Region))
	case e.Provider == Provider5 && !region.InProvider5(e.Region):
		p.add("Region", is(e.Region)+", which version 5 of the AWS provider does not know",
			"correct it, or set Provider to Provider6 for a region that AWS opened later")
	}
}

// maxTags leaves room for Project, Environment and ManagedBy within AWS's 50 tags a resource.
const maxTags = 47

// Resources of every service get the tags, so the strictest rules apply. The lengths are the same for all services. The
// characters are those of API Gateway's developer guide. Its API reference has fewer still, but that range is misprinted
// ("[a-zA-Z+-=._:/]").
var (
	tagKeyPattern   = regexp.MustCompile(`^[A-Za-z0-9 .:+=@_/-]{1,128}$`)
	tagValuePattern = regexp.MustCompile(`^[A-Za-z0-9 .:+=@_/-]{0,256}$`)
)

// reservedTag begins the keys and the values of AWS's own tags (API Gateway developer guide, "API Gateway resources that can be tagged";
// Glue developer guide, "Common data types", Tag).
const reservedTag = "aws:"

// projectTag is the one of the default tags that the roles of a deployment ask for, beside the environment's name.
const projectTag = "Project"

const tagCharacters = "letters, digits, spaces and . : + = @ _ / -"

func (p *problems) tags(tags map[string]string) {
	if len(tags) > maxTags {
		p.add("Tags", fmt.Sprintf("has %d entries", len(tags)), fmt.Sprintf(
			"use at most %d: every resource gets three more, and AWS allows 50", maxTags))
	}
	spellings := map[string]string{"project": "Project", "managedby": "ManagedBy"}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		p.tagKey(key, spellings)
		field := fmt.Sprintf("Tags[%q]", key)
		if strings.HasPrefix(strings.ToLower(tags[key]), reservedTag) {
			p.add(field, is(tags[key]), fmt.Sprintf("use one that does not begin with %q, which AWS reserves", reservedTag))
		}
		p.match(field, tags[key], tagValuePattern, "use at most 256 "+tagCharacters)
		if key == projectTag && tags[key] == "" {
			p.add(field, is(""), "use a value, or leave it out: the roles of `ingest deployer` know the environment's resources by it")
		}
	}
}

// tagKey checks one key. spellings has the keys before it, by their lower case: IAM treats keys that differ only in case as the
// same key, and refuses a role with both ("Duplicate tag keys found. Please note that Tag keys are case insensitive").
func (p *problems) tagKey(key string, spellings map[string]string) {
	lower := strings.ToLower(key)
	other, spelt := spellings[lower]
	fault := fmt.Sprintf("has the key %q", key)
	switch {
	case !tagKeyPattern.MatchString(key):
		p.add("Tags", fault, "use 1 to 128 "+tagCharacters)
	case strings.HasPrefix(lower, reservedTag):
		p.add("Tags", fault, fmt.Sprintf("use one that does not begin with %q, which AWS reserves", reservedTag))
	case lower == "environment":
		p.add("Tags", fault, "leave it out: the tag Environment is always the environment's name")
	case spelt && other != key:
		p.add("Tags", fault, fmt.Sprintf("use the spelling %q only: IAM refuses keys that differ in case alone", other))
	default:
		spellings[lower] = key
	}
}

// problems collects the problems of one environment.
type problems struct {
	environment string
	found       []error
}

func (p *problems) add(field, fault, remedy string) {
	p.found = append(p.found, problem{Environment: p.environment, Field: field, Fault: fault, Remedy: remedy})
}

// match adds a problem where the value does not match.
func (p *problems) match(field, value string, pattern *regexp.Regexp, remedy string) {
	if !pattern.MatchString(value) {
		p.add(field, is(value), remedy)
	}
}

// within adds a problem where the value is out of bounds.
func (p *problems) within(field string, value, least, most int) {
	if value < least || value > most {
		p.add(field, fmt.Sprintf("is %d", value), fmt.Sprintf("use %d to %d", least, most))
	}
}

// whole adds a problem where the value is out of bounds or not a whole number of units.
func (p *problems) whole(field string, value, least, most, unit time.Duration, units string) {
	if value < least || value > most || value%unit != 0 {
		p.add(field, "is "+value.String(), fmt.Sprintf("use whole %s, %d to %d", units, least/unit, most/unit))
	}
}

// oneOf adds a problem where the value is none of the allowed ones.
func oneOf[T ~string](p *problems, field string, value T, allowed ...T) {
	if slices.Contains(allowed, value) {
		return
	}
	quoted := make([]string, len(allowed))
	for i, a := range allowed {
		quoted[i] = strconv.Quote(string(a))
	}
	p.add(field, is(string(value)), "use "+anyOf(quoted))
}

// is quotes the value, so the message stays on one line even if the value holds line breaks.
func is(value string) string { return "is " + strconv.Quote(value) }

func anyOf(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
