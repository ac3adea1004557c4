package spec

import (
	"fmt"

	"cdk.tf/go/ingest/internal/bucketname"
	"cdk.tf/go/ingest/internal/region"
)

// web checks the options of the hosted page. [Environment.Page] checks its files.
func (p *problems) web(e Environment) {
	const field = "Web.BucketName"
	if !e.Web.Hosted {
		byDefault := Default("").Web
		p.unused("Web.Hosted is false", "set Web.Hosted to true, or leave it out",
			option{"Web.Folder", isSet(e.Web.Folder, byDefault.Folder)},
			option{field, e.Web.BucketName != ""},
			option{"Web.PriceClass", isSet(e.Web.PriceClass, byDefault.PriceClass)})
		return
	}
	if name := e.Web.BucketName; name != "" {
		if remedy := ownBucketRemedy(name); remedy != "" {
			p.add(field, is(name), remedy)
		}
	}
	p.webRegion(e.Region)
	p.webBucket(field, e)
	p.webTags(len(e.Tags))
	oneOf(p, "Web.PriceClass", e.Web.PriceClass, PriceClass100, PriceClass200, PriceClassAll)
}

// noPage are the partitions where CloudFront's own domain, at which the page answers, is not known to serve it. In China you need your
// own domain and an ICP registration ("Getting Started with Amazon Web Services in China", "Amazon CloudFront"). GovCloud's partition
// has no CloudFront ("Distributed Load Testing on AWS", "Deploy in AWS GovCloud (US) Regions"). The European Sovereign Cloud got
// CloudFront in 2026 (aws/aws-sdk-cpp, release 1.11.936), and no public document says under which domain it serves.
var noPage = map[string]string{
	"aws-cn":     "in China CloudFront serves nothing under its own domain",
	"aws-us-gov": "GovCloud has no CloudFront",
	"aws-eusc":   "no public document names CloudFront's domain in the European Sovereign Cloud",
}

func (p *problems) webRegion(name string) {
	if reason := noPage[region.Partition(name)]; reason != "" {
		p.add("Web.Hosted", "is true and Region "+is(name), "set Web.Hosted to false and host the built page yourself: "+reason)
	}
}

// webBucket checks the name of the page's bucket.
func (p *problems) webBucket(field string, e Environment) {
	name := e.WebBucketName()
	if name == e.BucketName() {
		p.add(field, is(name)+", which is also the bucket of events", "use another: everything in the web page's bucket is public")
	}
	// Every valid environment name satisfies the other rules for the derived name.
	if suffix := bucketname.ReservedSuffix(name); e.Web.BucketName == "" && suffix != "" {
		p.add(field, fmt.Sprintf("would be %q", name), suffixRemedy(suffix))
	}
}

// maxWebTags leaves room for Project, Environment and ManagedBy within the 10 tags of an object (S3 user guide, "Categorizing
// your objects using tags"). The provider can leave its default tags out of an object, but since 5.89 it adds them with the
// next apply (hashicorp/terraform-provider-aws, issue 41747).
const maxWebTags = 7

func (p *problems) webTags(count int) {
	if count > maxWebTags && count <= maxTags {
		p.add("Tags", fmt.Sprintf("has %d entries while Web.Hosted is true", count), fmt.Sprintf(
			"use at most %d: each of the page's files gets three more, and an S3 object takes 10", maxWebTags))
	}
}

// ownBuckets returns the names of the buckets that the environment makes.
func (e Environment) ownBuckets() []string {
	names := []string{e.BucketName()}
	if e.Bucket.AccessLog {
		names = append(names, e.AccessLogBucketName())
	}
	if e.Query.Enabled {
		names = append(names, e.QueryBucketName())
	}
	if e.Web.Hosted {
		names = append(names, e.WebBucketName())
	}
	return names
}
