package kinesis

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"
)

// Damage describes records of a shard that were in the file and could not be read.
type Damage struct {
	// After and Before are the sequence numbers of the readable records around them; empty if there is none.
	After  string `json:"after,omitempty"`
	Before string `json:"before,omitempty"`
	// File is the name of the damaged file, which is kept beside the stream's.
	File string `json:"file"`
	// FoundAt is when the damage was found.
	FoundAt time.Time `json:"foundAt"`
}

// resend is the remedy for lost records.
const resend = "send the events again whose sequence numbers lie between"

// String describes the lost records and the remedy.
func (d Damage) String() string {
	return fmt.Sprintf("records after %s and before %s could not be read; %s; the damaged file is kept as %s",
		cmp.Or(d.After, "the shard's first"), cmp.Or(d.Before, "the first of those since "+d.FoundAt.UTC().Format(time.RFC3339)), resend, d.File)
}

func (d Damage) text() []byte {
	text, _ := json.Marshal(d) // three texts and a time always encode
	return text
}

func readDamage(text []byte) (d Damage) {
	_ = json.Unmarshal(text, &d) // its checksum fits, so it is JSON
	return d
}

// mostSaid bounds how many damages of a shard are logged and shown. Of the others only the number is.
const mostSaid = 10

// sayDamage logs the damage of each shard that has not expired, at each start and when it is found.
func (s *Service) sayDamage() {
	for _, stream := range *s.streams.Load() {
		for _, shard := range stream.all() {
			for i, damage := range shard.damaged() {
				if i == mostSaid {
					s.log.Error("more records of this shard could not be read", "stream", stream.name, "shard", shard.id, "places", len(shard.damaged())-mostSaid)
					break
				}
				s.log.Error("records of this shard could not be read and are not delivered; those that follow them are",
					"stream", stream.name, "shard", shard.id, "after", damage.After, "before", damage.Before, "kept_as", damage.File,
					"found_at", damage.FoundAt, "remedy", resend)
			}
		}
	}
}

// damaged is the shard's damage.
func (s *shard) damaged() []Damage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.damage
}
