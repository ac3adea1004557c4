package kinesis

import (
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

const (
	// A call of UpdateShardCount at most doubles or halves the open shards, and a stream allows ten calls in 24 hours (API reference,
	// UpdateShardCount).
	scaleMost   = 2
	scaleCalls  = 10
	scalePeriod = 24 * time.Hour
)

// draft holds the shards of a stream while they are split and merged.
//
// Assumption KIN-12: a shard that is split or merged ends at the time of the call. In their sequence numbers its children begin a
// second later, and they have the next indexes, the lower range first (kinesalite, test/splitShard.js and test/mergeShards.js,
// whose author ran them on AWS). On AWS the stream is UPDATING for half a minute; here it is ACTIVE when the call returns. A
// client that waits for ACTIVE works with both.
type draft struct {
	entries []shardEntry // by index
	open    []int        // positions of the open shards in entries, by hash key
	now     time.Time
}

func newDraft(d *description, now time.Time) *draft {
	entries := slices.Clone(d.entries())
	return &draft{entries: entries, open: openOf(entries), now: now}
}

// at is an open shard, by its position among them.
func (d *draft) at(place int) *shardEntry { return &d.entries[d.open[place]] }

// child opens a shard and closes its parents. It returns the child's position in entries.
func (d *draft) child(first, last hashKey, parents ...int) int {
	entry := shardEntry{
		Index: d.entries[len(d.entries)-1].Index + 1, First: first, Last: last, Created: d.now.Unix(), Opened: d.now.UnixMilli(),
	}
	for _, at := range parents {
		parent := &d.entries[at]
		parent.Closed = d.now.UnixMilli()
		entry.Parents = append(entry.Parents, parent.Index)
		entry.Created = max(entry.Created, parent.Created) // even if the clock jumps back
	}
	entry.Created++
	d.entries = append(d.entries, entry)
	return len(d.entries) - 1
}

// split splits an open shard; the upper one begins with a hash key.
func (d *draft) split(place int, key hashKey) {
	parent := d.open[place]
	first, last := d.entries[parent].First, d.entries[parent].Last
	lower := d.child(first, key.minusOne(), parent)
	d.open = slices.Replace(d.open, place, place+1, lower, d.child(key, last, parent))
}

// merge merges an open shard with the next.
func (d *draft) merge(place int) {
	child := d.child(d.at(place).First, d.at(place+1).Last, d.open[place], d.open[place+1])
	d.open = slices.Replace(d.open, place, place+2, child)
}

// scale splits and merges until there is a given number of shards of equal size.
//
// Assumption KIN-13: UpdateShardCount goes from the lowest hash key to the highest. It splits a shard where a new one ends, and
// merges the shards within a new one, two at a time. A shard that fits except for rounding stays. So four shards become three
// through the shards 4 to 10, and 6, 9 and 10 stay open (risingwavelabs/risingwave#9961, which shows what AWS did); "uniform
// scaling creates shards of equal size" (API reference, UpdateShardCount).
//
// moto counts fewer splits and merges for some numbers, and makes shards of different sizes.
func (d *draft) scale(target int) {
	for place, want := range split(target) {
		fits := func(last hashKey) bool { return last == want.end || place < target-1 && last.near(want.end) }
		for !fits(d.at(place).Last) {
			next := place
			if d.at(place).Last.compare(want.end) < 0 {
				next++
			}
			if last := d.at(next).Last; !fits(last) && last.compare(want.end) > 0 {
				d.split(next, want.end.plusOne())
			}
			if next > place {
				d.merge(place)
			}
		}
	}
}

// into puts the draft's shards into a description.
func (d *draft) into(of *description) {
	of.Lineage, of.Shards = d.entries, len(d.open)
}

// scaleTo scales a description to a number of shards, or returns AWS's refusal.
//
// Assumption KIN-14: UpdateShardCount refuses more than twice and less than half of the open shards, and an eleventh call within
// 24 hours, with a LimitExceededException (API reference, UpdateShardCount) and the messages in mhart/kinesalite#103. AWS does
// not document a message for the eleventh call. A call for the current number of shards counts among the ten.
func (s *Service) scaleTo(d *description, target int) *refusal {
	now := s.options.Clock.Now()
	if d.Mode == onDemand {
		return notOnDemand("UpdateShardCount")
	}
	counts := fmt.Sprintf("Current open shard count: %d, Target shard count: %d", d.Shards, target)
	since := now.Add(-scalePeriod).UnixMilli()
	scaled := slices.DeleteFunc(slices.Clone(d.Scaled), func(at int64) bool { return at <= since })
	switch {
	case target > maxShards:
		return refuse("LimitExceededException", "Target shard count or number of open shards cannot be greater than %d. %s", maxShards, counts)
	case target > scaleMost*d.Shards:
		return refuse("LimitExceededException", "UpdateShardCount cannot scale up over double your current open shard count. %s", counts)
	case scaleMost*target < d.Shards:
		return refuse("LimitExceededException", "UpdateShardCount cannot scale down below half your current open shard count. %s", counts)
	case len(scaled) >= scaleCalls && !s.options.Unlimited:
		return refuse("LimitExceededException", "UpdateShardCount cannot scale more than %d times in %d hours. %s", scaleCalls, int(scalePeriod.Hours()), counts)
	}
	if problem := s.roomFor(target - d.Shards); problem != nil {
		return problem
	}
	drafted := newDraft(d, now)
	drafted.scale(target)
	drafted.into(d)
	d.Scaled = slices.Concat(scaled, []int64{now.UnixMilli()})
	return nil
}

// scaleRemedy says what to do if a number of shards cannot become another.
func scaleRemedy(shards, target int) string {
	least, most := (shards+scaleMost-1)/scaleMost, min(scaleMost*shards, maxShards)
	if target >= least && target <= most {
		return fmt.Sprintf("set shard_count to %d, wait, or start with --unlimited", shards)
	}
	return fmt.Sprintf("set shard_count to %d to %d and start again for each step", least, most)
}

// notOnDemand refuses an action that only a provisioned stream supports (API reference, ValidationException of these actions, which
// gives no message).
func notOnDemand(action string) *refusal {
	return refuse("ValidationException", "%s is only supported for data streams with the provisioned capacity mode.", action)
}

var updateShardCountInput = append([]field{
	{name: "ScalingType", kind: stringKind, required: true, checks: []check{oneOf("UNIFORM_SCALING")}},
	{name: "TargetShardCount", kind: integerKind, required: true, checks: between(1, 100_000)},
}, namedStream...)

func (s *Service) updateShardCount(body []byte) ([]byte, *refusal) {
	in, problem := decode(body, updateShardCountInput, streamNeeded)
	if problem != nil {
		return nil, problem
	}
	answer := struct {
		CurrentShardCount int
		StreamARN         string
		StreamName        string
		TargetShardCount  int
	}{TargetShardCount: int(in.integer("TargetShardCount"))}
	problem = s.reshard(in, func(d *description) *refusal {
		answer.CurrentShardCount, answer.StreamARN, answer.StreamName = d.Shards, d.ARN, d.Name
		return s.scaleTo(d, answer.TargetShardCount)
	})
	if problem != nil {
		return nil, problem
	}
	return encode(answer)
}

var splitShardInput = append([]field{
	{name: "NewStartingHashKey", kind: stringKind, required: true, checks: []check{hashCheck}},
	{name: "ShardToSplit", kind: stringKind, required: true, checks: nameChecks},
}, namedStream...)

func (s *Service) splitShard(body []byte) ([]byte, *refusal) {
	in, problem := decode(body, splitShardInput, streamNeeded)
	if problem != nil {
		return nil, problem
	}
	index, problem := s.shardNamed(in, "ShardToSplit")
	if problem != nil {
		return nil, problem
	}
	return nil, s.reshard(in, func(d *description) *refusal {
		drafted := newDraft(d, s.options.Clock.Now())
		place, problem := s.openAt("SplitShard", d, drafted, index)
		if problem == nil {
			problem = s.roomFor(1)
		}
		if problem != nil {
			return problem
		}
		parent, text := *drafted.at(place), in.text("NewStartingHashKey")
		key, ok := parseHash(text)
		// First.plusOne() would wrap around for a range of only the last key.
		if !ok || key.compare(parent.First) <= 0 || key.minusOne() == parent.First || key.compare(parent.Last) >= 0 {
			return invalid("NewStartingHashKey %s used in SplitShard() on shard %s in stream %s under account %s is not both greater than one plus the shard's StartingHashKey %s and less than the shard's EndingHashKey %s.",
				text, shardID(index), d.Name, s.options.Account, parent.First, parent.Last)
		}
		drafted.split(place, key)
		drafted.into(d)
		return nil
	})
}

var mergeShardsInput = append([]field{
	{name: "ShardToMerge", kind: stringKind, required: true, checks: nameChecks},
	{name: "AdjacentShardToMerge", kind: stringKind, required: true, checks: nameChecks},
}, namedStream...)

func (s *Service) mergeShards(body []byte) ([]byte, *refusal) {
	in, problem := decode(body, mergeShardsInput, streamNeeded)
	if problem != nil {
		return nil, problem
	}
	lower, problem := s.shardNamed(in, "ShardToMerge")
	if problem != nil {
		return nil, problem
	}
	upper, problem := s.shardNamed(in, "AdjacentShardToMerge")
	if problem != nil {
		return nil, problem
	}
	return nil, s.reshard(in, func(d *description) *refusal {
		drafted := newDraft(d, s.options.Clock.Now())
		place, problem := s.openAt("MergeShards", d, drafted, lower)
		if problem != nil {
			return problem
		}
		next, problem := s.openAt("MergeShards", d, drafted, upper)
		if problem != nil {
			return problem
		}
		if next != place+1 {
			return invalid("Shards %s and %s in stream %s under account %s are not an adjacent pair of shards eligible for merging",
				shardID(lower), shardID(upper), d.Name, s.options.Account)
		}
		drafted.merge(place)
		drafted.into(d)
		return nil
	})
}

// shardNamed is the index of the shard that a member names. Its messages and those below are kinesalite's (actions/splitShard.js,
// actions/mergeShards.js), whose author compared them with AWS, and those of mhart/kinesalite#109.
func (s *Service) shardNamed(in input, member string) (int, *refusal) {
	name, problem := s.streamName(in)
	if problem != nil {
		return 0, problem
	}
	index, ok := parseShardID(in.text(member))
	if !ok {
		return 0, s.couldNotFind(in.text(member), name)
	}
	return index, nil
}

func (s *Service) couldNotFind(shard, stream string) *refusal {
	return refuse("ResourceNotFoundException", "Could not find shard %s in stream %s under account %s.", shard, stream, s.options.Account)
}

// openAt is the position of a shard among the open ones.
func (s *Service) openAt(action string, d *description, drafted *draft, index int) (int, *refusal) {
	if d.Mode == onDemand {
		return 0, notOnDemand(action)
	}
	at := slices.IndexFunc(drafted.entries, func(e shardEntry) bool { return e.Index == index })
	if at < 0 {
		return 0, s.couldNotFind(shardID(index), d.Name)
	}
	place := slices.Index(drafted.open, at)
	if place < 0 {
		return 0, invalid("Shard %s in stream %s under account %s has already been merged or split, and thus is not eligible for merging or splitting.",
			shardID(index), d.Name, s.options.Account)
	}
	return place, nil
}

// reshard changes the shards of the stream that a call names. The change is on disk when it returns nil.
func (s *Service) reshard(in input, plan func(*description) *refusal) *refusal {
	found, problem := s.stream(in)
	if problem != nil {
		return problem
	}
	found.routing.Lock()
	defer found.routing.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if (*s.streams.Load())[found.name] != found {
		return s.unknown(found.name) // it was deleted meanwhile
	}
	d := *found.description.Load()
	if problem := plan(&d); problem != nil {
		return problem
	}
	if err := s.reshape(found, d); err != nil {
		return failure(err)
	}
	return nil
}

// reshape writes a description with other shards to disk, and then puts it in force. It is called with mu held, and also with the
// stream's routing if it closes shards. The file is not replaced between the two steps: see [Service.repair].
func (s *Service) reshape(of *stream, d description) error {
	for {
		known := s.generation.Load()
		set := newShardSet(of, d.entries(), of.all())
		if err := s.update(func(tx *bbolt.Tx) error { return storeShards(tx, of, &d, set) }); err != nil {
			return err
		}
		if s.enforce(of, d, set, known) {
			return nil
		}
	}
}

// storeShards writes a description and the missing buckets of its shards. A failed commit may have left some buckets.
func storeShards(tx *bbolt.Tx, of *stream, d *description, set *shardSet) error {
	for _, shard := range set.all {
		if find(of.all(), shard.index) == nil {
			if _, err := tx.CreateBucketIfNotExists(shard.bucket); err != nil {
				return err
			}
		}
	}
	return storeDescription(tx, d)
}

// enforce puts shards in force, unless the file has been replaced since a generation.
func (s *Service) enforce(of *stream, d description, set *shardSet, known int64) bool {
	s.files.RLock()
	defer s.files.RUnlock()
	if s.generation.Load() != known {
		return false
	}
	of.indexes = append(of.indexes, make([]uint64, max(0, groups(set.all)-len(of.indexes)))...)
	of.description.Store(&d)
	of.shards.Store(set)
	for _, entry := range d.entries() {
		shard := find(set.all, entry.Index)
		if entry.Closed == shard.closed.Load() {
			continue
		}
		shard.closed.Store(entry.Closed)
		shard.mu.Lock()
		shard.wake()
		shard.mu.Unlock()
	}
	return true
}

// roomFor checks whether a number of additional shards may be open. It is called with mu held.
func (s *Service) roomFor(more int) *refusal {
	count := 0
	for _, stream := range *s.streams.Load() {
		count += stream.description.Load().Shards
	}
	if more <= 0 || count+more <= maxShards {
		return nil
	}
	return refuse("LimitExceededException", "This request would exceed the shard limit for the account %s in %s. "+
		"Current shard count for the account: %d. Limit: %d. Number of additional shards that would have resulted from this request: %d. "+
		"Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) "+
		"for current limits and how to request higher limits.", s.options.Account, s.options.Region, count, maxShards, more)
}

// expire removes closed shards whose records have all expired; their buckets are deleted like those of a deleted stream.
func (c *committer) expire() error {
	now := c.options.Clock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range *c.streams.Load() {
		horizon := s.horizon(now)
		if !slices.ContainsFunc(s.all(), func(shard *shard) bool { return shard.expired(horizon) }) {
			continue
		}
		d := *s.description.Load()
		d.Lineage = slices.DeleteFunc(slices.Clone(d.entries()), func(e shardEntry) bool { return find(s.all(), e.Index).expired(horizon) })
		if err := c.reshape(s, d); err != nil {
			return err
		}
	}
	return nil
}

// kept are a stream's shards that have not expired.
func (s *stream) kept(now time.Time) []*shard {
	horizon := s.horizon(now)
	return slices.DeleteFunc(slices.Clone(s.all()), func(shard *shard) bool { return shard.expired(horizon) })
}

// children are the shards that a shard was split or merged into, except expired ones.
func (s *shard) children(now time.Time) []*shard {
	return slices.DeleteFunc(s.stream.kept(now), func(child *shard) bool { return !slices.Contains(child.parents, s.index) })
}
