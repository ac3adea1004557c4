// Package local runs a synthesised stack on one machine, without an AWS account.
//
// It reads only the stack's JSON, resolved as after an apply, so an edit of the JSON changes what runs. Its packages mirror modules/:
// apigateway, kinesis, firehose, s3, iam, cloudwatch. A pipeline opens its parts from the bucket to the API, so it accepts no event
// before it can deliver it. It closes them in the reverse order.
package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/apigateway"
	"cdk.tf/go/ingest/local/apigateway/events"
	"cdk.tf/go/ingest/local/browse"
	"cdk.tf/go/ingest/local/cloudwatch"
	"cdk.tf/go/ingest/local/durable"
	"cdk.tf/go/ingest/local/faults"
	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/local/iam"
	"cdk.tf/go/ingest/local/kinesis"
	"cdk.tf/go/ingest/local/s3"
)

// Options of a pipeline.
type Options struct {
	// Stack is the path of a synthesised stack.
	Stack string
	// API and AWS are the addresses to listen on, such as "127.0.0.1:8080"; port 0 takes a free one.
	API, AWS string
	// AllowHosts are names and IP addresses of both addresses beside their own, such as "events.lan"; ".events.lan" is that name
	// and all below it. A request for another name is refused.
	AllowHosts []string
	// Data is the folder of everything that outlives the process. Only one process may use it at a time.
	Data string
	// BufferInterval replaces the delivery streams' intervals, so you need not wait a minute for an object; nil keeps theirs.
	BufferInterval *time.Duration
	// Unlimited turns every rate limit off: the stage's, the usage plans' and the shards'.
	Unlimited bool
	// AllowUnverified lets requests pass although these cannot be verified here: authorizers (Cognito, Lambda), the callers'
	// origin, and client certificates.
	AllowUnverified bool
	// AccessKeys are the access keys that IAM authorisation accepts: secrets by key id.
	AccessKeys map[string]string
	// Web is the built web application, index.html at its top, served at "/"; nil serves none.
	Web   fs.FS
	Clock clockwork.Clock
	// Logger is for operators, Out for the person who started the pipeline.
	Logger *slog.Logger
	Out    io.Writer
}

// Pipeline is a running stack.
type Pipeline struct {
	opts       Options
	declared   *declaration
	started    time.Time
	api        *apigateway.API
	events     *events.List
	streams    *kinesis.Service
	buckets    *s3.Service
	deliveries []*firehose.DeliveryStream
	browser    *browse.Browser
	access     *cloudwatch.Group
	errorLogs  []*cloudwatch.Group // of the delivery streams
	callers    *callers
	faults     *faults.Set
	metrics    *cloudwatch.Metrics
	alarms     *cloudwatch.Watch
	// streamMetrics measure the declared streams, by name.
	streamMetrics map[string]*cloudwatch.StreamMetrics
	// notImitated remembers the refused operations that are logged.
	notImitated sayings
	apiServer   server
	awsServer   server
}

// server is a listener and its HTTP server.
type server struct {
	listener net.Listener
	http     *http.Server
}

// Open reads the stack, opens all that it declares, and listens; [Pipeline.Run] serves. Its error holds every problem of the stack. It
// is also an error if another process uses the data folder.
func Open(opts Options) (_ *Pipeline, err error) {
	p := &Pipeline{opts: opts, started: opts.Clock.Now()}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	if p.apiServer.listener, err = listen("--api", opts.API); err != nil {
		return nil, err
	}
	if p.awsServer.listener, err = listen("--aws", opts.AWS); err != nil {
		return nil, err
	}
	if p.declared, err = readStack(opts, p.apiBase()); err != nil {
		return nil, err
	}
	if opts.BufferInterval != nil {
		p.declared.deliverEvery(*opts.BufferInterval)
	}
	p.openFaults()
	for _, open := range []func() error{p.openStorage, p.openDelivery, p.openAPI, p.keepNames} {
		if err := open(); err != nil {
			return nil, inData(opts.Data, err)
		}
	}
	p.openBrowser()
	p.apiServer.http = p.newServer(forOwnNames(ownNames(opts.API, opts.AllowHosts), inWords, p.front()))
	p.apiServer.http.ReadTimeout = requestTime
	p.apiServer.listener = apigateway.KeepSpelling(p.apiServer.http, p.apiServer.listener)
	p.awsServer.http = p.newAWSServer(harmless(forOwnNames(ownNames(opts.AWS, opts.AllowHosts), asAWS, withoutOtherPages(asAWS, p.awsEndpoint()))))
	return p, nil
}

func listen(flag, address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s %s cannot be listened on (%w); name another address, such as %s 127.0.0.1:0 for a free port", flag, address, err, flag)
	}
	return listener, nil
}

func (p *Pipeline) apiBase() string { return "http://" + reachable(p.apiServer.listener.Addr()) }

// reachable is an address that a client on this machine can use: one that listens at all of the machine's IP addresses names none.
func reachable(address net.Addr) string {
	if at, ok := address.(*net.TCPAddr); ok && at.IP.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(at.Port))
	}
	return address.String()
}

// openStorage opens the stream first, because the lock of its file locks the data folder.
func (p *Pipeline) openStorage() (err error) {
	if err := os.MkdirAll(p.opts.Data, 0o755); durable.IsFull(err) {
		return err
	} else if err != nil {
		return dataError(p.opts.Data, err)
	}
	p.streams, err = kinesis.Open(kinesis.Options{
		Path: streamFile(p.opts.Data), Clock: p.opts.Clock, Logger: p.opts.Logger,
		Region: p.declared.region, Account: account, Partition: p.declared.partition, Unlimited: p.opts.Unlimited,
		NotImitated: p.sayNotImitated, Measures: p.streamMeasures(), Delay: p.slowWrite,
	})
	if err != nil {
		return err
	}
	if err := p.openMetrics(); err != nil {
		return err
	}
	for _, stream := range p.declared.streams {
		if err := p.streams.Declare(stream); err != nil {
			return err
		}
	}
	p.warnOfOthers()
	p.buckets, err = s3.Open(s3.Options{
		Dir: p.bucketsDir(), Clock: p.opts.Clock, Logger: p.opts.Logger, Region: p.declared.region, Account: account, NotImitated: p.sayNotImitated,
		ByHost: ownNames(p.opts.AWS, p.opts.AllowHosts).bucket,
	})
	if err != nil {
		return err
	}
	for _, bucket := range p.declared.buckets {
		if err := p.buckets.Declare(bucket); err != nil {
			return err
		}
	}
	return nil
}

// keepNames syncs the names of new folders and files to disk. Their packages sync the content, but without its name a power failure
// would lose it.
func (p *Pipeline) keepNames() error {
	data, err := filepath.Abs(p.opts.Data)
	if err != nil {
		return err
	}
	for _, path := range []string{filepath.Dir(data), data, p.bucketsDir()} {
		if err := durable.SyncFolder(path); err != nil {
			return err
		}
	}
	return nil
}

func (p *Pipeline) bucketsDir() string { return filepath.Join(p.opts.Data, "s3") }

func (p *Pipeline) checkpointsDir() string { return filepath.Join(p.opts.Data, "firehose") }

func (p *Pipeline) openDelivery() error {
	for _, cfg := range p.declared.deliveries {
		allow, err := p.deliveryRights(cfg)
		if err != nil {
			return err
		}
		delivery, err := firehose.Open(cfg, firehose.Options{
			Source: p.streams, Destination: p.buckets,
			Allow:      allow,
			Checkpoint: filepath.Join(p.checkpointsDir(), cfg.Name+".json"),
			Clock:      p.opts.Clock, Logger: p.opts.Logger,
			Errors:    p.openErrorLog(cfg),
			Delivered: p.sayDelivered,
			Measures:  cloudwatch.MeasureDelivery(p.metrics, p.streamMetrics[cfg.StreamName], cfg),
		})
		if err != nil {
			return err
		}
		p.deliveries = append(p.deliveries, delivery)
	}
	return nil
}

// openErrorLog opens the log group of a delivery stream's errors. A delivery does not depend on it.
func (p *Pipeline) openErrorLog(cfg firehose.Config) io.Writer {
	if cfg.LogGroup == "" {
		return nil
	}
	group, err := cloudwatch.Open(p.logsDir(), cfg.LogGroup, p.opts.Clock, p.opts.Logger)
	if err != nil {
		p.opts.Logger.Warn("the log group of the delivery stream's errors cannot be opened: events are delivered, and its lines are dropped",
			"delivery_stream", cfg.Name, "log_group", cfg.LogGroup, "error", err)
		return nil
	}
	p.errorLogs = append(p.errorLogs, group)
	return group
}

// openBrowser opens what shows the stream and the bucket.
func (p *Pipeline) openBrowser() {
	opts := browse.Options{Streams: p.streams, Buckets: p.buckets, Clock: p.opts.Clock, Busy: func() bool { return p.api.Status().InFlight > 0 }}
	for _, stream := range p.declared.streams {
		opts.Names = append(opts.Names, stream.Name)
	}
	for i, delivery := range p.deliveries {
		cfg := p.declared.deliveries[i]
		opts.Deliveries = append(opts.Deliveries, browse.Delivery{DeliveryStream: delivery, Stream: cfg.StreamName, Bucket: cfg.Bucket, Delimiter: cfg.Delimiter})
	}
	p.browser = browse.New(opts)
}

// deliveryRights assumes a delivery stream's roles. One reads the stream and one writes the bucket; often they are the same.
func (p *Pipeline) deliveryRights(cfg firehose.Config) (func(action, resource string) error, error) {
	sessions := map[string]*iam.Session{}
	for _, role := range []string{cfg.RoleARN, cfg.SourceRoleARN} {
		session, err := p.declared.roles.Assume(role, "firehose.amazonaws.com", map[string]string{"sts:ExternalId": account})
		if err != nil {
			return nil, fmt.Errorf("the delivery stream %s cannot assume its role: %w", cfg.Name, withRemedy(err))
		}
		sessions[role] = session
	}
	return func(action, resource string) error {
		role := cfg.RoleARN
		if strings.HasPrefix(action, "kinesis:") {
			role = cfg.SourceRoleARN
		}
		if err := p.faultOfDelivery(sessions[role], cfg, action, resource); err != nil {
			return err
		}
		return withRemedy(p.declared.keys.deliver(sessions[role], cfg, action, resource))
	}, nil
}

func (p *Pipeline) openAPI() (err error) {
	p.callers = &callers{roles: p.declared.roles, keys: p.declared.keys, streams: p.streams, faults: p.faults, logger: p.opts.Logger}
	accessLog, err := p.openAccessLog()
	if err != nil {
		return err
	}
	p.events = events.New(p.opts.Clock)
	p.api, err = apigateway.New(p.declared.api, apigateway.Options{
		Invoke: p.callers.invoke, Clock: p.opts.Clock, Logger: p.opts.Logger, AccessLog: accessLog,
		Credentials: p.credentials, Account: account, Region: p.declared.region,
		AllowUnverified: p.opts.AllowUnverified, Unlimited: p.opts.Unlimited,
		Submitted: p.events.Add,
		Measure:   cloudwatch.MeasureAPI(p.metrics, p.declared.api.Name, p.declared.accessLog),
	})
	return err
}

// openAccessLog opens the log group of the stages' access log, if they have one.
func (p *Pipeline) openAccessLog() (io.Writer, error) {
	if p.declared.accessLog == "" {
		return io.Discard, nil
	}
	var err error
	p.access, err = cloudwatch.Open(p.logsDir(), p.declared.accessLog, p.opts.Clock, p.opts.Logger)
	return p.access, err
}

func (p *Pipeline) logsDir() string { return filepath.Join(p.opts.Data, "logs") }

// credentials finds a secret by its key's id. Each key is a principal of the account that may do everything: on AWS the account's
// identity policies decide who may invoke the API, and they are not in the stack.
func (p *Pipeline) credentials(id string) (secret, principal string, ok bool) {
	secret, ok = p.opts.AccessKeys[id]
	return secret, "arn:" + p.declared.partition + ":iam::" + account + ":user/" + id, ok
}

const (
	// headerTime bounds how long a client may take over its headers.
	headerTime = 10 * time.Second
	// requestTime bounds how long a client of the API may take over a whole request. A large body must keep moving instead: see
	// apigateway. The AWS address takes objects of any length, so there only bodyStall bounds a body.
	requestTime = time.Minute
	// idleTime bounds how long a connection stays open between two requests. Go's clients close it before (90 s).
	idleTime = 2 * time.Minute
	// shutdownTime bounds a graceful end; requests in flight may take requestsTime of it.
	shutdownTime = 10 * time.Second
	requestsTime = 3 * time.Second
)

func (p *Pipeline) newServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           steadyAnswers(handler),
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleTime,
		ErrorLog:          log.New(&serverLog{logger: p.opts.Logger, clock: p.opts.Clock}, "", 0),
	}
}

// newAWSServer serves the AWS address: bodies of any length, over HTTP/1.1 and over HTTP/2 without TLS.
//
// Assumption LOC-1: a client that speaks HTTP/2 to an http:// address of Kinesis begins with its preface (RFC 9113, section 3.3:
// prior knowledge). AWS's JavaScript SDK 3 does so (aws/aws-sdk-js-v3#3577, mhart/kinesalite#118), and so does AWS's Java SDK 2
// (localstack/localstack#1218). Both treat an answer in HTTP/1.1 as a protocol error.
func (p *Pipeline) newAWSServer(handler http.Handler) *http.Server {
	s := p.newServer(steadyBodies(handler))
	s.Protocols = new(http.Protocols)
	s.Protocols.SetHTTP1(true)
	s.Protocols.SetUnencryptedHTTP2(true)
	s.HTTP2 = &http.HTTP2Config{WriteByteTimeout: answerStall}
	return s
}

// Run serves until ctx is done. Then it accepts no more requests, delivers the records in the stream, and closes everything, within
// 10 s. Records that it cannot deliver in that time are delivered after the next start.
func (p *Pipeline) Run(ctx context.Context) error {
	defer p.close()
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var delivering sync.WaitGroup
	for _, delivery := range p.deliveries {
		delivering.Go(func() {
			if err := delivery.Run(running); err != nil && running.Err() == nil {
				stop(err)
			}
		})
	}
	for _, s := range []server{p.apiServer, p.awsServer} {
		go func() {
			if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
				stop(err)
			}
		}()
	}
	p.sayStarted()
	var watching sync.WaitGroup
	defer watching.Wait() // before the alarms' file is closed
	watching.Go(func() { p.watch(running) })
	<-running.Done()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	err := p.end(end, &delivering)
	if cause := context.Cause(running); ctx.Err() == nil {
		err = errors.Join(cause, err)
	}
	return err
}

// end stops the parts of the pipeline, from the servers to the deliveries.
func (p *Pipeline) end(ctx context.Context, delivering *sync.WaitGroup) error {
	requests, cancel := context.WithTimeout(ctx, requestsTime)
	defer cancel()
	for _, s := range []server{p.apiServer, p.awsServer} {
		if err := s.http.Shutdown(requests); err != nil {
			_ = s.http.Close()
		}
	}
	ended := make(chan struct{})
	go func() {
		delivering.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done(): // a write that hangs must not delay the end
		return p.undelivered(errors.New("a delivery did not end in time"))
	}
	// In parallel: a delivery that fails until the deadline must not use up the others' time.
	errs := make([]error, len(p.deliveries))
	var flushing sync.WaitGroup
	for i, delivery := range p.deliveries {
		flushing.Go(func() {
			if err := delivery.Flush(ctx); err != nil {
				errs[i] = p.undelivered(err, p.declared.deliveries[i])
			}
		})
	}
	flushing.Wait()
	return errors.Join(errs...)
}

// undelivered is the error of deliveries that failed at the end; no deliveries means all. Their records are kept, unless the stream
// was deleted or its file removed.
func (p *Pipeline) undelivered(err error, of ...firehose.Config) error {
	if len(of) == 0 {
		of = p.declared.deliveries
	}
	for _, delivery := range of {
		if gone := p.streams.Kept(delivery.StreamName); gone != nil {
			return fmt.Errorf("the undelivered records of %s are lost: %w (%w)", delivery.StreamName, gone, err)
		}
	}
	return fmt.Errorf("the records in the stream are kept and delivered after the next start: %w", err)
}

// close closes everything that is open.
func (p *Pipeline) close() {
	for _, s := range []server{p.apiServer, p.awsServer} {
		if s.http != nil {
			_ = s.http.Close()
		}
		if s.listener != nil {
			_ = s.listener.Close()
		}
	}
	if p.api != nil {
		_ = p.api.Close() // writes the access log's last lines
	}
	if p.access != nil {
		_ = p.access.Close()
	}
	if p.alarms != nil {
		p.alarms.Close()
	}
	for _, delivery := range p.deliveries {
		_ = delivery.Close() // its journal was only appended to
	}
	for _, errorLog := range p.errorLogs {
		_ = errorLog.Close()
	}
	if p.streams != nil {
		if err := p.streams.Close(); err != nil {
			p.opts.Logger.Error("closing the stream", "error", err)
		}
	}
	if p.buckets != nil {
		_ = p.buckets.Close()
	}
}

// withRemedy adds to a denial the statement that would allow the request.
func withRemedy(err error) error {
	var denied *iam.Denied
	if errors.As(err, &denied) {
		return fmt.Errorf("%w; it needs %s", err, denied.Remedy())
	}
	return err
}
