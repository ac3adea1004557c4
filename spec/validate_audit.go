package spec

import (
	"fmt"

	"cdk.tf/go/ingest/internal/bucketname"
)

// accessLog checks the bucket of the access log.
func (p *problems) accessLog(e Environment) {
	const field = "Bucket.AccessLogName"
	name := e.Bucket.AccessLogName
	suffix := bucketname.ReservedSuffix(e.AccessLogBucketName())
	if !e.Bucket.AccessLog {
		p.unused("Bucket.AccessLog is false", "set Bucket.AccessLog to true, or leave it out",
			option{field, name != ""},
			option{"Bucket.AccessLogExpireAfterDays", isSet(e.Bucket.AccessLogExpireAfterDays, Default("").Bucket.AccessLogExpireAfterDays)})
		return
	}
	switch {
	case e.AccessLogBucketName() == e.BucketName():
		p.add(field, is(e.AccessLogBucketName())+", which is the name of the bucket itself",
			"use another: a bucket that logs to itself logs each log")
	case e.Query.Enabled && e.AccessLogBucketName() == e.QueryBucketName():
		p.add(field, is(e.AccessLogBucketName())+", which is also the bucket of query results", "use another: results expire, and have other readers than logs")
	case e.Web.Hosted && e.AccessLogBucketName() == e.WebBucketName():
		p.add(field, is(e.AccessLogBucketName())+", which is also the web page's bucket", "use another: everything in the web page's bucket is public")
	case name != "":
		if remedy := ownBucketRemedy(name); remedy != "" {
			p.add(field, is(name), remedy)
		}
	case suffix != "":
		p.add("Name", is(e.Name), fmt.Sprintf(
			"use another or set Bucket.AccessLogName: S3 reserves bucket names that end with %q", suffix))
	}
	p.within("Bucket.AccessLogExpireAfterDays", e.Bucket.AccessLogExpireAfterDays, 0, maxDays)
}

// objectLock checks the lock. Its longest time, a hundred years, is S3's own (user guide, "Object Lock considerations").
func (p *problems) objectLock(e Environment) {
	const mode = "Bucket.ObjectLock.Mode"
	lock := e.Bucket.ObjectLock
	if lock == (ObjectLock{}) {
		return
	}
	oneOf(p, mode, lock.Mode, Governance, Compliance)
	if lock.Mode == Compliance && e.Removal == Disposable {
		p.add(mode, fmt.Sprintf("is %q and Removal is %q", lock.Mode, e.Removal), fmt.Sprintf(
			"use %q or another Removal: nobody can delete locked versions, so no destroy would succeed", Governance))
	}
	p.within("Bucket.ObjectLock.Days", lock.Days, 1, maxDays)
	// The lifecycle puts a delete marker over a locked version: S3 hides the version and keeps it (user guide, "Object Lock
	// considerations").
	if days := e.Bucket.ExpireAfterDays; days > 0 && days < lock.Days {
		p.add("Bucket.ExpireAfterDays", fmt.Sprintf("is %d", days), fmt.Sprintf(
			"use 0 or at least Bucket.ObjectLock.Days, which is %d: S3 hides an object that expires earlier, and keeps it", lock.Days))
	}
}
