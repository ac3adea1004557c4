package spec

// ObjectLock keeps every new version of an object from being deleted or overwritten for a time (write once, read many).
// The zero value is no lock. S3 never takes a lock off a bucket again: without it in the environment, new objects are
// locked no more, and those that are locked stay so until their time is over.
type ObjectLock struct {
	// Mode is [Governance] or [Compliance]; empty for no lock.
	Mode ObjectLockMode
	// Days that each version is locked from its creation, 1 to 36,500; 0 for no lock.
	Days int
}

// ObjectLockMode is who may delete a locked object.
type ObjectLockMode string

const (
	// Governance lets principals with s3:BypassGovernanceRetention delete a locked version, or end its lock.
	Governance ObjectLockMode = "GOVERNANCE"
	// Compliance lets nobody, not even the account's root user. It cannot be together with [Disposable].
	Compliance ObjectLockMode = "COMPLIANCE"
)
