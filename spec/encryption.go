package spec

// Encryption is how AWS encrypts the environment's data at rest. Without a customer key it uses keys of AWS: the AWS-managed key of
// Kinesis for the stream, and the keys of S3 and of CloudWatch Logs. With a customer key, a reader of the data also needs
// permission on the key, and CloudTrail records each use of the key.
type Encryption struct {
	// CustomerKey makes one KMS key, which KMS rotates every year. The key encrypts the stream, the bucket, the logs, and the
	// results of queries and the topic of alarms. A reader of the bucket needs kms:Decrypt on it through S3, and a reader of the
	// stream through Kinesis. KMS charges for a key by the month, and for its first two rotations and its requests.
	//
	// If you turn it on, Terraform changes everything in place. If you turn it off, the pipeline loses its permissions on the
	// key, and Firehose does not deliver records that are still in the stream. So wait until Firehose has delivered everything.
	// Terraform keeps the key itself and no longer manages it. With [Disposable] it deletes the key: you can then read nothing
	// that the key encrypted, and when the deletion window ends the data is lost.
	//
	// It is not available in the European Sovereign Cloud.
	CustomerKey bool
	// DeletionWindowDays is the number of days in which you can restore a destroyed key, and with it the data that it encrypted: 7 to
	// 30.
	DeletionWindowDays int
}
