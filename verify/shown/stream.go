package shown

import (
	"fmt"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cdk.tf/go/ingest/internal/quota"
)

// streamProbes are about what Kinesis does with an event.
func streamProbes() []Probe {
	return []Probe{
		{ID: "KIN-1", Name: "an event and its sequence number", Writes: true, Request: posts(example), Expect: sequence},
		{
			ID: "KIN-6", Name: "a body of 1 MiB, which is too large with its partition key", Needs: all(withoutFirewall, withoutEnvelope),
			Lacks:   "needs records that are the body, and no firewall, which blocks such a body",
			Request: posts(func(p Pipeline) []byte { return padded(p, quota.MaxRecordBytes) }),
			Expect: expects(status(http.StatusBadRequest), says("message", "the stream refused the event"), expectation{"Kinesis's reason", func(a Answer) bool {
				return a.field("reason") != ""
			}}),
		},
	}
}

func withoutEnvelope(p Pipeline) bool { return !p.Envelope }

// sequence checks that a sequence number is composed as assumption KIN-1 says.
func sequence(_ Pipeline, a Answer) error {
	if err := meet(a, status(http.StatusOK)); err != nil {
		return err
	}
	shard, err := strconv.ParseUint(strings.TrimPrefix(a.field("shardId"), "shardId-"), 10, 32)
	if err != nil {
		return fmt.Errorf("want a shardId with its number, got %s", a)
	}
	text := a.field("sequenceNumber")
	number, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return fmt.Errorf("want a sequenceNumber in decimal digits, got %s", a)
	}
	// From the left: 2, the shard's creation (9 digits), the shard, the index (16), 00, the arrival (9), the shard (8), 2.
	digits := number.Text(16)
	if len(digits) != 47 {
		return fmt.Errorf("want a sequenceNumber of 47 hexadecimal digits, got %d of %s", len(digits), text)
	}
	want := fmt.Sprintf("2 … %x … 00 … %08x 2", shard%16, shard)
	if got := fmt.Sprintf("%s … %s … %s … %s %s", digits[:1], digits[10:11], digits[27:29], digits[38:46], digits[46:]); got != want {
		return fmt.Errorf("want the hexadecimal digits %s of sequenceNumber, got %s of %s", want, got, text)
	}
	created, _ := strconv.ParseInt(digits[1:10], 16, 64) // they are hexadecimal digits
	arrived, _ := strconv.ParseInt(digits[29:38], 16, 64)
	answered, err := http.ParseTime(a.Header.Get("Date"))
	if err != nil {
		return fmt.Errorf("want a header Date, got %q", a.Header.Get("Date"))
	}
	if off := answered.Sub(time.Unix(arrived, 0)); created > arrived || off.Abs() > time.Minute {
		return fmt.Errorf("want the arrival in sequenceNumber after the shard's creation and within a minute of %s, got %s, created %s",
			answered.UTC().Format(time.RFC3339), time.Unix(arrived, 0).UTC().Format(time.RFC3339), time.Unix(created, 0).UTC().Format(time.RFC3339))
	}
	return nil
}
