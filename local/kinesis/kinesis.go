// Package kinesis is Amazon Kinesis Data Streams on one machine: durable, with AWS's wire protocol, limits and errors.
//
// A record is acknowledged after it is on disk, and is read again after a restart or a kill. What the package imitates
// of AWS without AWS's word for it is a numbered assumption beside the code. What it does not imitate it refuses: an
// on-demand stream keeps its shards, and consumers with enhanced fan-out are unknown operations.
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
)

const (
	// maxShards bounds the shards of a stream, and of those together that calls make. AWS's quota is its account's to have
	// raised: by default 20,000 in us-east-1, us-west-2 and eu-west-1, and 1,000 or 6,000 elsewhere (developer guide, "Quotas
	// and limits"). Here it is what one machine opens in well under a second (BenchmarkManyShards).
	maxShards = 10_000
)

// Options of a service.
type Options struct {
	// Path of the file that holds streams and records. It and its folder are made if they do not exist.
	Path string
	// Clock is the real one if it is nil.
	Clock clockwork.Clock
	// Logger discards if it is nil.
	Logger *slog.Logger
	// Region, Account and Partition are those in ARNs: us-east-1, 000000000000 and aws where they are empty.
	Region, Account, Partition string
	// Unlimited switches the limits per shard off.
	Unlimited bool

	// NotImitated is told what a client asked for in vain, in words; nil is not told.
	NotImitated func(text string)

	// maxSize of the file in bytes, 0 for none. Tests fill a disk with it.
	maxSize int
	// syncFails makes a commit fail after it can be seen in the file, as a failing sync does. Tests set it.
	syncFails func() error
}

// Service is a Kinesis. It is safe for concurrent use.
type Service struct {
	options Options
	log     *slog.Logger
	// files is held for reading while db is in use, and for writing while a damaged file is replaced, which makes generation
	// grow.
	files      sync.RWMutex
	db         *bbolt.DB
	file       os.FileInfo // the one that db has open
	generation atomic.Int64
	// notBefore is when a file that could not be mended is tried again; stuck says that db keeps its locks for good.
	notBefore time.Time
	stuck     atomic.Bool
	queue     queue
	puts      sync.Pool // of *put
	buffers   sync.Pool // of *[]byte, for batches
	// streams is replaced and never changed, under mu, so that a put looks its stream up without a lock.
	streams  atomic.Pointer[map[string]*stream]
	mu       sync.Mutex
	refused  atomic.Int64
	broken   atomic.Bool
	closing  chan struct{}
	finished chan struct{}
	closed   sync.Once
}

// Open opens the file at options.Path, or makes it. It returns an error while another process has it open, and one that
// names the file if it is damaged.
func Open(options Options) (*Service, error) {
	options.setDefaults()
	db, mended, err := openFile(options)
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
	}
	s.streams.Store(&streams)
	if mended != nil {
		mended.say(s.log)
		for _, stream := range streams {
			for _, shard := range stream.all() {
				shard.damage = mended.marks(shard)
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
	for field, standard := range map[*string]string{&o.Region: "us-east-1", &o.Account: "000000000000", &o.Partition: "aws"} {
		if *field == "" {
			*field = standard
		}
	}
}

// Close writes what is waiting and closes the file. Calls after it fail; those of consumers that wait return an error.
func (s *Service) Close() error {
	var err error
	s.closed.Do(func() {
		s.queue.close()
		close(s.closing)
		<-s.finished
		s.files.RLock()
		defer s.files.RUnlock()
		if s.broken.Load() || s.stuck.Load() {
			err = fmt.Errorf("%s: %w; it is left as it is", s.options.Path, errDamaged)
			return
		}
		err = guard(s.db.Close)
	})
	return err
}

// Kept returns nil if what a stream holds is there after the next start, and [ErrGone] if it is not: the stream has been
// deleted, or the file has been removed.
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
	// ARN is made from the options if it is empty.
	ARN string
	// Mode is PROVISIONED or ON_DEMAND.
	Mode string
	// Shards is 1 to 10,000 in mode PROVISIONED; in mode ON_DEMAND it is 0, which makes 4.
	Shards int
	// Retention is 24 to 8,760 whole hours.
	Retention time.Duration
	// Tags are at most 50. What a call makes of them and of the retention lasts until the next [Service.Declare], as on AWS until
	// the next apply.
	Tags map[string]string
	// Encryption is KMS or NONE. Records lie on this machine's disk as they are either way, and [Service.Declare] says so.
	Encryption string
}

// check finds every problem at once.
func (c Config) check() error {
	var problems []error
	hold := func(holds bool, format string, values ...any) {
		if !holds {
			problems = append(problems, fmt.Errorf("stream %q: "+format, append([]any{c.Name}, values...)...))
		}
	}
	hold(isName(c.Name) && len(c.Name) <= 128, "its name has to be 1 to 128 letters, digits, \"_\", \".\" and \"-\"")
	switch c.Mode {
	case provisioned:
		hold(c.Shards >= 1 && c.Shards <= maxShards, "shard_count %d is not 1 to %d; set it to one of these", c.Shards, maxShards)
	case onDemand:
		hold(c.Shards == 0, "shard_count %d stands beside stream_mode %s; leave it out", c.Shards, onDemand)
	default:
		hold(false, "stream_mode %q is unknown; use %s or %s", c.Mode, provisioned, onDemand)
	}
	hold(c.Retention >= quota.MinRetention && c.Retention <= quota.MaxRetention && c.Retention%time.Hour == 0,
		"retention_period %s is not %d to %d whole hours", c.Retention, quota.MinRetention/time.Hour, quota.MaxRetention/time.Hour)
	hold(c.Encryption == "" || c.Encryption == "NONE" || c.Encryption == "KMS",
		"encryption_type %q is unknown; use KMS or NONE", c.Encryption)
	return errors.Join(problems...)
}

// Declare makes the stream if the file has none of its name. Of one that exists it takes over retention, mode, tags and ARN, and
// the number of shards as UpdateShardCount does: what that refuses is an error, and the stream stays as it is.
func (s *Service) Declare(cfg Config) error {
	if err := cfg.check(); err != nil {
		return err
	}
	if cfg.Encryption == "KMS" {
		s.log.Info("records of this stream are not encrypted on this machine's disk", "stream", cfg.Name)
	}
	for {
		old := (*s.streams.Load())[cfg.Name]
		if done, err := s.declareOver(old, cfg); done {
			return err
		}
	}
}

// declareOver declares a stream in place of the one of its name, or of none. It is not done if that is another by now.
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
	if len(d.Tags) == 0 {
		d.Tags = nil // as the file gives it
	}
	switch {
	case cfg.Mode == provisioned && cfg.Shards != d.Shards:
		if problem := s.scaleTo(&d, cfg.Shards); problem != nil {
			return fmt.Errorf("stream %q: shard_count %d, but %s holds it with %d shards, and AWS would refuse the change (%w); %s, or start with another --data folder",
				cfg.Name, cfg.Shards, s.options.Path, d.Shards, problem, scaleRemedy(d.Shards, cfg.Shards))
		}
		s.log.Info("the stream is resharded as the stack declares it", "stream", cfg.Name, "shards", d.Shards, "before", before.Shards)
	case cfg.Mode == onDemand && before.Mode == provisioned:
		// A stream that becomes on-demand keeps its shards (developer guide, "Switch between data stream capacity modes").
		s.log.Info("the stream keeps its shards as it becomes on-demand", "stream", cfg.Name, "shards", d.Shards)
	}
	if reflect.DeepEqual(d, *before) {
		return nil
	}
	return s.reshape(old, d)
}

// describeAs puts another description of a stream on disk. It is called with mu held.
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

// create is called with mu held and a config that is right.
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
			RetentionHours: int(cfg.Retention / time.Hour),
			// Assumption KIN-4: shards are dated two seconds before their stream (kinesalite, actions/createStream.js).
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

// replace is called with mu held.
func (s *Service) replace(change func(map[string]*stream)) {
	streams := maps.Clone(*s.streams.Load())
	change(streams)
	s.streams.Store(&streams)
}

// update runs one transaction that writes. One that meets damage fails, and the file is mended for the next.
func (s *Service) update(work func(*bbolt.Tx) error) error {
	known := s.generation.Load()
	if s.broken.Load() && s.mend(known) != nil {
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
	if committing { // bbolt has panicked, and keeps its locks for good
		s.stuck.Store(true)
	}
	s.files.RUnlock()
	if errors.Is(err, errDamaged) {
		_ = s.mend(known) // says so itself
	}
	return err
}

// view runs one transaction that reads.
func (s *Service) view(work func(*bbolt.Tx) error) error {
	s.files.RLock()
	defer s.files.RUnlock()
	return guard(func() error { return s.db.View(work) })
}

// mendPause is how long a file that could not be mended is left before it is tried again.
const mendPause = 10 * time.Second

// mend replaces the file by what of it can be read, unless somebody has done so since a generation.
func (s *Service) mend(known int64) error {
	s.files.Lock()
	defer s.files.Unlock()
	now := s.options.Clock.Now()
	switch {
	case s.generation.Load() != known:
		return nil
	case now.Before(s.notBefore):
		return errDamaged
	}
	s.notBefore = now.Add(mendPause)
	streams := *s.streams.Load()
	m, err := mend(s.options.Path, streams, now, s.options.maxSize)
	if err == nil && !m.done && !s.stuck.Load() {
		return errDamaged // a read has failed, and what is on disk is as it should be
	}
	if err == nil {
		err = s.reopen()
	}
	if err != nil {
		s.broken.Store(true)
		s.log.Error("the stream's file is damaged and cannot be written anew: nothing is accepted or delivered until it can",
			"file", s.options.Path, "error", err, "remedy", "make room on the disk if it is full, or put a copy of the file back and start again")
		return errDamaged
	}
	s.adopt(m)
	s.broken.Store(false)
	s.generation.Add(1)
	m.say(s.log)
	s.sayDamage()
	return nil
}

// reopen opens the file that has taken the damaged one's place. It is called with files held.
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
		_ = guard(s.db.Close) // has been replaced
	}
	s.db, s.file = db, file
	return nil
}

// adopt takes over where the shards' records end in the new file. It is called with files held.
func (s *Service) adopt(m *mending) {
	for _, stream := range m.streams {
		for group, index := range m.indexes[stream] {
			stream.indexes[group] = max(stream.indexes[group], index)
		}
		for _, shard := range stream.all() {
			shard.mu.Lock()
			shard.damage = m.marks(shard)
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

// Denial is why a caller may not make a call.
type Denial struct {
	// Type is AWS's: AccessDeniedException, or KMSAccessDeniedException.
	Type, Message string
}

// DoAs makes one call of AWS's API: action is such as PutRecord, body its JSON, which DoAs does not keep. A call that cannot
// be met is a response with an error in AWS's form. DoAs is over when a record is on disk, whatever becomes of ctx: a
// record that was handed over cannot be taken back.
//
// Before anything is done allow is given the ARN of the stream that the call is about, and returns nil or why the caller may
// not make it; of a call that names no stream, the ARN lacks the name. A body that is no JSON is refused for that, and nobody
// is asked. A nil allow allows everything.
func (s *Service) DoAs(ctx context.Context, action string, body []byte, allow func(streamARN string) *Denial) Response {
	response := Response{Status: 200, RequestID: newRequestID()}
	var problem *refusal
	if ctx.Err() != nil {
		problem = failure(ctx.Err())
	} else if do, known := actions[action]; known {
		response.Body, problem = do(s, call{body, allow})
	} else {
		problem = s.unknownOperation(action)
	}
	if problem != nil {
		s.refused.Add(1)
		response.Status, response.Body = problem.Status, problem.body()
	}
	return response
}

// call is one call, and who may make it; a nil allow is that anybody may.
type call struct {
	body  []byte
	allow func(streamARN string) *Denial
}

// ask asks whether a call about a stream may be made.
func (c call) ask(streamARN string) *refusal {
	if c.allow == nil {
		return nil
	}
	denial := c.allow(streamARN)
	if denial == nil {
		return nil
	}
	// What AWS's services share of IAM spells its member so.
	return &refusal{Status: 400, Type: denial.Type, Message: denial.Message, capital: denial.Type == "AccessDeniedException"}
}

// askFirst asks before a body is known to be right. Names are told apart by their case and the last of two counts, as they
// do when the body is read: what is allowed is what is done.
func (s *Service) askFirst(c call) *refusal {
	if c.allow == nil {
		return nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(c.body, &members) != nil {
		return nil //nolint:nilerr // the action refuses it, in Kinesis's own words
	}
	if arn := cmp.Or(text(members["StreamARN"]), text(members["ResourceARN"])); arn != "" {
		return c.ask(arn)
	}
	return c.ask(s.arn(Config{Name: text(members["StreamName"])}))
}

// text is a JSON string's, or "" of anything else.
func text(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) != nil {
		return ""
	}
	return text
}

// asked is an action that asks first.
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
	"GetRecords":                    asked((*Service).getRecords),
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

// imitated names the actions, for whoever asks for another. It is no part of actions' own initialisation.
var imitated = strings.Join(slices.Sorted(maps.Keys(actions)), ", ")

// unknownOperation refuses an action, in words, which AWS does not.
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

// encode is for answers that are not many a second.
func encode(answer any) ([]byte, *refusal) {
	text, err := json.Marshal(answer)
	if err != nil {
		return nil, failure(err)
	}
	return text, nil
}
