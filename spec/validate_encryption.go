package spec

// The bounds of a key's waiting period (KMS API reference, ScheduleKeyDeletion).
const (
	minDeletionWindow = 7
	maxDeletionWindow = 30
)

func (p *problems) encryption(encryption Encryption) {
	p.within("Encryption.DeletionWindowDays", encryption.DeletionWindowDays, minDeletionWindow, maxDeletionWindow)
}
