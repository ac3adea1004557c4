// Package tfversion states which versions of Terraform and of its AWS provider the stacks accept.
package tfversion

import "cdk.tf/go/ingest/internal/region"

// Terraform is the constraint on Terraform's own version. The S3 backend's lock file needs at least 1.10.
const Terraform = ">= 1.10.0, < 2.0.0"

// Block is the terraform block of a stack in a region that does not choose its provider's version: the version is the default of
// spec.Environment, or 6 in a region that only this version knows.
func Block(in string) map[string]any {
	version := "~> 5.99"
	if !region.InProvider5(in) {
		version = "~> 6.0"
	}
	return map[string]any{
		"required_version":   Terraform,
		"required_providers": map[string]any{"aws": map[string]any{"source": "hashicorp/aws", "version": version}},
	}
}
