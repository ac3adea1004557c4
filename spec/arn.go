package spec

import (
	"fmt"
	"strings"
)

// partitions are the partitions of AWS beside "aws", by the area with which the names of their regions begin (partitions.json of
// github.com/aws/aws-sdk-go-v2, internal/endpoints/awsrulesfn).
var partitions = map[string]string{
	"cn": "aws-cn", "us-gov": "aws-us-gov", "us-iso": "aws-iso", "us-isob": "aws-iso-b", "us-isof": "aws-iso-f", "eu-isoe": "aws-iso-e", "eusc-de": "aws-eusc",
}

// partitionOf returns the partition of a region, and an empty text for what is no region.
func partitionOf(region string) string {
	parts := regionPattern.FindStringSubmatch(region)
	if parts == nil {
		return ""
	}
	if other, is := partitions[parts[1]]; is {
		return other
	}
	return "aws"
}

// arn checks the partition and the region of an ARN whose form another rule has checked. No partition reaches into another (AWS General
// Reference, "Amazon Resource Names"). region is the environment's; another rule reports one that does not exist.
func (p *problems) arn(field, arn, region string) {
	parts := strings.SplitN(arn, ":", 5) // arn, partition, service, region and the rest
	own, where := partitionOf(region), parts[3]
	switch {
	case own == "":
	case parts[1] != own:
		p.add(field, fmt.Sprintf("%s, in the partition %q", is(arn), parts[1]), fmt.Sprintf("use one in %q, the partition of %s", own, region))
	case where != "" && partitionOf(where) == "":
		p.add(field, fmt.Sprintf("%s, in the region %q", is(arn), where), regionRemedy)
	case where != "" && partitionOf(where) != own:
		p.add(field, fmt.Sprintf("%s, in a region of the partition %q", is(arn), partitionOf(where)), fmt.Sprintf("use one in %q, the partition of %s", own, region))
	}
}
