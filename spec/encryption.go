package spec

// Encryption is how the environment's data is encrypted at rest. It always is: in the stream with the AWS-managed key of
// Kinesis, in the bucket with S3's own keys, in the logs with those of CloudWatch Logs. A customer key makes the access to
// the data a second question, of who may use the key, and each use of it a line in CloudTrail.
type Encryption struct {
	// CustomerKey makes one KMS key, rotated every year, and encrypts the stream, the bucket and the log groups with it.
	// Whoever reads the bucket needs kms:Decrypt on it by way of S3, and whoever reads the stream by way of Kinesis.
	//
	// Turning it on changes everything in place. Turning it off takes away what the pipeline may do with the key, so that
	// records of the stream that have it are not delivered. Terraform lets go of the key itself and does not delete it, but for
	// [Disposable]: there what it has encrypted cannot be read from that apply on, and is lost when the deletion window ends.
	CustomerKey bool
	// DeletionWindowDays is how long a destroyed key can be brought back, and with it all that it encrypted: 7 to 30.
	DeletionWindowDays int
}
