package firehose

import "io"

// Zones are the time zones that Firehose takes.
var Zones = zones

// SetRandom replaces where names' randomness comes from.
func SetRandom(d *DeliveryStream, random io.Reader) { d.random = random }
