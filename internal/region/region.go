// Package region knows AWS's regions by their names, and the partitions that they are in.
package region

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// partition is one of AWS's partitions.
type partition struct {
	name string
	// dnsSuffix is the domain of its services' addresses.
	dnsSuffix string
	// console is the domain of its console, below the region's name.
	console string
}

// The partitions with their domains are those of partitions.json (github.com/aws/aws-sdk-go-v2, internal/endpoints/awsrulesfn). The
// console of the European Sovereign Cloud is from ByteNess/aws-vault#285.
var (
	standard  = partition{"aws", "amazonaws.com", "console.aws.amazon.com"}
	china     = partition{"aws-cn", "amazonaws.com.cn", "console.amazonaws.cn"}
	govCloud  = partition{"aws-us-gov", "amazonaws.com", "console.amazonaws-us-gov.com"}
	sovereign = partition{"aws-eusc", "amazonaws.eu", "console.amazonaws-eusc.eu"}
)

// areas are the partitions by the area with which the names of their regions begin.
var areas = map[string]partition{
	"us": standard, "eu": standard, "ap": standard, "sa": standard, "ca": standard, "me": standard, "af": standard, "il": standard, "mx": standard,
	"cn": china, "us-gov": govCloud, "eusc-de": sovereign,
}

// isolated are the names of the partitions that no public network reaches, by their areas. No public document says which services they
// have, and under which addresses, so this project supports none of them.
var isolated = map[string]string{"us-iso": "aws-iso", "us-isob": "aws-iso-b", "us-isof": "aws-iso-f", "eu-isoe": "aws-iso-e"}

// pattern is not a list of regions, so a new region in a known area needs no new version of this project. In the SDKs any word may follow
// the area. Here a direction must follow, as in the names of all regions.
var pattern = regexp.MustCompile(`^([a-z]+(?:-[a-z]+)?)-(?:central|north|south|east|west|northeast|northwest|southeast|southwest)-[1-9][0-9]?$`)

func area(name string) string {
	parts := pattern.FindStringSubmatch(name)
	if parts == nil {
		return ""
	}
	return parts[1]
}

// Partition returns the partition of a region, and an empty text for what is no region that this project supports.
func Partition(name string) string { return areas[area(name)].name }

// Valid reports whether a text has the form of a region's name, in a partition that this project supports.
func Valid(name string) bool { return Partition(name) != "" }

// provider5 are the regions that the last version 5 of Terraform's AWS provider knows (5.100.0; hashicorp/aws-sdk-go-base v2.0.0-beta.65,
// endpoints). It refuses any other: "invalid AWS Region". Its argument skip_region_validation would not help: the data source aws_region
// then fails. There will be no newer version 5.
var provider5 = strings.Fields(`af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1
	ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1
	eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2
	us-west-1 us-west-2 cn-north-1 cn-northwest-1 eusc-de-east-1 us-gov-east-1 us-gov-west-1`)

// InProvider5 reports whether version 5 of Terraform's AWS provider knows a region.
func InProvider5(name string) bool { return slices.Contains(provider5, name) }

// Remedy says what to write in place of a text that is not [Valid].
func Remedy(name string) string {
	const example = `use a region such as "eu-west-1"`
	if partition := isolated[area(name)]; partition != "" {
		return fmt.Sprintf("%s: this one is in the isolated partition %q, which this project does not support", example, partition)
	}
	return example + ": an area, a direction and a number"
}

// DNSSuffix is the domain of the services of a region's partition, such as "amazonaws.com".
func DNSSuffix(name string) string { return areas[area(name)].dnsSuffix }

// Console is the host of a region's console, such as "eu-west-1.console.aws.amazon.com".
func Console(name string) string { return name + "." + areas[area(name)].console }
