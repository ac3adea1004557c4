package firehose

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"cdk.tf/go/ingest/internal/readable"
	"cdk.tf/go/ingest/local/durable"
)

// checkpoint has the position up to which each shard has been delivered. It is written after the object. So a crash between the
// two writes delivers the records again and never loses them.
type checkpoint struct {
	// Stream is the stream of these sequence numbers. DeliveryStream has delivered up to them.
	DeliveryStream string `json:"deliveryStream"`
	Stream         string `json:"stream"`
	// After holds the sequence number of the last delivered record by shard. "" means to begin with the oldest record.
	After map[string]string `json:"after"`
	// Checksum covers the other fields: a wrong digit would skip records. Older checkpoints have none.
	Checksum string `json:"checksum,omitempty"`
}

// checksum returns the CRC-32C of the checkpoint's content, in hexadecimal.
func (c checkpoint) checksum() (string, error) {
	c.Checksum = ""
	text, err := json.Marshal(c)
	return fmt.Sprintf("%08x", crc32.Checksum(text, crc32.MakeTable(crc32.Castagnoli))), err
}

// loadCheckpoint reads a checkpoint. It returns nil if the file does not exist.
func loadCheckpoint(path string, cfg Config) (*checkpoint, error) {
	text, err := readable.File(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the checkpoint %w", err)
	}
	const remedy = "repair it, or delete it to deliver again all that the stream keeps"
	var c checkpoint
	if err := readable.JSON(text, &c); err != nil {
		return nil, fmt.Errorf("the checkpoint %s cannot be read: %w; %s", path, err, remedy)
	}
	if c.Stream == "" || c.DeliveryStream == "" {
		return nil, fmt.Errorf("the checkpoint %s does not name its delivery stream and its stream; %s", path, remedy)
	}
	if err := c.check(text); err != nil {
		return nil, fmt.Errorf("the checkpoint %s is damaged: %w; delete it to deliver again all that the stream keeps", path, err)
	}
	if c.Stream != cfg.StreamARN || c.DeliveryStream != cfg.ARN {
		return nil, fmt.Errorf("the checkpoint %s is that of %s reading %s, not of %s reading %s; first run its own stack once more, so no record of that stream stays undelivered; then delete this file",
			path, c.DeliveryStream, c.Stream, cfg.ARN, cfg.StreamARN)
	}
	for shard, after := range c.After {
		if strings.Trim(after, "0123456789") != "" {
			return nil, fmt.Errorf("the checkpoint %s has %q for %s, which is not a sequence number; %s", path, after, shard, remedy)
		}
	}
	return &c, nil
}

// check compares a checkpoint with its checksum. An older checkpoint does not mention a checksum at all.
func (c checkpoint) check(text []byte) error {
	if c.Checksum == "" && isOld(text) {
		return nil
	}
	want, err := c.checksum()
	if err == nil && want != c.Checksum {
		err = fmt.Errorf("its checksum is %q, not %q", want, c.Checksum)
	}
	return err
}

// isOld reports whether a text has only the members that the first checkpoints had.
func isOld(text []byte) bool {
	strict := json.NewDecoder(bytes.NewReader(text))
	strict.DisallowUnknownFields()
	var old struct {
		DeliveryStream string            `json:"deliveryStream"`
		Stream         string            `json:"stream"`
		After          map[string]string `json:"after"`
	}
	return strict.Decode(&old) == nil
}

// makeFolder makes a folder again if somebody has removed it, because delivery needs it, and syncs its name. It does not make the
// folders above, because those hold the stream too.
func makeFolder(folder string) error {
	err := os.Mkdir(folder, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return durable.SyncFolder(filepath.Dir(folder))
}

// save replaces the whole file, and returns when it is on disk.
func (c checkpoint) save(path string) error {
	checksum, err := c.checksum()
	if err != nil {
		return err
	}
	c.Checksum = checksum
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	if err := makeFolder(filepath.Dir(path)); err != nil {
		return err
	}
	return durable.WriteFile(path, append(text, '\n'))
}

// later reports whether sequence number a comes after b. Sequence numbers are decimal numbers of any length. "" comes before
// all of them.
func later(a, b string) bool {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return a > b
}

// with returns the checkpoint with other positions.
func (c checkpoint) with(after map[string]string) checkpoint {
	c.After = maps.Clone(c.After)
	maps.Copy(c.After, after)
	return c
}

// Delivered returns how far the delivery streams of a folder of checkpoints have delivered a stream: for each of them that
// reads it, the last sequence number by shard. A checkpoint that cannot be read counts as nothing delivered.
func Delivered(folder, stream string) []map[string]string {
	files, _ := filepath.Glob(filepath.Join(folder, "*.json"))
	var positions []map[string]string
	for _, file := range files {
		text, err := readable.File(file)
		if err != nil {
			continue
		}
		var c checkpoint
		if readable.JSON(text, &c) == nil && c.check(text) == nil && strings.HasSuffix(c.Stream, ":stream/"+stream) {
			positions = append(positions, c.After)
		}
	}
	return positions
}
