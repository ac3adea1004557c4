// Package kinesis is Amazon Kinesis Data Streams on one machine: durable, with AWS's wire protocol, limits and errors.
//
// A record is acknowledged after it is on disk, and is still there after a restart or a kill. Behaviour that AWS does not document is a
// numbered assumption beside the code. What the package does not imitate it refuses, such as consumers with enhanced fan-out, whose
// operations are unknown; an on-demand stream keeps its number of shards.
package kinesis

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"
	"go.etcd.io/bbolt"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/local/internal/inflight"
	"cdk.tf/go/ingest/local/internal/randomid"
	"cdk.tf/go/ingest/tfjson"
)

const (
	// maxShards bounds the shards of a stream, and the total of the streams that calls create. On AWS it is a quota that can be
	// raised: by default 20,000 in us-east-1, us-west-2 and eu-west-1, and 1,000 or 6,000 elsewhere (developer guide, "Quotas
	// and limits"). One machine opens this number in well under a second (BenchmarkManyShards).
	maxShards = 10_000
)

// Options are the options of a service.
type Options struct {
	// Path is the file of the streams and records. It and its folder are created if they do not exist.
	Path string
	// Clock is the real one if it is nil.
	Clock clockwork.Clock
	// Logger discards if it is nil.
	Logger *slog.Logger
	// Region, Account and Partition are those in ARNs; empty means us-east-1, 000000000000 and aws.
	Region, Account, Partition string
	// Unlimited switches the limits per shard off.
	Unlimited bool

	// NotImitated is called with a description of each refused request that is not imitated; nil is not called.
	NotImitated func(text string)

	Measures Measures

	// Delay is how much longer each commit takes than the disk needs; nil and 0 delay nothing.
	Delay func() time.Duration

	// maxSize bounds the file in bytes; 0 means no bound. Tests simulate a full disk with it.
	maxSize int
	// syncFails makes a commit fail after it is visible in the file, as a failing sync does. Tests set it.
	syncFails func() error
}

// Service is a local Kinesis. It is safe for concurrent use.
type Service struct {
	options Options
	log     *slog.Logger
	// files is held for reading while db is in use, and for writing while a damaged file is replaced. Each replacement increments
	// generation.
	files      sync.RWMutex
	db         *bbolt.DB
	file       os.FileInfo // the one that db has open
	generation atomic.Int64
	// notBefore is when a failed repair is tried again; stuck means that db keeps its locks forever.
	notBefore time.Time
	stuck     atomic.Bool
	queue     queue
	puts      sync.Pool // of *put
	buffers   sync.Pool // of *[]byte, for batches
	bodies    *inflight.Room
	answers   *inflight.Room
	// streams is a map that is replaced under mu and never changed, so a put finds its stream without a lock.
	streams  atomic.Pointer[map[string]*stream]
	mu       sync.Mutex
	refused  atomic.Int64
	broken   atomic.Bool
	closing  chan struct{}
	finished chan struct{}
	closed   sync.Once
}

// Open opens or creates the file at options.Path. It returns an error while another process has the file open, and one that names the
// file if it cannot be read.
func Open(options Options) (*Service, error) {
	options.setDefaults()
	db, repaired, err := openFile(options)
	if err != nil {
		return nil, err
	}
	file, err := os.Stat(options.Path)
	var streams map[string]*stream
	if err == nil {
		streams, err = load(db)
	}
	if err != nil {
		_ = guard(db.Close)
		return nil, openError(options.Path, err)
	}
	s := &Service{
		options: options, log: options.Logger, db: db, file: file,
		queue: newQueue(), closing: make(chan struct{}), finished: make(chan struct{}),
		bodies: inflight.New(maxInFlight, options.Clock), answers: inflight.New(maxInFlight, options.Clock),
	}
	s.streams.Store(&streams)
	if repaired != nil {
		repaired.say(s.log)
		for _, stream := range streams {
			for _, shard := range stream.all() {
				shard.damage, shard.runs = repaired.marks(shard), repaired.runs(shard)
			}
		}
		s.sayDamage()
	}
	go s.commitAll(options.Clock.NewTicker(trimInterval))
	return s, nil
}

func (o *Options) setDefaults() {
	if o.Clock == nil {
		o.Clock = clockwork.NewRealClock()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	for field, standard := range map[*string]string{&o.Region: "us-east-1", &o.Account: tfjson.NoAccount, &o.Partition: "aws"} {
		if *field == "" {
			*field = standard
		}
	}
}

// Close writes the waiting records and closes the file. Later calls fail, and waiting consumers get an error.
func (s *Service) Close() error {
	var err error
	s.closed.Do(func() {
		s.queue.close()
		close(s.closing)
		<-s.finished
		s.files.RLock()
		defer s.files.RUnlock()
		if s.broken.Load() || s.stuck.Load() {
			err = fmt.Errorf("%s: %w; it is left unchanged", s.options.Path, errDamaged)
			return
		}
		err = guard(s.db.Close)
	})
	return err
}

// Kept returns nil if a stream's records will exist after the next start. If the stream was deleted or the file removed, it returns
// [ErrGone].
func (s *Service) Kept(stream string) error {
	if _, problem := s.find(stream); problem != nil {
		return problem
	}
	return s.present()
}

// find returns a stream by name.
func (s *Service) find(name string) (*stream, *refusal) {
	if found, ok := (*s.streams.Load())[name]; ok {
		return found, nil
	}
	return nil, s.unknown(name)
}

func (s *Service) unknown(name string) *refusal {
	return refuse("ResourceNotFoundException", "Stream %s under account %s not found.", name, s.options.Account)
}

// Config is a stream that a stack declares.
type Config struct {
	Name string
	// ARN is built from the options if it is empty.
	ARN string
	// Mode is PROVISIONED or ON_DEMAND.
	Mode string
	// Shards is 1 to 10,000 in mode PROVISIONED. In mode ON_DEMAND it is 0, which creates 4.
	Shards int
	// Retention is 24 to 8,760 whole hours.
	Retention time.Duration
	// Tags are at most 50. A call's changes of tags and retention last until the next [Service.Declare], as on AWS until the next
	// apply.
	Tags map[string]string
	// Encryption is KMS or NONE. Records on this machine's disk are not encrypted either way, and [Service.Declare] logs that.
	Encryption string
	// Key is the KMS key of the encryption KMS, as the stack names it. Descriptions of the stream show it.
	Key string
}

// check finds every problem at once.
func (c Config) check() error {
	var problems []error
	hold := func(holds bool, format string, values ...any) {
		if !holds {
			problems = append(problems, fmt.Errorf("stream %q: "+format, append([]any{c.Name}, values...)...))
		}
	}
	hold(isName(c.Name) && len(c.Name) <= 128, "its name must be 1 to 128 letters, digits, \"_\", \".\" and \"-\"")
	switch c.Mode {
	case provisioned:
		hold(c.Shards >= 1 && c.Shards <= maxShards, "shard_count %d is not 1 to %d; set it to one of these", c.Shards, maxShards)
	case onDemand:
		hold(c.Shards == 0, "shard_count %d is not allowed with stream_mode %s; leave it out", c.Shards, onDemand)
	default:
		hold(false, "stream_mode %q is unknown; use %s or %s", c.Mode, provisioned, onDemand)
	}
	hold(c.Retention >= quota.MinRetention && c.Retention <= quota.MaxRetention && c.Retention%time.Hour == 0,
		"retention_period %s is not %d to %d whole hours", c.Retention, quota.MinRetention/time.Hour, quota.MaxRetention/time.Hour)
	hold(c.Encryption == "" || c.Encryption == unencrypted || c.Encryption == encrypted,
		"encryption_type %q is unknown; use KMS or NONE", c.Encryption)
	return errors.Join(problems...)
}

// shownKey is the key of the stream's encryption; "" without encryption.
func (c Config) shownKey() string {
	if c.Encryption != encrypted {
		return ""
	}
	return c.Key
}

// Declare creates the stream if the file has none of its name. It gives an existing stream the declared retention, mode, tags and ARN.
// It changes the number of shards as UpdateShardCount does; if that refuses, Declare returns an error and the stream stays as it is.
func (s *Service) Declare(cfg Config) error {
	if err := cfg.check(); err != nil {
		return err
	}
	if cfg.Encryption == encrypted {
		s.log.Info("records of this stream are not encrypted on this machine's disk", "stream", cfg.Name)
	}
	for {
		old := (*s.streams.Load())[cfg.Name]
		if done, err := s.declareOver(old, cfg); done {
			return err
		}
	}
}

// declareOver declares a stream over old, the existing stream of its name, or nil. done is false if that has changed meanwhile.
func (s *Service) declareOver(old *stream, cfg Config) (done bool, err error) {
	if old != nil {
		old.routing.Lock()
		defer old.routing.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case (*s.streams.Load())[cfg.Name] != old:
		return false, nil
	case old == nil:
		return true, s.create(cfg)
	default:
		return true, s.declareAgain(old, cfg)
	}
}

// declareAgain is called with the stream's routing and mu held.
func (s *Service) declareAgain(old *stream, cfg Config) error {
	before := old.description.Load()
	d := *before
	d.Mode, d.ARN, d.RetentionHours, d.Tags = cfg.Mode, s.arn(cfg), int(cfg.Retention/time.Hour), cfg.Tags
	d.Key = cfg.shownKey()
	if len(d.Tags) == 0 {
		d.Tags = nil // as the file gives it
	}
	switch {
	case cfg.Mode == provisioned && cfg.Shards != d.Shards:
		if problem := s.scaleTo(&d, cfg.Shards); problem != nil {
			return fmt.Errorf("stream %q: shard_count %d, but in %s the stream has %d shards, and AWS would refuse the change (%w); %s, or start with another --data folder",
				cfg.Name, cfg.Shards, s.options.Path, d.Shards, problem, scaleRemedy(d.Shards, cfg.Shards))
		}
		s.log.Info("the stream is resharded as the stack declares it", "stream", cfg.Name, "shards", d.Shards, "before", before.Shards)
	case cfg.Mode == onDemand && before.Mode == provisioned:
		// A stream that switches to on-demand keeps its shards (developer guide, "Switch between data stream capacity modes").
		s.log.Info("the stream keeps its shards as it becomes on-demand", "stream", cfg.Name, "shards", d.Shards)
	}
	if reflect.DeepEqual(d, *before) {
		return nil
	}
	return s.reshape(old, d)
}

// describeAs writes a new description of a stream to disk. It is called with mu held.
func (s *Service) describeAs(of *stream, d description) error {
	before := of.description.Swap(&d)
	if err := s.update(func(tx *bbolt.Tx) error { return storeDescription(tx, &d) }); err != nil {
		of.description.Store(before)
		return err
	}
	return nil
}

func (s *Service) arn(cfg Config) string {
	if cfg.ARN != "" {
		return cfg.ARN
	}
	return fmt.Sprintf("arn:%s:kinesis:%s:%s:stream/%s", s.options.Partition, s.options.Region, s.options.Account, cfg.Name)
}

// create creates a stream. It is called with mu held and a valid config.
func (s *Service) create(cfg Config) error {
	if cfg.Mode == onDemand {
		cfg.Shards = onDemandShards
	}
	now := s.options.Clock.Now()
	var made *stream
	err := s.update(func(tx *bbolt.Tx) error {
		before := lastCreated(tx)
		made = newStream(description{
			Name: cfg.Name, ARN: s.arn(cfg), Mode: cfg.Mode, Shards: cfg.Shards,
			RetentionHours: int(cfg.Retention / time.Hour), Key: cfg.shownKey(),
			// Assumption KIN-4: the sequence numbers of a new stream's shards are dated two seconds before the stream's creation
			// (kinesalite, actions/createStream.js).
			Created:   max(now.Unix()-2, before+1),
			CreatedAt: now,
			Tags:      cfg.Tags,
		})
		return store(tx, made)
	})
	if err != nil {
		return fmt.Errorf("stream %q: %w", cfg.Name, err)
	}
	s.replace(func(streams map[string]*stream) { streams[made.name] = made })
	return nil
}

// replace replaces the map of streams. It is called with mu held.
func (s *Service) replace(change func(map[string]*stream)) {
	streams := maps.Clone(*s.streams.Load())
	change(streams)
	s.streams.Store(&streams)
}

// update runs one writing transaction. If it meets damage it fails, and the file is repaired for the next one.
func (s *Service) update(work func(*bbolt.Tx) error) error {
	known := s.generation.Load()
	if s.broken.Load() && s.repair(known) != nil {
		return errDamaged
	}
	if err := s.present(); err != nil {
		return err
	}
	s.files.RLock()
	committing := false
	err := guard(func() error {
		committing = true
		err := s.db.Update(work)
		committing = false
		return err
	})
	if committing { // bbolt has panicked, and keeps its locks forever
		s.stuck.Store(true)
	}
	s.files.RUnlock()
	if errors.Is(err, errDamaged) {
		_ = s.repair(known) // it logs its error
	}
	return err
}

// view runs one reading transaction.
func (s *Service) view(work func(*bbolt.Tx) error) error {
	s.files.RLock()
	defer s.files.RUnlock()
	return guard(func() error { return s.db.View(work) })
}

// repairPause is the time between a failed repair and the next attempt.
const repairPause = 10 * time.Second

// repair replaces the file by one with all that can be read, unless that was done since a generation.
func (s *Service) repair(known int64) error {
	s.files.Lock()
	defer s.files.Unlock()
	now := s.options.Clock.Now()
	switch {
	case s.generation.Load() != known:
		return nil
	case now.Before(s.notBefore):
		return errDamaged
	}
	s.notBefore = now.Add(repairPause)
	streams := *s.streams.Load()
	m, err := repairFile(s.options.Path, streams, now, s.options.maxSize)
	if err == nil && !m.done && !s.stuck.Load() {
		return errDamaged // a read has failed, but the file on disk is whole
	}
	if err == nil {
		err = s.reopen()
	}
	if err != nil {
		s.broken.Store(true)
		s.log.Error("the stream's file is damaged and cannot be repaired: nothing is accepted or delivered until it can",
			"file", s.options.Path, "error", err, "remedy", "make room on the disk if it is full, or restore a copy of the file and start again")
		return errDamaged
	}
	s.adopt(m)
	s.broken.Store(false)
	s.generation.Add(1)
	m.say(s.log)
	s.sayDamage()
	return nil
}

// reopen opens the file that has replaced the damaged one. It is called with files held.
func (s *Service) reopen() error {
	db, err := openBolt(s.options.Path, s.options.maxSize)
	if err != nil {
		return err
	}
	file, err := os.Stat(s.options.Path)
	if err != nil {
		return errors.Join(err, guard(db.Close))
	}
	if !s.stuck.Swap(false) {
		_ = guard(s.db.Close) // the file has been replaced
	}
	s.db, s.file = db, file
	return nil
}

// adopt takes the ends of the shards' records from the new file. It is called with files held.
func (s *Service) adopt(m *repair) {
	for _, stream := range m.streams {
		for group, index := range m.indexes[stream] {
			stream.indexes[group] = max(stream.indexes[group], index)
		}
		for _, shard := range stream.all() {
			shard.mu.Lock()
			shard.damage, shard.runs = m.marks(shard), m.runs(shard)
			shard.last, shard.lastArrived = m.lasts[shard].index, m.lasts[shard].arrived
			shard.wake()
			shard.mu.Unlock()
		}
	}
}

// Response is the answer to one call.
type Response struct {
	// Status is the HTTP status.
	Status int
	// RequestID is AWS's x-amzn-RequestId, a UUID.
	RequestID string
	// Body is JSON, or empty.
	Body []byte
}

// Denial is the reason why a caller may not make a call.
type Denial struct {
	// Type is AWS's, such as AccessDeniedException, KMSAccessDeniedException or InternalFailure.
	Type, Message string
	// Status is the HTTP status; 0 is 400.
	Status int
}

// DoAs makes one call of AWS's API. action is the operation, such as PutRecord; body is its JSON, which DoAs does not keep. A failed
// call is a response with an error in AWS's form. DoAs returns when the record is on disk, even if ctx ends before, because it cannot
// take back a record that was handed over.
//
// Before it does anything, DoAs calls allow with the ARN of the call's stream; allow returns nil, or why the caller may not make the
// call. If the call names no stream, the ARN lacks the name. A body that is not JSON is refused without calling allow. A nil allow
// allows everything.
func (s *Service) DoAs(ctx context.Context, action string, body []byte, allow func(streamARN string) *Denial) Response {
	return s.do(ctx, action, body, allow, func(int64) error { return nil })
}

// do is DoAs for a caller that bounds the memory of answers: before a large one is made, do calls reserve with the most bytes that it
// may have.
func (s *Service) do(ctx context.Context, action string, body []byte, allow func(streamARN string) *Denial, reserve func(bytes int64) error) Response {
	response := Response{Status: 200, RequestID: randomid.New()}
	var problem *refusal
	if ctx.Err() != nil {
		problem = failure(ctx.Err())
	} else if do, known := actions[action]; known {
		response.Body, problem = do(s, call{body, allow, reserve, s, action})
	} else {
		problem = s.unknownOperation(action)
	}
	if problem != nil {
		s.refused.Add(1)
		response.Status, response.Body = problem.Status, problem.body()
	}
	return response
}

// call is one call with its permission check; a nil allow allows everything.
type call struct {
	body    []byte
	allow   func(streamARN string) *Denial
	reserve func(bytes int64) error
	of      *Service
	action  string
}

// ask checks whether the caller may make a call about a stream.
func (c call) ask(streamARN string) *refusal {
	if c.allow == nil {
		return nil
	}
	denial := c.allow(streamARN)
	if denial == nil {
		return nil
	}
	// The IAM check that AWS's services share spells this member with a capital.
	problem := &refusal{Status: cmp.Or(denial.Status, http.StatusBadRequest), Type: denial.Type, Message: denial.Message, capital: denial.Type == "AccessDeniedException"}
	c.of.measureRefused(c.action, streamARN, problem)
	return problem
}

// askFirst checks permissions before the body is validated. As when the body is read, the case of names matters and the last of two
// equal names counts, so the check is for the same stream that the call uses.
func (s *Service) askFirst(c call) *refusal {
	if c.allow == nil {
		return nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(c.body, &members) != nil {
		return nil //nolint:nilerr // the action refuses it with Kinesis's own message
	}
	if arn := cmp.Or(text(members["StreamARN"]), text(members["ResourceARN"])); arn != "" {
		return c.ask(arn)
	}
	return c.ask(s.arn(Config{Name: text(members["StreamName"])}))
}

// text is the value of a JSON string, or "" for anything else.
func text(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) != nil {
		return ""
	}
	return text
}

// asked is an action that checks permissions first.
func asked(do func(*Service, []byte) ([]byte, *refusal)) func(*Service, call) ([]byte, *refusal) {
	return func(s *Service, c call) ([]byte, *refusal) {
		if problem := s.askFirst(c); problem != nil {
			return nil, problem
		}
		return do(s, c.body)
	}
}

var actions = map[string]func(*Service, call) ([]byte, *refusal){
	"AddTagsToStream":               asked((*Service).addTagsToStream),
	"CreateStream":                  asked((*Service).createStream),
	"DecreaseStreamRetentionPeriod": asked((*Service).decreaseRetention),
	"DeleteStream":                  asked((*Service).deleteStream),
	"DescribeStream":                asked((*Service).describeStream),
	"DescribeStreamSummary":         asked((*Service).describeStreamSummary),
	"GetRecords":                    (*Service).getRecords,
	"GetShardIterator":              asked((*Service).getShardIterator),
	"IncreaseStreamRetentionPeriod": asked((*Service).increaseRetention),
	"ListShards":                    asked((*Service).listShards),
	"ListStreams":                   asked((*Service).listStreams),
	"ListTagsForResource":           asked((*Service).listTagsForResource),
	"ListTagsForStream":             asked((*Service).listTagsForStream),
	"MergeShards":                   asked((*Service).mergeShards),
	"PutRecord":                     (*Service).putRecord,
	"PutRecords":                    (*Service).putRecords,
	"RemoveTagsFromStream":          asked((*Service).removeTagsFromStream),
	"SplitShard":                    asked((*Service).splitShard),
	"TagResource":                   asked((*Service).tagResource),
	"UntagResource":                 asked((*Service).untagResource),
	"UpdateShardCount":              asked((*Service).updateShardCount),
}

// imitated names the actions, for the refusal of others. It is separate because actions cannot refer to itself while it is initialised.
var imitated = strings.Join(slices.Sorted(maps.Keys(actions)), ", ")

// unknownOperation refuses an action with a message, which AWS does not send.
func (s *Service) unknownOperation(action string) *refusal {
	problem := refuse("UnknownOperationException", "Kinesis's operation %q is not imitated on one machine; these are: %s", action, imitated)
	s.tell(problem.Message)
	return problem
}

func (s *Service) tell(text string) {
	if s.options.NotImitated != nil {
		s.options.NotImitated(text)
	}
}

// encode encodes the less frequent answers.
func encode(answer any) ([]byte, *refusal) {
	text, err := json.Marshal(answer)
	if err != nil {
		return nil, failure(err)
	}
	return text, nil
}
