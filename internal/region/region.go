// Package region knows AWS's regions by their names.
package region

import "regexp"

// Remedy says how to write a region.
const Remedy = `use a region such as "eu-west-1": an area, a direction and a number`

// partitions are the partitions by the area with which the names of their regions begin (partitions.json of
// github.com/aws/aws-sdk-go-v2, internal/endpoints/awsrulesfn).
var partitions = map[string]string{
	"us": "aws", "eu": "aws", "ap": "aws", "sa": "aws", "ca": "aws", "me": "aws", "af": "aws", "il": "aws", "mx": "aws",
	"cn": "aws-cn", "us-gov": "aws-us-gov", "us-iso": "aws-iso", "us-isob": "aws-iso-b", "us-isof": "aws-iso-f", "eu-isoe": "aws-iso-e", "eusc-de": "aws-eusc",
}

// pattern is not a list of regions, so a new region in a known area needs no new version of this project. In the SDKs any word may follow
// the area. Here a direction must follow, as in the names of all regions.
var pattern = regexp.MustCompile(`^([a-z]+(?:-[a-z]+)?)-(?:central|north|south|east|west|northeast|northwest|southeast|southwest)-[1-9][0-9]?$`)

// Partition returns the partition of a region, and an empty text for what is no region.
func Partition(name string) string {
	parts := pattern.FindStringSubmatch(name)
	if parts == nil {
		return ""
	}
	return partitions[parts[1]]
}

// Valid reports whether a text has the form of a region's name.
func Valid(name string) bool { return Partition(name) != "" }
