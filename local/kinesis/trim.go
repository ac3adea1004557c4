package kinesis

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

const (
	// trimInterval is how often expired records are looked for. Until then, readers skip them.
	trimInterval = time.Minute

	// trimRecords bounds one transaction of the trimming, so that puts do not wait long for it.
	trimRecords = 1000

	// trimShards bounds it too: each shard has its own pages to write.
	trimShards = 100

	// trimPace is how many commits come before one transaction of the trimming while puts keep coming. Then about as many records
	// are deleted as arrive, and new records use the freed pages. A commit writes the list of free pages, so a longer list makes it
	// slower.
	trimPace = 8
)

func (s *Service) isClosing() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// trim deletes some expired records, or some of a deleted stream. It returns true if there may be more.
func (c *committer) trim() bool {
	known := c.generation.Load()
	var late []overdue
	err := c.expire()
	if err == nil {
		late, err = c.due()
	}
	if err == nil && len(late) > 0 {
		err = c.update(func(tx *bbolt.Tx) error { return trimBuckets(tx, late) })
	}
	if errors.Is(err, errDamaged) && c.repair(known) == nil {
		return false // the next call finds what is due
	}
	if err != nil {
		c.log.Error("old records cannot be deleted; the next attempt follows", "file", c.options.Path, "error", err)
		return false
	}
	return len(late) > 0
}

// overdue is a shard's bucket with records that arrived before the cutoff, in milliseconds.
type overdue struct {
	bucket []byte
	cutoff int64
}

// everything is the cutoff for a shard that has expired or whose stream is deleted.
const everything = 1<<63 - 1

// due finds buckets whose oldest record has expired and is not the newest, and buckets whose shard no longer exists.
func (c *committer) due() (late []overdue, err error) {
	horizons := map[string]int64{}
	now := c.options.Clock.Now()
	for _, s := range *c.streams.Load() {
		for _, shard := range s.all() {
			horizons[string(shard.bucket)] = s.horizon(now)
		}
	}
	err = c.view(func(tx *bbolt.Tx) error {
		cursor := tx.Cursor()
		prefix := []byte(recordsPrefix)
		for key, _ := cursor.Seek(prefix); bytes.HasPrefix(key, prefix) && len(late) < trimShards; key, _ = cursor.Next() {
			horizon, alive := horizons[string(key)]
			if !alive {
				late = append(late, overdue{slices.Clone(key), everything})
				continue
			}
			before, err := startsBefore(tx.Bucket(key), seedOf(key), horizon)
			if err != nil {
				return err
			}
			if before {
				late = append(late, overdue{slices.Clone(key), horizon})
			}
		}
		return nil
	})
	return slices.DeleteFunc(late, func(o overdue) bool { return o.cutoff == everything && c.isAlive(o.bucket) }), err
}

func startsBefore(bucket *bbolt.Bucket, seed uint32, horizon int64) (bool, error) {
	key, value := bucket.Cursor().First()
	if newest, _ := bucket.Cursor().Last(); bytes.Equal(key, newest) {
		return false, nil
	}
	oldest, err := readStored(seed, key, value)
	return oldest.arrived < horizon, err
}

// isAlive reports whether a shard was created after its bucket was taken for a deleted one's. Creating a stream or a shard holds mu from
// before it is in the file until it is in memory. No transaction may be open here, because the creation may wait for it.
func (c *committer) isAlive(bucket []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range *c.streams.Load() {
		if slices.ContainsFunc(s.all(), func(shard *shard) bool { return bytes.Equal(shard.bucket, bucket) }) {
			return true
		}
	}
	return false
}

// trimBuckets deletes the oldest records of buckets, at most [trimRecords].
func trimBuckets(tx *bbolt.Tx, late []overdue) error {
	left := trimRecords
	for _, o := range late {
		deleted, err := trimBucket(tx, o, left)
		if err != nil {
			return err
		}
		if left -= deleted; left <= 0 {
			return nil
		}
	}
	return nil
}

// trimBucket deletes the oldest records of a bucket, and the bucket itself if it is empty and its shard no longer exists. A live shard's
// newest record stays even when it has expired and cannot be read. It shows the last index that was given, so after a restart a consumer
// can tell that records have expired before it read them.
func trimBucket(tx *bbolt.Tx, o overdue, most int) (deleted int, err error) {
	bucket := tx.Bucket(o.bucket)
	if bucket == nil {
		return 0, nil
	}
	var keys [][]byte
	var newest []byte
	if o.cutoff != everything {
		newest, _ = bucket.Cursor().Last()
	}
	cursor := bucket.Cursor()
	seed := seedOf(o.bucket)
	key, value := cursor.First()
	for ; key != nil && len(keys) < most && !bytes.Equal(key, newest); key, value = cursor.Next() {
		record, err := readStored(seed, key, value)
		if err != nil {
			return 0, err
		}
		if record.arrived >= o.cutoff {
			break
		}
		keys = append(keys, key)
	}
	if key == nil && o.cutoff == everything {
		return len(keys), tx.DeleteBucket(o.bucket)
	}
	return len(keys), deleteKeys(bucket, keys)
}

// deleteKeys deletes keys after the iteration that found them, because a deletion moves a cursor.
func deleteKeys(bucket *bbolt.Bucket, keys [][]byte) error {
	for i, key := range keys {
		keys[i] = slices.Clone(key) // the page that holds it may be rewritten
	}
	for _, key := range keys {
		if err := bucket.Delete(key); err != nil {
			return err
		}
	}
	return nil
}
