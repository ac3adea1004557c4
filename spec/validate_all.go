package spec

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ValidateAll reports every problem of each environment, as [Environment.Validate] does, and then the conflicts between
// environments: one error that joins the problems, or nil.
func ValidateAll(envs []Environment) error {
	if len(envs) == 0 {
		return errors.Join(problem{Fault: "there are no environments", Remedy: "declare at least one"})
	}
	var found []error
	for _, env := range envs {
		found = append(found, env.problems()...)
	}
	found = append(found, clashes(envs, claimName)...)
	// An environment that is listed twice is one problem, not one for each of its resources.
	named := firstOfEachName(envs)
	found = append(found, sameNames(named)...)
	found = append(found, clashes(named, claimBucket, claimAccessLogBucket, claimResultBucket, claimWebBucket)...)
	found = append(found, statesInOthersBuckets(named)...)
	for _, owned := range [][]claim{{claimDomain}, {claimAccount}, {claimS3State, claimS3Lock}, {claimCloudState}} {
		found = append(found, clashes(named, owned...)...)
	}
	return errors.Join(found...)
}

func firstOfEachName(envs []Environment) []Environment {
	seen := map[string]bool{}
	var first []Environment
	for _, env := range envs {
		if !seen[env.Name] {
			first = append(first, env)
		}
		seen[env.Name] = true
	}
	return first
}

// claim is what an environment needs for itself alone: a key that no other environment may have, and the problem to report if
// another one has it. An empty key claims nothing.
type claim func(env Environment) (key string, taken func(by Environment) problem)

// clashes reports each environment that claims a key of an environment before it. A key that one environment claims twice is no
// clash.
func clashes(envs []Environment, claims ...claim) []error {
	owners := map[string]int{}
	var found []error
	for i, env := range envs {
		for _, of := range claims {
			key, taken := of(env)
			if key == "" {
				continue
			}
			owner, owned := owners[key]
			if owned && owner != i {
				if clash := taken(envs[owner]); clash != (problem{}) {
					found = append(found, clash)
				}
			} else {
				owners[key] = i
			}
		}
	}
	return found
}

func claimName(env Environment) (string, func(Environment) problem) {
	return env.Name, func(Environment) problem {
		return problem{env.Name, "Name", is(env.Name) + ", which another environment has too", "use another"}
	}
}

func claimBucket(env Environment) (string, func(Environment) problem) {
	return bucketOf(env, "Bucket.Name", env.BucketName())
}

func claimAccessLogBucket(env Environment) (string, func(Environment) problem) {
	if !env.Bucket.AccessLog {
		return "", nil
	}
	return bucketOf(env, "Bucket.AccessLogName", env.AccessLogBucketName())
}

func claimWebBucket(env Environment) (string, func(Environment) problem) {
	if !env.Web.Hosted {
		return "", nil
	}
	return bucketOf(env, "Web.BucketName", env.WebBucketName())
}

func claimResultBucket(env Environment) (string, func(Environment) problem) {
	if !env.Query.Enabled {
		return "", nil
	}
	return bucketOf(env, "Query.ResultBucket", env.QueryBucketName())
}

// bucketOf claims the bucket that a field names.
func bucketOf(env Environment, field, bucket string) (string, func(Environment) problem) {
	return bucket, func(by Environment) problem {
		return problem{env.Name, field, fmt.Sprintf("makes the bucket %q, as environment %q does", bucket, by.Name), "use another"}
	}
}

// claimDomain claims the domain name: a domain leads to one API.
func claimDomain(env Environment) (string, func(Environment) problem) {
	domain := env.API.Domain.Name
	return domain, func(by Environment) problem {
		fault := fmt.Sprintf("is %q, as in environment %q", domain, by.Name)
		return problem{env.Name, "API.Domain.Name", fault, "use another: a domain leads to one API"}
	}
}

// claimAccount claims API Gateway's setting of the account and region (aws_api_gateway_account). Environments without an
// account claim nothing: they may be in different accounts.
func claimAccount(env Environment) (string, func(Environment) problem) {
	if env.Account == "" || !env.API.ManageAccount {
		return "", nil
	}
	return env.Account + " " + env.Region, func(by Environment) problem {
		fault := fmt.Sprintf("is true, as in environment %q of the same account and region", by.Name)
		return problem{env.Name, "API.ManageAccount", fault,
			"set API.ManageAccount = false in all but one: they would overwrite each other's setting"}
	}
}

func claimS3State(env Environment) (string, func(Environment) problem) {
	if env.State.S3 == nil {
		return "", nil
	}
	bucket, key := env.State.S3.Bucket, env.StateKey()
	return bucket + "/" + key, func(by Environment) problem {
		fault := fmt.Sprintf("is the key %q of the bucket %q, as in environment %q", key, bucket, by.Name)
		if by.StateKey() != key {
			fault = fmt.Sprintf("is the key %q of the bucket %q, which is the lock file of environment %q", key, bucket, by.Name)
		}
		return problem{env.Name, "State.S3", fault, "use another key: they would overwrite each other's state"}
	}
}

// claimS3Lock claims the lock file, which Terraform writes beside the state and deletes.
func claimS3Lock(env Environment) (string, func(Environment) problem) {
	if env.State.S3 == nil {
		return "", nil
	}
	bucket, lock := env.State.S3.Bucket, env.StateKey()+lockEnding
	return bucket + "/" + lock, func(by Environment) problem {
		if by.StateKey() == env.StateKey() {
			return problem{} // claimS3State reports it
		}
		fault := fmt.Sprintf("has the lock file %q in the bucket %q, which is the state of environment %q", lock, bucket, by.Name)
		return problem{env.Name, "State.S3", fault, "use another key: each lock would overwrite that state"}
	}
}

// statesInOthersBuckets reports each environment whose state is in a bucket that another environment makes: a destroy of the other one, or
// its bucket's lifecycle, would delete the state. Names of buckets are global, so the accounts do not matter.
func statesInOthersBuckets(envs []Environment) []error {
	var found []error
	for _, env := range envs {
		if env.State.S3 == nil {
			continue
		}
		bucket := env.State.S3.Bucket
		for _, by := range envs {
			if by.Name != env.Name && slices.Contains(by.ownBuckets(), bucket) {
				fault := fmt.Sprintf("%s, which environment %q makes", is(bucket), by.Name)
				found = append(found, problem{env.Name, "State.S3.Bucket", fault, ownStateRemedy})
				break
			}
		}
	}
	return found
}

// defaultHostname is the host of HCP Terraform, Terraform's default.
const defaultHostname = "app.terraform.io"

func claimCloudState(env Environment) (string, func(Environment) problem) {
	if env.State.Cloud == nil {
		return "", nil
	}
	cloud, workspace := env.State.Cloud, env.StateWorkspace()
	host := strings.TrimSuffix(strings.ToLower(cmp.Or(cloud.Hostname, defaultHostname)), ":443")
	return host + "/" + cloud.Organization + "/" + workspace, func(by Environment) problem {
		fault := fmt.Sprintf("is the workspace %q of the organization %q, as in environment %q",
			workspace, cloud.Organization, by.Name)
		return problem{env.Name, "State.Cloud", fault, "use another workspace: they would overwrite each other's state"}
	}
}
