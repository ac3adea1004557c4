package region_test

import (
	"testing"

	"cdk.tf/go/ingest/internal/region"
)

func TestPartition(t *testing.T) {
	for name, want := range map[string]string{
		"us-east-1": "aws", "il-central-1": "aws", "ap-southeast-12": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov", "us-iso-east-1": "aws-iso",
		"us-isob-east-1": "aws-iso-b", "us-isof-south-1": "aws-iso-f", "eu-isoe-west-1": "aws-iso-e", "eusc-de-east-1": "aws-eusc",
		"mars": "", "": "", "mars-east-1": "", "us-mars-east-1": "", "us-east-0": "", "us-east-100": "", "us-east-1a": "", "us--east-1": "", "US-EAST-1": "",
	} {
		if got := region.Partition(name); got != want || region.Valid(name) != (want != "") {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
