package kinesis

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

const (
	// trimInterval is how often what is past its retention is looked for. Between, readers pass over it.
	trimInterval = time.Minute

	// trimRecords bounds one transaction of the trimming, so that puts wait little for it.
	trimRecords = 1000

	// trimPace is how many commits come before one transaction of the trimming while puts keep coming. About as many
	// records then go as come, which use the pages that become free: the longer the list of free pages, the slower each
	// commit, because it is written with it.
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

// trim deletes some of what is past its retention or belongs to a deleted stream, and is true if there may be more.
func (c *committer) trim() bool {
	bucket, cutoff, err := c.due()
	if err == nil && bucket != nil {
		err = c.update(func(tx *bbolt.Tx) error { return trimBucket(tx, bucket, cutoff) })
	}
	if err != nil {
		c.log.Error("old records cannot be deleted; the next attempt follows", "file", c.options.Path, "error", err)
		return false
	}
	return bucket != nil
}

// everything is the cutoff for a shard whose stream is deleted.
const everything = 1<<63 - 1

// due finds a shard's bucket whose oldest record arrived before the cutoff, in milliseconds.
func (c *committer) due() (name []byte, cutoff int64, err error) {
	horizons := map[string]int64{}
	now := c.options.Clock.Now()
	for _, s := range *c.streams.Load() {
		horizons[strconv.FormatInt(s.created, 10)] = s.horizon(now)
	}
	err = c.view(func(tx *bbolt.Tx) error {
		cursor := tx.Cursor()
		prefix := []byte(recordsPrefix)
		for key, _ := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); key, _ = cursor.Next() {
			horizon, alive := horizons[identity(key)]
			if !alive {
				horizon = everything
			}
			late, err := startsBefore(tx.Bucket(key), horizon)
			if err != nil {
				return err
			}
			if late || !alive {
				name, cutoff = slices.Clone(key), horizon
				return nil
			}
		}
		return nil
	})
	if err != nil || cutoff == everything && c.isAlive(identity(name)) {
		return nil, 0, err
	}
	return name, cutoff, nil
}

func startsBefore(bucket *bbolt.Bucket, horizon int64) (bool, error) {
	key, value := bucket.Cursor().First()
	if key == nil {
		return false, nil
	}
	oldest, err := readStored(key, value)
	return oldest.arrived < horizon, err
}

// identity is the creation of the stream that a bucket of records belongs to.
func identity(bucket []byte) string {
	identity, _, _ := strings.Cut(string(bucket[len(recordsPrefix):]), "/")
	return identity
}

// isAlive is true of a stream that was made since its bucket was taken for a deleted one's. Whoever makes a stream holds
// mu from before it is in the file until it is in memory. No transaction may be open here, because making may wait for it.
func (c *committer) isAlive(identity string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range *c.streams.Load() {
		if strconv.FormatInt(s.created, 10) == identity {
			return true
		}
	}
	return false
}

// trimBucket deletes the oldest records of a bucket, and the bucket itself when its stream is deleted and it is empty.
func trimBucket(tx *bbolt.Tx, name []byte, cutoff int64) error {
	bucket := tx.Bucket(name)
	if bucket == nil {
		return nil
	}
	var keys [][]byte
	cursor := bucket.Cursor()
	key, value := cursor.First()
	for ; key != nil && len(keys) < trimRecords; key, value = cursor.Next() {
		record, err := readStored(key, value)
		if err != nil {
			return err
		}
		if record.arrived >= cutoff {
			break
		}
		keys = append(keys, key)
	}
	if key == nil && cutoff == everything {
		return tx.DeleteBucket(name)
	}
	return deleteKeys(bucket, keys)
}

// deleteKeys deletes after the iteration that found the keys, because a cursor loses its place by a deletion.
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
