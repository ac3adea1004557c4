package spec

import "cdk.tf/go/ingest/internal/region"

// The bounds of a key's waiting period (KMS API reference, ScheduleKeyDeletion).
const (
	minDeletionWindow = 7
	maxDeletionWindow = 30
)

// keylessPartition has other names of services in a key's policy than its addresses, which end with "amazonaws.eu": IAM refuses such a
// name (pulumi/pulumi-eks#2341), and no public document says under which one CloudWatch Logs uses a key.
const keylessPartition = "aws-eusc"

func (p *problems) encryption(encryption Encryption, near string) {
	const field = "Encryption.DeletionWindowDays"
	if !encryption.CustomerKey {
		// When a key is removed, the window of its last apply counts.
		p.unused("Encryption.CustomerKey is false", "set Encryption.CustomerKey to true, or leave it out",
			option{field, isSet(encryption.DeletionWindowDays, Default("").Encryption.DeletionWindowDays)})
		return
	}
	if region.Partition(near) == keylessPartition {
		p.add("Encryption.CustomerKey", "is true and Region "+is(near),
			"set it to false: no public document says how a key's policy names the services of the European Sovereign Cloud")
	}
	p.within(field, encryption.DeletionWindowDays, minDeletionWindow, maxDeletionWindow)
}
