package firehose

import "io"

// SetRandom replaces the source of random bytes in names.
func SetRandom(d *DeliveryStream, random io.Reader) { d.random = random }
