// Package athena declares a workgroup with saved queries. The workgroup limits a query's cost and encrypts its result.
package athena

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/athenanamedquery"
	workgroup "github.com/cdktf/cdktf-provider-aws-go/aws/v19/athenaworkgroup"

	"cdk.tf/go/ingest/internal/tftext"
	"cdk.tf/go/ingest/modules/internal/tf"
)

// Config of a workgroup.
type Config struct {
	Name        string
	Description string
	// ResultBucket is the name of the bucket of results. Account is the id of the account that must own it.
	ResultBucket string
	Account      string
	// KeyARN of the key that encrypts results; empty for S3's own.
	KeyARN string
	// ScanLimitMiB is the most that a query may read. Athena ends a query that reads more.
	ScanLimitMiB int
	Queries      []Query
}

// Query is a saved query.
type Query struct {
	// ID is the construct's id, which may not contain "_".
	ID          string
	Name        string
	Description string
	// Database of the query's tables.
	Database string
	SQL      string
}

// Workgroup is the declared workgroup.
type Workgroup struct {
	Name string
}

// New declares the workgroup and its queries. A destroy also deletes its history and the queries that others saved in it. Otherwise
// Athena would refuse to delete the workgroup once somebody had used it.
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
			Query:       jsii.String(tftext.Escape(query.SQL)),
		})
	}
	return &Workgroup{Name: *group.Name()}
}

// configuration is enforced. Otherwise a client could choose another bucket for a result, without encryption.
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
