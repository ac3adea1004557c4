// Package region knows AWS's regions by their names, and the partitions that they are in.
package region

import (
	"fmt"
	"regexp"
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
