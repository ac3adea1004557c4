package local

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"cdk.tf/go/ingest/local/apigateway"
	"cdk.tf/go/ingest/local/cloudwatch"
	"cdk.tf/go/ingest/local/faults"
	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/local/kinesis"
)

// sayStarted prints the pipeline's addresses and folders, and how to try it.
// It writes once, so that nobody who waits for a line of it reads a part.
func (p *Pipeline) sayStarted() {
	var said strings.Builder
	p.describe(&said)
	_, _ = io.WriteString(p.opts.Out, said.String()) // the pipeline runs, whether or not somebody reads this
}

func (p *Pipeline) describe(out io.Writer) {
	fmt.Fprintf(out, "%s runs on this machine, as %s declares it\n", p.declared.api.Name, p.opts.Stack)
	fmt.Fprintf(out, "  API       %s\n", p.submitURL())
	if p.opts.Web != nil {
		fmt.Fprintf(out, "  web page  %s/\n", p.apiBase())
	} else {
		fmt.Fprintln(out, "  web page  not built; run make webapp to build it")
	}
	fmt.Fprintf(out, "  AWS       http://%s (Kinesis, S3 and CloudWatch, for aws --endpoint-url and any SDK)\n", reachable(p.awsServer.listener.Addr()))
	for _, delivery := range p.declared.deliveries {
		fmt.Fprintf(out, "  events    %s, every %s or %d MiB\n", filepath.Join(p.bucketsDir(), delivery.Bucket), delivery.BufferInterval, delivery.BufferMiB)
	}
	if p.access != nil {
		fmt.Fprintf(out, "  logs      %s\n", p.logsDir())
	}
	if n := len(p.declared.alarms); n > 0 {
		fmt.Fprintf(out, "  alarms    %d, evaluated each minute; ingest drill sets one off\n", n)
	}
	fmt.Fprintf(out, "differences from AWS:\n  - %s\n", strings.Join(p.declared.notices(), "\n  - "))
	if warnings := p.declared.warnings(); len(warnings) > 0 {
		fmt.Fprintf(out, "AWS accepts these settings, but they are probably not what you mean:\n  - %s\n", strings.Join(warnings, "\n  - "))
	}
	if curl := p.output("curl"); curl != "" {
		fmt.Fprintf(out, "\ntry it:\n")
		for _, command := range p.commands() {
			fmt.Fprintf(out, "  %s\n", strings.ReplaceAll(command, "\n", "\n  "))
		}
		fmt.Fprintf(out, "%s\n", p.secrets(curl))
	}
	if tables := p.tables(); len(tables) > 0 {
		fmt.Fprintln(out, "query the delivered events:")
		for _, table := range tables {
			fmt.Fprintf(out, "  duckdb -c \"select * from read_json('%s')\"\n", table)
		}
		fmt.Fprintln(out)
	}
	if p.opts.Unlimited {
		fmt.Fprintln(out, "rate limits are off (--unlimited)")
	}
}

// commands are those that submit an event: the output curl, and the outputs curl_TYPE of the event types. An indentation of their
// lines changes nothing.
func (p *Pipeline) commands() []string {
	var found []string
	outputs := p.outputs()
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		if command, ok := outputs[name].(string); ok && (name == "curl" || strings.HasPrefix(name, "curl_")) {
			found = append(found, command)
		}
	}
	return found
}

// tables are the files of the stack's Glue tables, as patterns.
func (p *Pipeline) tables() []string {
	var patterns []string
	for _, r := range p.declared.stack.Resources("aws_glue_catalog_table") {
		storage, err := r.Blocks("storage_descriptor")
		if err != nil || len(storage) != 1 {
			continue // a table that was written by hand; nothing here reads it
		}
		location, _ := storage[0]["location"].(string)
		if place, ok := strings.CutPrefix(location, "s3://"); ok {
			patterns = append(patterns, filepath.Join(p.bucketsDir(), filepath.FromSlash(place), "**", "*"))
		}
	}
	return patterns
}

// defaultKey is the default of --access-key. It is not a secret.
const defaultKey = "test"

// secrets returns the shell variables that the curl command needs, a line each.
func (p *Pipeline) secrets(curl string) string {
	var said strings.Builder
	if strings.Contains(curl, "$AWS_ACCESS_KEY_ID") {
		for _, id := range slices.Sorted(maps.Keys(p.opts.AccessKeys)) {
			secret := p.opts.AccessKeys[id]
			if secret != defaultKey {
				secret = "… (--access-key)"
			}
			fmt.Fprintf(&said, "with AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s\n", id, secret)
		}
	}
	if strings.Contains(curl, "$API_KEY") {
		keys := p.declared.api.Keys()
		for _, name := range slices.Sorted(maps.Keys(keys)) {
			fmt.Fprintf(&said, "with API_KEY=%s for %s\n", keys[name], name)
		}
	}
	if strings.Contains(curl, "$CLIENT_CERT") {
		fmt.Fprintln(&said, "without --cert and --key: nothing here asks for a certificate")
	}
	if strings.Contains(curl, "$TOKEN") {
		fmt.Fprintln(&said, "with or without TOKEN: nothing here verifies it")
	}
	return said.String()
}

// outputs are the stack's outputs, with the local address instead of the API's domains.
func (p *Pipeline) outputs() map[string]any {
	values := map[string]any{}
	for _, output := range p.declared.stack.Outputs() {
		values[output.Name] = p.atLocalAddress(output.Value)
	}
	return values
}

// atLocalAddress replaces the API's domains in a text, or in texts by name.
func (p *Pipeline) atLocalAddress(value any) any {
	var replace []string
	for _, domain := range p.declared.api.Domains() {
		replace = append(replace, domain.URL+"/", strings.TrimSuffix(p.apiBase()+"/"+domain.Stage, "/")+"/")
	}
	return moved(value, strings.NewReplacer(replace...))
}

// atHost replaces the API's own address by the one that a client has used, in a text or in texts by name. In a container or on another
// machine, 127.0.0.1 would be the client itself, and a page of localhost has another origin than 127.0.0.1.
func (p *Pipeline) atHost(host string, value any) any {
	return moved(value, strings.NewReplacer(p.apiBase()+"/", "http://"+host+"/"))
}

// moved replaces addresses in a text, or in texts by name.
func moved(value any, addresses *strings.Replacer) any {
	switch value := value.(type) {
	case string:
		return addresses.Replace(value)
	case map[string]any:
		all := map[string]any{}
		for name, below := range value {
			all[name] = moved(below, addresses)
		}
		return all
	}
	return value
}

// awsURLFrom is the URL of the AWS endpoint for a client that has reached the API at a host. It has the host's name where the endpoint
// listens at the API's own IP address, or at all.
func (p *Pipeline) awsURLFrom(host string) string {
	api, aws := p.apiServer.listener.Addr().(*net.TCPAddr), p.awsServer.listener.Addr().(*net.TCPAddr)
	if !aws.IP.Equal(api.IP) && !aws.IP.IsUnspecified() {
		return "http://" + aws.String()
	}
	name := (&url.URL{Host: host}).Hostname()
	return "http://" + net.JoinHostPort(name, strconv.Itoa(aws.Port))
}

// output is an output by name, or "": a stack written by hand may not have it.
func (p *Pipeline) output(name string) string {
	text, _ := p.outputs()[name].(string)
	return text
}

// submitURL is the URL for events, or the API's URL if the stack has no such output.
func (p *Pipeline) submitURL() string {
	return cmp.Or(p.output("submit_url"), p.apiBase()+"/"+strings.Join(p.declared.api.Stages(), ","))
}

func (p *Pipeline) sayDelivered(object firehose.Object) {
	records := "records"
	if object.Records == 1 {
		records = "record"
	}
	path := filepath.Join(p.bucketsDir(), object.Bucket, filepath.FromSlash(object.Key))
	if object.ErrorType != "" {
		fmt.Fprintf(p.opts.Out, "not delivered (%s): %d %s, %d bytes: %s\n", object.ErrorType, object.Records, records, object.Bytes, path)
		return
	}
	fmt.Fprintf(p.opts.Out, "delivered %d %s, %d bytes: %s\n", object.Records, records, object.Bytes, path)
}

// Status counts what passed through each part of the pipeline since the start. It leaves out streams of the data folder that the
// stack does not declare.
type Status struct {
	Stack     string    `json:"stack"`
	StartedAt time.Time `json:"startedAt"`
	// Data is the data folder's absolute path.
	Data       string            `json:"data"`
	Now        time.Time         `json:"now"`
	SubmitURL  string            `json:"submitUrl"`
	API        apigateway.Status `json:"api"`
	Streams    kinesis.Status    `json:"streams"`
	Deliveries []firehose.Status `json:"deliveries"`
	// Alarms are the declared alarms.
	Alarms []cloudwatch.AlarmStatus `json:"alarms"`
	// Faults are those that a drill has caused and that are in force.
	Faults []faults.Fault `json:"faults"`
}

// dataFolder is the data folder's absolute path, or the given one where the working folder is gone.
func (p *Pipeline) dataFolder() string {
	if data, err := filepath.Abs(p.opts.Data); err == nil {
		return data
	}
	return p.opts.Data
}

func (p *Pipeline) status() Status {
	s := Status{
		Stack: p.opts.Stack, Data: p.dataFolder(), StartedAt: p.started, Now: p.opts.Clock.Now(), SubmitURL: p.submitURL(),
		API: p.api.Status(), Streams: p.streams.Status(), Deliveries: []firehose.Status{}, Alarms: p.alarms.Status(), Faults: p.faults.List(),
	}
	s.Streams.Streams = slices.DeleteFunc(s.Streams.Streams, func(stream kinesis.StreamStatus) bool { return !p.declares(stream.Name) })
	for _, delivery := range p.deliveries {
		s.Deliveries = append(s.Deliveries, delivery.Status())
	}
	return s
}
