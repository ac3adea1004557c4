package region_test

import (
	"testing"

	"cdk.tf/go/ingest/internal/region"
)

func TestPartition(t *testing.T) {
	for name, want := range map[string]string{
		"us-east-1": "aws", "il-central-1": "aws", "ap-southeast-12": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov", "eusc-de-east-1": "aws-eusc",
		"us-iso-east-1": "", "us-isob-east-1": "", "us-isof-south-1": "", "eu-isoe-west-1": "",
		"mars": "", "": "", "mars-east-1": "", "us-mars-east-1": "", "us-east-0": "", "us-east-100": "", "us-east-1a": "", "us--east-1": "", "US-EAST-1": "",
	} {
		if got := region.Partition(name); got != want || region.Valid(name) != (want != "") {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestInProvider5(t *testing.T) {
	for name, want := range map[string]bool{
		"us-east-1": true, "ap-southeast-7": true, "cn-northwest-1": true, "us-gov-east-1": true, "eusc-de-east-1": true,
		"ap-southeast-6": false, "us-west-9": false, "us-iso-east-1": false, "": false,
	} {
		if got := region.InProvider5(name); got != want {
			t.Errorf("%q: got %v", name, got)
		}
	}
}

func TestRemedy(t *testing.T) {
	for name, want := range map[string]string{
		"mars":            `use a region such as "eu-west-1": an area, a direction and a number`,
		"":                `use a region such as "eu-west-1": an area, a direction and a number`,
		"us-iso-east-1":   `use a region such as "eu-west-1": this one is in the isolated partition "aws-iso", which this project does not support`,
		"us-isob-west-1":  `use a region such as "eu-west-1": this one is in the isolated partition "aws-iso-b", which this project does not support`,
		"us-isof-south-1": `use a region such as "eu-west-1": this one is in the isolated partition "aws-iso-f", which this project does not support`,
		"eu-isoe-west-1":  `use a region such as "eu-west-1": this one is in the isolated partition "aws-iso-e", which this project does not support`,
	} {
		if got := region.Remedy(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for name, want := range map[string][2]string{
		"eu-west-1":      {"amazonaws.com", "eu-west-1.console.aws.amazon.com"},
		"cn-north-1":     {"amazonaws.com.cn", "cn-north-1.console.amazonaws.cn"},
		"us-gov-west-1":  {"amazonaws.com", "us-gov-west-1.console.amazonaws-us-gov.com"},
		"eusc-de-east-1": {"amazonaws.eu", "eusc-de-east-1.console.amazonaws-eusc.eu"},
	} {
		if got := [2]string{region.DNSSuffix(name), region.Console(name)}; got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}
