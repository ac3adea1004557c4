package spec

// The bounds of a key's waiting period (KMS API reference, ScheduleKeyDeletion).
const (
	minDeletionWindow = 7
	maxDeletionWindow = 30
)

func (p *problems) encryption(encryption Encryption) {
	const field = "Encryption.DeletionWindowDays"
	if !encryption.CustomerKey {
		// When a key is removed, the window of its last apply counts.
		p.unused("Encryption.CustomerKey is false", "set Encryption.CustomerKey to true, or leave it out",
			option{field, isSet(encryption.DeletionWindowDays, Default("").Encryption.DeletionWindowDays)})
		return
	}
	p.within(field, encryption.DeletionWindowDays, minDeletionWindow, maxDeletionWindow)
}
