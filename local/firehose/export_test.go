package firehose

import "io"

// SetRandom replaces the source of random bytes in names.
func SetRandom(d *DeliveryStream, random io.Reader) { d.random = random }

// SetMost sets how many bytes all buffers together may hold.
func SetMost(d *DeliveryStream, bytes int) { d.most = bytes }
