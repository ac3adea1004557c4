package firehose

import "io"

// Zones are the time zones that Firehose accepts.
var Zones = zones

// SetRandom replaces the source of random bytes in names.
func SetRandom(d *DeliveryStream, random io.Reader) { d.random = random }
