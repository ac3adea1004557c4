package s3

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3object"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/internal/tf"
)

// Object of a bucket: a file, or a text that is complete after an apply.
type Object struct {
	Key          string
	ContentType  string
	CacheControl string
	// Source is the file, relative to the stack's folder. SourceHash changes with the file's content.
	Source     string
	SourceHash string
	// Content is the text if there is no file. It may contain references.
	Content string
	// DependsOn are the resources that must exist before the object.
	DependsOn []cdktf.ITerraformDependable
}

// Put declares an object in the bucket.
func (b *Bucket) Put(object Object) cdktf.ITerraformDependable {
	config := &s3object.S3ObjectConfig{
		Bucket:       jsii.String(b.Name),
		Key:          jsii.String(object.Key),
		ContentType:  jsii.String(object.ContentType),
		CacheControl: jsii.String(object.CacheControl),
		// So that each object has a version, by which Terraform can delete it.
		DependsOn: tf.DependsOn(append(object.DependsOn, b.versioning)),
	}
	if object.Source != "" {
		config.Source, config.SourceHash = jsii.String(object.Source), jsii.String(object.SourceHash)
	} else {
		config.Content = jsii.String(object.Content)
	}
	return tf.New(b.c, objectID(object.Key), s3object.NewS3Object, config)
}

var notInID = regexp.MustCompile(`[^A-Za-z0-9]+`)

// objectID is a construct's id for a key: the characters that an id may contain, and a digest, because two keys may have the same
// such characters. It depends only on the key: two resources for one key, an old and a new one, would delete each other's object.
func objectID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return strings.Trim(notInID.ReplaceAllString(key, "-"), "-") + "-" + hex.EncodeToString(sum[:3])
}
