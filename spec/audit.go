package spec

// ObjectLock keeps each new version of an object from being deleted or overwritten for a number of days (write once, read
// many). You can turn it on in a deployed environment. S3 never removes a lock configuration from a bucket: if you remove the
// option, new objects get no lock, and locked objects keep theirs until it ends. Bucket.ExpireAfterDays may not end before the
// lock does.
type ObjectLock struct {
	// Mode says who may delete a locked object. Empty means no lock.
	Mode ObjectLockMode
	// Days is the number of days for which S3 locks a version, counted from its creation: 1 to 36,500. 0 means no lock.
	Days int
}

// ObjectLockMode is who may delete a locked object.
type ObjectLockMode string

const (
	// Governance lets principals with the permission s3:BypassGovernanceRetention delete a locked version or end its lock.
	Governance ObjectLockMode = "GOVERNANCE"
	// Compliance lets nobody delete a locked version, not even the account's root user. You cannot combine it with
	// [Disposable].
	Compliance ObjectLockMode = "COMPLIANCE"
)
