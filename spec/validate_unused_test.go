package spec

import (
	"testing"
	"time"
)

func TestUnusedRefused(t *testing.T) {
	const (
		query    = ` is set and Query.Enabled is false; set Query.Enabled to true, or leave it out`
		key      = ` is set and Encryption.CustomerKey is false; set Encryption.CustomerKey to true, or leave it out`
		firewall = ` is set and Firewall.Enabled is false; set Firewall.Enabled to true, or leave it out`
		log      = ` is set and Bucket.AccessLog is false; set Bucket.AccessLog to true, or leave it out`
		web      = ` is set and Web.Hosted is false; set Web.Hosted to true, or leave it out`
		domain   = ` is set and API.Domain.Name is empty; set API.Domain.Name, or leave it out`
		alarms   = ` is set and Alarms.Enabled is false; set Alarms.Enabled to true, or leave it out`
		json     = ` is set and Delivery.Format is JSON; set Delivery.Format to FormatParquet, or leave it out`
		parquet  = ` is set and Delivery.Format is Parquet; set the one of Delivery.Parquet, which holds there, or leave it out`
		columns  = `Delivery.Format is "Parquet" without columns; set Query.Enabled = true and Query.Columns: Firehose takes the columns of a Parquet file from the Glue table`
	)
	testRefusals(t, []refusal{
		{"columns of no table", func(e *Environment) { e.Query.Columns = []Column{{Name: "type", Type: "string"}} }, []string{"Query.Columns" + query}},
		{"everything of no query, however bad", func(e *Environment) {
			e.Query = Query{Columns: []Column{{}}, Since: 1, ScanLimitMiB: 1, ResultBucket: "?", ResultExpireAfterDays: -1}
		}, []string{"Query.Columns" + query, "Query.Since" + query, "Query.ScanLimitMiB" + query, "Query.ResultBucket" + query, "Query.ResultExpireAfterDays" + query}},
		{"Parquet without a query says what it needs, and no more", func(e *Environment) {
			e.Delivery.Format, e.Query.Columns = FormatParquet, []Column{{Name: "type", Type: "string"}}
		}, []string{columns}},
		{"buffers of Parquet for JSON", func(e *Environment) {
			e.Delivery.Parquet = Parquet{BufferInterval: time.Minute, BufferMiB: 64, Compression: ParquetGZIP}
		}, []string{"Delivery.Parquet.BufferInterval" + json, "Delivery.Parquet.BufferMiB" + json, "Delivery.Parquet.Compression" + json}},
		{"buffers of JSON for Parquet", queried(func(e *Environment) {
			e.Delivery.Format, e.Query.Columns = FormatParquet, []Column{{Name: "type", Type: "string"}}
			e.Delivery.BufferInterval, e.Delivery.BufferMiB = 300*time.Second, 128
		}), []string{"Delivery.BufferInterval" + parquet, "Delivery.BufferMiB" + parquet}},
		{"window of no key", func(e *Environment) { e.Encryption.DeletionWindowDays = 7 }, []string{"Encryption.DeletionWindowDays" + key}},
		{"everything of no firewall", func(e *Environment) { e.Firewall = Firewall{RateLimit: 100, MaxBodyBytes: 1, Count: []string{"?"}} },
			[]string{"Firewall.RateLimit" + firewall, "Firewall.MaxBodyBytes" + firewall, "Firewall.Count" + firewall}},
		{"everything of no log", func(e *Environment) { e.Bucket.AccessLogName, e.Bucket.AccessLogExpireAfterDays = "my-log", 30 },
			[]string{"Bucket.AccessLogName" + log, "Bucket.AccessLogExpireAfterDays" + log}},
		{"everything of no page", func(e *Environment) { e.Web = Web{Folder: "page", BucketName: "page", PriceClass: PriceClassAll} },
			[]string{"Web.Folder" + web, "Web.BucketName" + web, "Web.PriceClass" + web}},
		{"everything of no domain", func(e *Environment) {
			e.API.Domain = Domain{ZoneID: "?", CertificateARN: "?", MutualTLS: MutualTLS{TruststoreVersion: "1"}, DisableDefaultEndpoint: true}
		}, []string{"API.Domain.ZoneID" + domain, "API.Domain.CertificateARN" + domain, "API.Domain.MutualTLS" + domain, "API.Domain.DisableDefaultEndpoint" + domain}},
		{"everything of no alarms", func(e *Environment) {
			e.Alarms = Alarms{Emails: []string{"?"}, TopicARN: "?", RunbookURL: "?", LatencyP99: time.Minute, RefusedPercent: 100}
		}, []string{"Alarms.Emails" + alarms, "Alarms.TopicARN" + alarms, "Alarms.RunbookURL" + alarms, "Alarms.LatencyP99" + alarms, "Alarms.RefusedPercent" + alarms}},
		{"what a dashboard does not draw", func(e *Environment) { e.Alarms.Dashboard, e.Alarms.RefusedPercent = true, 10 },
			[]string{"Alarms.RefusedPercent" + alarms}},
	})
}

// You can turn a switch without touching its options, and a literal can leave them out.
func TestUnusedAccepted(t *testing.T) {
	testAcceptances(t, []acceptance{
		{"parts without anything", func(e *Environment) {
			e.Query, e.Encryption, e.Firewall, e.Web, e.Alarms, e.Delivery.Parquet = Query{}, Encryption{}, Firewall{}, Web{}, Alarms{}, Parquet{}
			e.Bucket.AccessLogExpireAfterDays = 0
		}},
		{"an empty list", func(e *Environment) {
			e.Query.Columns, e.Firewall.Count, e.Alarms.Emails = []Column{}, []string{}, []string{}
		}},
	})
	on := Default("dev")
	on.Query.Enabled, on.Encryption.CustomerKey, on.Firewall.Enabled = true, true, true
	on.Bucket.AccessLog, on.Web.Hosted, on.Alarms.Enabled, on.Alarms.Dashboard = true, true, true, true
	for name, off := range map[string]func(e *Environment){
		"nothing":   func(*Environment) {},
		"query":     func(e *Environment) { e.Query.Enabled = false },
		"key":       func(e *Environment) { e.Encryption.CustomerKey = false },
		"firewall":  func(e *Environment) { e.Firewall.Enabled = false },
		"log":       func(e *Environment) { e.Bucket.AccessLog = false },
		"page":      func(e *Environment) { e.Web.Hosted = false },
		"alarms":    func(e *Environment) { e.Alarms.Enabled = false },
		"dashboard": func(e *Environment) { e.Alarms.Dashboard = false },
	} {
		t.Run(name+" off", func(t *testing.T) {
			env := on
			off(&env)
			checkError(t, env.Validate(), "")
		})
	}
}
