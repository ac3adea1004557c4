package kinesis

import (
	"time"

	"cdk.tf/go/ingest/internal/quota"
)

var retentionInput = append([]field{{name: "RetentionPeriodHours", kind: integerKind, required: true}}, namedStream...)

// increaseRetention keeps records for longer.
//
// Assumption KIN-10: IncreaseStreamRetentionPeriod and DecreaseStreamRetentionPeriod accept the current retention, and refuse a
// value beyond their bounds with the messages of kinesalite (actions/increaseStreamRetentionPeriod.js and
// decreaseStreamRetentionPeriod.js). The maximum is 8,760 hours (API reference, IncreaseStreamRetentionPeriod).
func (s *Service) increaseRetention(body []byte) ([]byte, *refusal) {
	return s.setRetention(body, func(d *description, hours int) *refusal {
		if hours < d.RetentionHours {
			return invalid("Requested retention period (%d hours) for stream %s can not be shorter than existing retention period (%d hours). "+
				"Use DecreaseRetentionPeriod API.", hours, d.Name, d.RetentionHours)
		}
		return nil
	})
}

// decreaseRetention keeps records for a shorter time: older ones can no longer be read (API reference,
// DecreaseStreamRetentionPeriod).
func (s *Service) decreaseRetention(body []byte) ([]byte, *refusal) {
	return s.setRetention(body, func(d *description, hours int) *refusal {
		if hours > d.RetentionHours {
			return invalid("Requested retention period (%d hours) for stream %s can not be longer than existing retention period (%d hours). "+
				"Use IncreaseRetentionPeriod API.", hours, d.Name, d.RetentionHours)
		}
		return nil
	})
}

func (s *Service) setRetention(body []byte, check func(d *description, hours int) *refusal) ([]byte, *refusal) {
	in, problem := decode(body, retentionInput, streamNeeded)
	if problem != nil {
		return nil, problem
	}
	hours := int(in.integer("RetentionPeriodHours"))
	return s.change(in, func(d *description) *refusal {
		if least := int(quota.MinRetention / time.Hour); hours < least {
			return invalid("Minimum allowed retention period is %d hours. Requested retention period (%d hours) is too short.", least, hours)
		}
		if most := int(quota.MaxRetention / time.Hour); hours > most {
			return invalid("Maximum allowed retention period is %d hours. Requested retention period (%d hours) is too long.", most, hours)
		}
		if problem := check(d, hours); problem != nil {
			return problem
		}
		d.RetentionHours = hours
		return nil
	})
}
