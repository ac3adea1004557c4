package spec

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestStreamRefused(t *testing.T) {
	capacity := func(c Capacity) func(e *Environment) { return func(e *Environment) { e.Stream.Capacity = c } }
	retention := func(d time.Duration) func(e *Environment) {
		return func(e *Environment) { e.Stream.Retention = d }
	}
	testRefusals(t, []refusal{
		{"mode", capacity(Capacity{Mode: "FIXED", Shards: -1}),
			[]string{`Stream.Capacity.Mode is "FIXED"; use "PROVISIONED" or "ON_DEMAND"`}},
		{"no shards", capacity(Provisioned(0)), []string{`Stream.Capacity.Shards is 0; use 1 to 10000`}},
		{"10,001 shards", capacity(Provisioned(10001)), []string{`Stream.Capacity.Shards is 10001; use 1 to 10000`}},
		{"shards on demand", capacity(Capacity{Mode: ModeOnDemand, Shards: 2}),
			[]string{`Stream.Capacity.Shards is 2; use 0: on demand Kinesis chooses the number`}},
		{"23 h", retention(23 * time.Hour), []string{`Stream.Retention is 23h0m0s; use whole hours, 24 to 8760`}},
		{"8,761 h", retention(8761 * time.Hour), []string{`Stream.Retention is 8761h0m0s; use whole hours, 24 to 8760`}},
		{"part of an hour", retention(24*time.Hour + time.Minute),
			[]string{`Stream.Retention is 24h1m0s; use whole hours, 24 to 8760`}},
	})
	testAcceptances(t, []acceptance{
		{"1 shard", capacity(Provisioned(1))},
		{"10,000 shards", capacity(Provisioned(10000))},
		{"on demand", capacity(OnDemand())},
		{"24 h", retention(24 * time.Hour)},
		{"8,760 h", retention(8760 * time.Hour)},
	})
}

func bucketNamed(name string) func(e *Environment) {
	return func(e *Environment) { e.Bucket.Name = name }
}

func TestBucketNameRefused(t *testing.T) {
	const shape = `use 3 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or a digit`
	var rows []refusal
	for _, row := range []struct{ name, remedy string }{
		{"ab", shape},
		{strings.Repeat("a", 64), shape},
		{"My-events", shape},
		{"my_events", shape},
		{"-events", shape},
		{"events-", shape},
		{"my events", shape},
		{"my..events", shape},
		{"192.168.5.4", shape},
		{"events\n", shape},
		{"my.events", `use "-" in place of ".": S3's TLS certificates do not match addresses of such names`},
		{"xn--events", `use another: S3 reserves names that begin with "xn--"`},
		{"sthree-events", `use another: S3 reserves names that begin with "sthree-"`},
		{"amzn-s3-demo-events", `use another: S3 reserves names that begin with "amzn-s3-demo-"`},
		{"events-s3alias", `use another: S3 reserves names that end with "-s3alias"`},
		{"events--ol-s3", `use another: S3 reserves names that end with "--ol-s3"`},
		{"events.mrap", `use another: S3 reserves names that end with ".mrap"`},
		{"events--x-s3", `use another: S3 reserves names that end with "--x-s3"`},
		{"events--table-s3", `use another: S3 reserves names that end with "--table-s3"`},
		{"events-111122223333-us-east-1-an", `use another: S3 reserves names that end with "-an"`},
	} {
		rows = append(rows, refusal{row.name, bucketNamed(row.name), []string{"Bucket.Name " + is(row.name) + "; " + row.remedy}})
	}
	testRefusals(t, rows)
}

func TestBucketNameAccepted(t *testing.T) {
	var rows []acceptance
	for _, name := range []string{"", "abc", strings.Repeat("a", 63), "1-events-2", "xn-events", "ev--ents", "milan", "events-s3"} {
		rows = append(rows, acceptance{name, bucketNamed(name)})
	}
	testAcceptances(t, rows)
}

func TestBucketDays(t *testing.T) {
	change := func(f func(b *Bucket)) func(e *Environment) { return func(e *Environment) { f(&e.Bucket) } }
	testRefusals(t, []refusal{
		{"negative expiry", change(func(b *Bucket) { b.ExpireAfterDays = -1 }),
			[]string{`Bucket.ExpireAfterDays is -1; use 0 to 36500`}},
		{"late expiry", change(func(b *Bucket) { b.ExpireAfterDays = 36501 }),
			[]string{`Bucket.ExpireAfterDays is 36501; use 0 to 36500`}},
		{"no expiry of versions", change(func(b *Bucket) { b.NoncurrentExpireAfterDays = 0 }),
			[]string{`Bucket.NoncurrentExpireAfterDays is 0; use 1 to 36500`}},
		{"late expiry of versions", change(func(b *Bucket) { b.NoncurrentExpireAfterDays = 36501 }),
			[]string{`Bucket.NoncurrentExpireAfterDays is 36501; use 1 to 36500`}},
		{"no end of uploads", change(func(b *Bucket) { b.AbortUploadsAfterDays = 0 }),
			[]string{`Bucket.AbortUploadsAfterDays is 0; use 1 to 36500`}},
		{"late end of uploads", change(func(b *Bucket) { b.AbortUploadsAfterDays = 36501 }),
			[]string{`Bucket.AbortUploadsAfterDays is 36501; use 1 to 36500`}},
	})
	testAcceptances(t, []acceptance{
		{"least", change(func(b *Bucket) {
			b.ExpireAfterDays, b.NoncurrentExpireAfterDays, b.AbortUploadsAfterDays = 1, 1, 1
		})},
		{"most", change(func(b *Bucket) {
			b.ExpireAfterDays, b.NoncurrentExpireAfterDays, b.AbortUploadsAfterDays = 36500, 36500, 36500
		})},
	})
}

func moved(expire int, transitions ...Transition) func(e *Environment) {
	return func(e *Environment) { e.Bucket.ExpireAfterDays, e.Bucket.Transitions = expire, transitions }
}

func TestTransitionsRefused(t *testing.T) {
	const classes = `; use "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER" or "DEEP_ARCHIVE"`
	testRefusals(t, []refusal{
		{"class", moved(0, Transition{1, "STANDARD"}), []string{`Bucket.Transitions[0].StorageClass is "STANDARD"` + classes}},
		{"a negative day", moved(0, Transition{-1, Glacier}), []string{`Bucket.Transitions[0].AfterDays is -1; use 0 to 36500`}},
		{"too many days", moved(0, Transition{36501, Glacier}), []string{`Bucket.Transitions[0].AfterDays is 36501; use 0 to 36500`}},
		{"0 days to STANDARD_IA", moved(0, Transition{0, StandardIA}), []string{`Bucket.Transitions[0].AfterDays is 0; use 30 to 36500`}},
		{"29 days to STANDARD_IA", moved(0, Transition{29, StandardIA}), []string{`Bucket.Transitions[0].AfterDays is 29; use 30 to 36500`}},
		{"29 days to ONEZONE_IA", moved(0, Transition{29, OneZoneIA}), []string{`Bucket.Transitions[0].AfterDays is 29; use 30 to 36500`}},
		{"same day", moved(0, Transition{30, GlacierIR}, Transition{30, Glacier}),
			[]string{`Bucket.Transitions[1].AfterDays is 30; use more than the 30 of the transition before it`}},
		{"earlier day", moved(0, Transition{90, GlacierIR}, Transition{30, Glacier}),
			[]string{`Bucket.Transitions[1].AfterDays is 30; use more than the 90 of the transition before it`}},
		{"up again", moved(0, Transition{30, Glacier}, Transition{90, StandardIA}),
			[]string{`Bucket.Transitions[1].StorageClass is "STANDARD_IA"; leave it out: S3 does not move objects to it from "GLACIER"`}},
		{"same class", moved(0, Transition{30, Glacier}, Transition{90, Glacier}),
			[]string{`Bucket.Transitions[1].StorageClass is "GLACIER"; leave it out: S3 does not move objects to it from "GLACIER"`}},
		{"the order's exception", moved(0, Transition{30, OneZoneIA}, Transition{90, GlacierIR}),
			[]string{`Bucket.Transitions[1].StorageClass is "GLACIER_IR"; leave it out: S3 does not move objects to it from "ONEZONE_IA"`}},
		{"archived 29 days after STANDARD_IA", moved(0, Transition{30, StandardIA}, Transition{59, Glacier}),
			[]string{`Bucket.Transitions[1].AfterDays is 59; use at least 60: S3 keeps objects in "STANDARD_IA" for 30 days before it archives them`}},
		{"archived 29 days after ONEZONE_IA", moved(0, Transition{40, OneZoneIA}, Transition{69, DeepArchive}),
			[]string{`Bucket.Transitions[1].AfterDays is 69; use at least 70: S3 keeps objects in "ONEZONE_IA" for 30 days before it archives them`}},
		{"archived by way of another", moved(0, Transition{30, StandardIA}, Transition{31, GlacierIR}, Transition{32, Glacier}),
			[]string{`Bucket.Transitions[2].AfterDays is 32; use at least 60: S3 keeps objects in "STANDARD_IA" for 30 days before it archives them`}},
		{"on the day of expiry", moved(90, Transition{30, GlacierIR}, Transition{90, Glacier}),
			[]string{`Bucket.Transitions[1].AfterDays is 90; use less than Bucket.ExpireAfterDays, which is 90`}},
		{"everything", moved(-1, Transition{90, DeepArchive}, Transition{1, "x"}, Transition{1, StandardIA}), []string{
			`Bucket.ExpireAfterDays is -1; use 0 to 36500`,
			`Bucket.Transitions[1].AfterDays is 1; use more than the 90 of the transition before it`,
			`Bucket.Transitions[1].StorageClass is "x"` + classes,
			`Bucket.Transitions[2].AfterDays is 1; use 30 to 36500`,
			`Bucket.Transitions[2].AfterDays is 1; use more than the 1 of the transition before it`,
			`Bucket.Transitions[2].StorageClass is "STANDARD_IA"; leave it out: S3 does not move objects to it from "DEEP_ARCHIVE"`,
		}},
	})
}

func TestTransitionsAccepted(t *testing.T) {
	testAcceptances(t, []acceptance{
		{"at once", moved(1, Transition{0, IntelligentTiering})},
		{"at once, and on", moved(0, Transition{0, GlacierIR}, Transition{1, DeepArchive})},
		{"36,500 days", moved(0, Transition{36500, Glacier})},
		{"30 days to STANDARD_IA", moved(0, Transition{30, StandardIA})},
		{"30 days to ONEZONE_IA", moved(0, Transition{30, OneZoneIA})},
		{"archived 30 days after", moved(0, Transition{30, StandardIA}, Transition{60, Glacier})},
		{"next class the next day", moved(0, Transition{1, IntelligentTiering}, Transition{2, GlacierIR}, Transition{3, Glacier}, Transition{4, DeepArchive})},
		{"the day before expiry", moved(91, Transition{30, GlacierIR}, Transition{90, Glacier})},
		{"all the way down", moved(1000, Transition{30, StandardIA}, Transition{40, IntelligentTiering}, Transition{60, OneZoneIA},
			Transition{120, Glacier}, Transition{365, DeepArchive})},
	})
}

func TestLogs(t *testing.T) {
	const periods = `; use 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653`
	offered := []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
	kept := func(days int) func(e *Environment) { return func(e *Environment) { e.Logs.RetentionDays = days } }
	var good []acceptance
	bad := []refusal{
		{"for ever", kept(0), []string{`Logs.RetentionDays is 0` + periods + `: 0 would keep logs forever`}},
		{"the execution log", func(e *Environment) { e.Logs.ExecutionRetentionDays = 2 }, []string{`Logs.ExecutionRetentionDays is 2` + periods}},
		{"execution", func(e *Environment) { e.Logs.Execution = "off" }, []string{`Logs.Execution is "off"; use "ERROR", "INFO" or "OFF"`}},
	}
	for days := 1; days <= 3654; days++ {
		if slices.Contains(offered, days) {
			good = append(good, acceptance{strconv.Itoa(days), kept(days)})
		} else if slices.Contains(offered, days-1) || slices.Contains(offered, days+1) {
			bad = append(bad, refusal{strconv.Itoa(days), kept(days), []string{`Logs.RetentionDays is ` + strconv.Itoa(days) + periods}})
		}
	}
	testRefusals(t, append(bad, refusal{"negative", kept(-1), []string{`Logs.RetentionDays is -1` + periods}}))
	testAcceptances(t, append(good,
		acceptance{"errors only", func(e *Environment) { e.Logs.Execution = LogErrors }},
		acceptance{"a shorter execution log", func(e *Environment) { e.Logs.ExecutionRetentionDays = 1 }},
		acceptance{"no execution log", func(e *Environment) { e.Logs.Execution = LogOff }},
	))
}
