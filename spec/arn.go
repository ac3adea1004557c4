package spec

import (
	"fmt"
	"strings"

	"cdk.tf/go/ingest/internal/region"
)

// arn checks the partition and the region of an ARN whose form another rule has checked. No partition reaches into another (AWS General
// Reference, "Amazon Resource Names"). near is the environment's region; another rule reports one that does not exist.
func (p *problems) arn(field, arn, near string) {
	parts := strings.SplitN(arn, ":", 5) // arn, partition, service, region and the rest
	own, where := region.Partition(near), parts[3]
	switch {
	case own == "":
	case parts[1] != own:
		p.add(field, fmt.Sprintf("%s, in the partition %q", is(arn), parts[1]), fmt.Sprintf("use one in %q, the partition of %s", own, near))
	case where != "" && !region.Valid(where):
		p.add(field, fmt.Sprintf("%s, in the region %q", is(arn), where), region.Remedy(where))
	case where != "" && region.Partition(where) != own:
		p.add(field, fmt.Sprintf("%s, in a region of the partition %q", is(arn), region.Partition(where)), fmt.Sprintf("use one in %q, the partition of %s", own, near))
	}
}
