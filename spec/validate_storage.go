package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cdk.tf/go/ingest/internal/bucketname"
	"cdk.tf/go/ingest/internal/quota"
)

func (p *problems) stream(stream Stream) {
	oneOf(p, "Stream.Capacity.Mode", stream.Capacity.Mode, ModeProvisioned, ModeOnDemand)
	switch stream.Capacity.Mode {
	case ModeProvisioned:
		p.within("Stream.Capacity.Shards", stream.Capacity.Shards, 1, quota.MaxShards)
	case ModeOnDemand:
		if stream.Capacity.Shards != 0 {
			p.add("Stream.Capacity.Shards", fmt.Sprintf("is %d", stream.Capacity.Shards),
				"use 0: on demand Kinesis chooses the number")
		}
	}
	p.whole("Stream.Retention", stream.Retention, quota.MinRetention, quota.MaxRetention, time.Hour, "hours")
}

// maxDays is a hundred years. S3 accepts more: this project's bound is against typing errors.
const maxDays = 36500

func (p *problems) bucket(bucket Bucket) {
	if bucket.Name != "" {
		if remedy := ownBucketRemedy(bucket.Name); remedy != "" {
			p.add("Bucket.Name", is(bucket.Name), remedy)
		}
	}
	p.within("Bucket.ExpireAfterDays", bucket.ExpireAfterDays, 0, maxDays)
	p.within("Bucket.NoncurrentExpireAfterDays", bucket.NoncurrentExpireAfterDays, 1, maxDays)
	p.within("Bucket.AbortUploadsAfterDays", bucket.AbortUploadsAfterDays, 1, maxDays)
	for i := range bucket.Transitions {
		p.transition(bucket.Transitions, i)
	}
	p.transitionsBeforeExpiry(bucket)
}

// bucketRemedy returns an empty text for a name that a bucket in S3 may have.
func bucketRemedy(name string) string {
	if !bucketname.Valid(name) {
		return `use 3 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or a digit`
	}
	if prefix := bucketname.ReservedPrefix(name); prefix != "" {
		return fmt.Sprintf("use another: S3 reserves names that begin with %q", prefix)
	}
	if suffix := bucketname.ReservedSuffix(name); suffix != "" && suffix != bucketname.RegionalSuffix {
		return suffixRemedy(suffix)
	}
	return ""
}

// ownBucketRemedy returns an empty text for a name of a bucket that this project can make.
func ownBucketRemedy(name string) string {
	if remedy := bucketRemedy(name); remedy != "" {
		return remedy
	}
	if suffix := bucketname.ReservedSuffix(name); suffix != "" {
		return suffixRemedy(suffix)
	}
	if strings.Contains(name, ".") {
		return `use "-" in place of ".": S3's TLS certificates do not match addresses of such names`
	}
	return ""
}

func suffixRemedy(suffix string) string {
	return fmt.Sprintf("use another: S3 reserves names that end with %q", suffix)
}

// storageClasses are in the order in which S3 lets objects move through them.
var storageClasses = []StorageClass{StandardIA, IntelligentTiering, OneZoneIA, GlacierIR, Glacier, DeepArchive}

// minInfrequentAccessDays is the number of days after which S3 moves an object to an infrequent access class, and for which it
// keeps the object there before it archives it (user guide, "Transitioning objects using Amazon S3 Lifecycle", constraints).
const minInfrequentAccessDays = 30

func isInfrequentAccess(class StorageClass) bool { return class == StandardIA || class == OneZoneIA }

func isArchive(class StorageClass) bool { return class == Glacier || class == DeepArchive }

// transition checks one transition and how it follows the ones before it.
func (p *problems) transition(all []Transition, i int) {
	t, before := all[i], all[:i]
	field := item("Bucket.Transitions", i)
	least := 0 // S3 API reference, Transition
	if isInfrequentAccess(t.StorageClass) {
		least = minInfrequentAccessDays
	}
	p.within(field+".AfterDays", t.AfterDays, least, maxDays)
	if remedy := daysRemedy(before, t); remedy != "" {
		p.add(field+".AfterDays", fmt.Sprintf("is %d", t.AfterDays), remedy)
	}
	if !slices.Contains(storageClasses, t.StorageClass) {
		oneOf(p, field+".StorageClass", t.StorageClass, storageClasses...)
		return
	}
	if remedy := classRemedy(before, t.StorageClass); remedy != "" {
		p.add(field+".StorageClass", is(string(t.StorageClass)), remedy)
	}
}

// daysRemedy returns an empty text if the transition is late enough after the ones before it.
func daysRemedy(before []Transition, t Transition) string {
	if len(before) > 0 && t.AfterDays <= before[len(before)-1].AfterDays {
		return fmt.Sprintf("use more than the %d of the transition before it", before[len(before)-1].AfterDays)
	}
	for _, earlier := range before {
		least := earlier.AfterDays + minInfrequentAccessDays
		if isInfrequentAccess(earlier.StorageClass) && isArchive(t.StorageClass) && t.AfterDays < least {
			return fmt.Sprintf("use at least %d: S3 keeps objects in %q for %d days before it archives them",
				least, earlier.StorageClass, minInfrequentAccessDays)
		}
	}
	return ""
}

// classRemedy returns an empty text if S3 moves objects to the class from each of the classes before it.
func classRemedy(before []Transition, class StorageClass) string {
	for _, earlier := range before {
		from := earlier.StorageClass
		up := slices.Index(storageClasses, class) <= slices.Index(storageClasses, from)
		// This is the one exception to the order of the classes (same page, unsupported transitions).
		across := from == OneZoneIA && class == GlacierIR
		if up || across {
			return fmt.Sprintf("leave it out: S3 does not move objects to it from %q", from)
		}
	}
	return ""
}

// transitionsBeforeExpiry checks only the last transition: the others are earlier.
func (p *problems) transitionsBeforeExpiry(bucket Bucket) {
	last := len(bucket.Transitions) - 1
	if last < 0 || bucket.ExpireAfterDays <= 0 || bucket.Transitions[last].AfterDays < bucket.ExpireAfterDays {
		return
	}
	p.add(item("Bucket.Transitions", last)+".AfterDays", fmt.Sprintf("is %d", bucket.Transitions[last].AfterDays),
		fmt.Sprintf("use less than Bucket.ExpireAfterDays, which is %d", bucket.ExpireAfterDays))
}

func (p *problems) logRetention(field string, days int, ofZero string) {
	var periods []string
	for _, offered := range quota.LogRetentions() {
		if days == offered {
			return
		}
		periods = append(periods, strconv.Itoa(offered))
	}
	remedy := "use " + anyOf(periods)
	if days == 0 {
		remedy += ofZero
	}
	p.add(field, fmt.Sprintf("is %d", days), remedy)
}

func (p *problems) logs(logs Logs) {
	p.logRetention("Logs.RetentionDays", logs.RetentionDays, ": 0 would keep logs forever")
	if logs.ExecutionRetentionDays != 0 {
		p.logRetention("Logs.ExecutionRetentionDays", logs.ExecutionRetentionDays, "")
	}
	oneOf(p, "Logs.Execution", logs.Execution, LogErrors, LogInfo, LogOff)
}
