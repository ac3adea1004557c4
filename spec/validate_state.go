package spec

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/internal/region"
)

// state checks the backend of the state. near is the environment's region, and ownBuckets are the buckets that the environment makes.
func (p *problems) state(state State, near string, ownBuckets []string) {
	if state.S3 != nil && state.Cloud != nil {
		p.add("State", "has both S3 and Cloud", "set one of them to nil")
	}
	if state.S3 != nil {
		p.s3State(*state.S3, near, ownBuckets)
	}
	if state.Cloud != nil {
		p.cloudState(*state.Cloud)
	}
}

const ownStateRemedy = "use a bucket that exists before the environment and outlives it"

// maxStateKeyBytes is S3's longest key, 1,024 bytes, less the ending of Terraform's lock file.
const maxStateKeyBytes = 1024 - len(lockEnding)

// lockEnding ends the key of the file by which Terraform locks a state, after the state's key.
const lockEnding = ".tflock"

var (
	// kmsKeyPattern is what Terraform's S3 backend accepts as the ARN of a key or an alias. It is stricter than KMS, whose
	// documents prescribe no digit of a key's id. With another id `terraform init` fails with "Invalid KMS Key ARN"
	// (hashicorp/terraform, internal/backend/remote-state/s3/validate.go; tried with 1.11). Its group is the region.
	kmsKeyPattern = regexp.MustCompile(`^arn:aws[a-z-]*:kms:([a-z0-9-]+):[0-9]{12}:(?:` +
		`key/[a-f0-9]{8}-[a-f0-9]{4}-[1-5][a-f0-9]{3}-[ab89][a-f0-9]{3}-[a-f0-9]{12}|` +
		`key/mrk-[a-f0-9]{32}|alias/[a-zA-Z0-9/_-]+)$`)
	// anyUUIDPattern is the ARN of a key whose id has the form of a UUID of any version.
	anyUUIDPattern = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12}$`)
)

// s3State checks an S3 backend. The environment does not make this bucket, so its name may have dots.
func (p *problems) s3State(s3 S3State, near string, ownBuckets []string) {
	if remedy := bucketRemedy(s3.Bucket); remedy != "" {
		p.add("State.S3.Bucket", is(s3.Bucket), remedy)
	} else if slices.Contains(ownBuckets, s3.Bucket) {
		p.add("State.S3.Bucket", is(s3.Bucket)+", which this environment makes", ownStateRemedy)
	}
	p.stateKey(s3.Key)
	if s3.Region != "" && !region.Valid(s3.Region) {
		p.add("State.S3.Region", is(s3.Region), region.Remedy(s3.Region)+", or leave it empty")
	}
	p.stateKMSKey(s3.KMSKeyARN, cmp.Or(s3.Region, near))
}

// stateKMSKey checks the key of a bucket in a region.
func (p *problems) stateKMSKey(arn, bucketRegion string) {
	const field, alias = "State.S3.KMSKeyARN", `"arn:aws:kms:eu-west-1:111122223333:alias/state"`
	parts := kmsKeyPattern.FindStringSubmatch(arn)
	switch {
	case arn == "":
	case parts != nil && region.Valid(bucketRegion) && parts[1] != bucketRegion:
		p.add(field, is(arn)+", a key in "+parts[1], fmt.Sprintf("use a key in %s, the bucket's region: S3 takes no other", bucketRegion))
	case parts != nil:
		p.arn(field, arn, bucketRegion)
	case anyUUIDPattern.MatchString(arn):
		p.add(field, is(arn)+", whose key id is not a UUID of RFC 4122, as KMS makes them",
			"copy the id from KMS, or name an alias such as "+alias+": Terraform's S3 backend requires 1 to 5 as a UUID's 13th digit, and 8, 9, a or b as its 17th")
	default:
		p.add(field, is(arn), `use the ARN of a key, such as "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-4bcd-8def-1234567890ab" or `+
			`"…:key/mrk-1234abcd12ab34cd56ef1234567890ab", or of an alias, such as `+alias+`, or leave it empty`)
	}
}

func (p *problems) stateKey(key string) {
	const field = "State.S3.Key"
	if len(key) > maxStateKeyBytes {
		p.add(field, fmt.Sprintf("is %d bytes long", len(key)), fmt.Sprintf("use at most %d", maxStateKeyBytes))
	}
	if strings.ContainsFunc(key, notPrintable) {
		p.add(field, is(key), "use printable ASCII characters only")
	}
	for _, opening := range terraformOpenings {
		if strings.Contains(key, opening) {
			p.add(field, is(key), fmt.Sprintf("leave %q out: Terraform would evaluate it as an expression", opening))
		}
	}
	if strings.HasPrefix(key, "/") || strings.HasSuffix(key, "/") {
		p.add(field, is(key), `use a key that neither begins nor ends with "/"`)
	} else if strings.Contains(key, "//") {
		p.add(field, is(key), `use a key without "//", which Terraform's S3 backend refuses`)
	}
	if hasDotSegment(key) {
		p.add(field, is(key), dotSegmentRemedy)
	}
}

// The patterns are those of HCP Terraform's names (its API reference, organizations and workspaces), and of a host name with or
// without a port.
var (
	organizationPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$`)
	workspacePattern    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,90}$`)
	// hostnamePattern's group is the port.
	hostnamePattern = regexp.MustCompile(
		`^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::([1-9][0-9]{0,4}))?$`)
)

func (p *problems) cloudState(cloud CloudState) {
	p.match("State.Cloud.Organization", cloud.Organization, organizationPattern,
		`use 1 to 40 letters, digits, "_" and "-", beginning with a letter or a digit`)
	if cloud.Workspace != "" {
		p.match("State.Cloud.Workspace", cloud.Workspace, workspacePattern,
			`use 1 to 90 letters, digits, "_" and "-", or leave it empty`)
	}
	if cloud.Hostname == "" {
		return
	}
	if parts := hostnamePattern.FindStringSubmatch(cloud.Hostname); parts == nil || !isPort(parts[1]) {
		p.add("State.Cloud.Hostname", is(cloud.Hostname),
			`use a host name such as "tfe.example.com", without scheme and path, or leave it empty`)
	}
}
