// Package athena declares a workgroup, by which a query's cost is bounded and its result encrypted, with queries to begin
// with.
package athena

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/athenanamedquery"
	workgroup "github.com/cdktf/cdktf-provider-aws-go/aws/v19/athenaworkgroup"

	"cdk.tf/go/ingest/modules/internal/tf"
)

// Config of a workgroup.
type Config struct {
	Name        string
	Description string
	// ResultBucket is the name of the bucket of results, and Account the id of the one that must own it.
	ResultBucket string
	Account      string
	// KeyARN of the key that encrypts results; empty for S3's own.
	KeyARN string
	// ScanLimitMiB ends a query that reads more.
	ScanLimitMiB int
	Queries      []Query
}

// Query is one that is found by its name.
type Query struct {
	// ID is its construct's: no "_".
	ID          string
	Name        string
	Description string
	// Database that the query's tables are in.
	Database string
	SQL      string
}

// Workgroup is what was made.
type Workgroup struct {
	Name string
}

// New declares the workgroup and its queries. A destroy takes it with its history and the queries that others saved in it:
// Athena refuses to delete one that has either, so that it could not be taken away any more once somebody has asked anything.
func New(scope constructs.Construct, id string, cfg Config) *Workgroup {
	c := constructs.NewConstruct(scope, jsii.String(id))
	group := tf.New(c, "Default", workgroup.NewAthenaWorkgroup, &workgroup.AthenaWorkgroupConfig{
		Name:          jsii.String(cfg.Name),
		Description:   jsii.String(cfg.Description),
		State:         jsii.String("ENABLED"),
		ForceDestroy:  jsii.Bool(true),
		Configuration: configuration(cfg),
	})
	for _, query := range cfg.Queries {
		tf.New(c, query.ID, athenanamedquery.NewAthenaNamedQuery, &athenanamedquery.AthenaNamedQueryConfig{
			Name:        jsii.String(query.Name),
			Description: jsii.String(query.Description),
			Workgroup:   group.Name(),
			Database:    jsii.String(query.Database),
			Query:       jsii.String(tf.Literal(query.SQL)),
		})
	}
	return &Workgroup{Name: *group.Name()}
}

// configuration is enforced: without that a client may name a bucket of its own for a result, and have it unencrypted.
func configuration(cfg Config) *workgroup.AthenaWorkgroupConfiguration {
	encryption := &workgroup.AthenaWorkgroupConfigurationResultConfigurationEncryptionConfiguration{EncryptionOption: jsii.String("SSE_S3")}
	if cfg.KeyARN != "" {
		encryption.EncryptionOption, encryption.KmsKeyArn = jsii.String("SSE_KMS"), jsii.String(cfg.KeyARN)
	}
	return &workgroup.AthenaWorkgroupConfiguration{
		EnforceWorkgroupConfiguration:   jsii.Bool(true),
		PublishCloudwatchMetricsEnabled: jsii.Bool(true),
		BytesScannedCutoffPerQuery:      jsii.Number(float64(cfg.ScanLimitMiB) * (1 << 20)),
		EngineVersion:                   &workgroup.AthenaWorkgroupConfigurationEngineVersion{SelectedEngineVersion: jsii.String("AUTO")},
		ResultConfiguration: &workgroup.AthenaWorkgroupConfigurationResultConfiguration{
			OutputLocation:          jsii.String("s3://" + cfg.ResultBucket + "/"),
			ExpectedBucketOwner:     jsii.String(cfg.Account),
			EncryptionConfiguration: encryption,
		},
	}
}
