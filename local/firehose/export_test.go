package firehose

import "io"

// SetRandom replaces where names' randomness comes from.
func SetRandom(d *DeliveryStream, random io.Reader) { d.random = random }
