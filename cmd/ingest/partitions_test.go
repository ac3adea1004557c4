package main

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
)

const partitionedBucket = "api-kinesis-firehose-bucket-option-partitions"

// partitionsOf are the lines below events/ and errors/ by the folder of their partition, such as "kind=order/tenant=a".
func partitionsOf(t *testing.T, data string) map[string][]string {
	t.Helper()
	root := filepath.Join(data, "s3", partitionedBucket)
	found := map[string][]string{}
	for _, top := range []string{"events", "errors"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, entry fs.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return nil
			}
			if err != nil || entry.IsDir() {
				return err
			}
			folder, err := filepath.Rel(root, filepath.Dir(path))
			must(t, err)
			partition := regexp.MustCompile(`/year=.*`).ReplaceAllString(filepath.ToSlash(folder), "")
			found[partition] = append(found[partition], strings.Split(strings.TrimSuffix(text(t, path), "\n"), "\n")...)
			return nil
		})
		must(t, err)
	}
	return found
}

// text is an object's content, decompressed.
func text(t *testing.T, path string) string {
	t.Helper()
	file, err := os.Open(path)
	must(t, err)
	defer func() { _ = file.Close() }()
	var reader io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		reader, err = gzip.NewReader(file)
		must(t, err)
	}
	content, err := io.ReadAll(reader)
	must(t, err)
	return string(content)
}

// Each event lands in the folder of its fields, and one without the field below the error prefix, from which a replay takes it. A kill
// while some partitions are delivered and others are in a buffer loses nothing.
func TestPartitionsByField(t *testing.T) {
	stack, data := goldens.File(t, "option-partitions"), filepath.Join(t.TempDir(), "data")
	p := begin(t, stack, data, "--buffer-interval", "900s")
	want := map[string]string{} // by the event's number
	for n, event := range []string{`"event":"order","tenant":"acme"`, `"event":"click","tenant":"acme"`, `"event":"order","tenant":"b & c"`, `"event":"view"`} {
		body := fmt.Sprintf(`{"n":%d,%s}`, n, event)
		if answer := p.mustPost(body); answer.Status != http.StatusOK {
			t.Fatalf("%s is answered with %+v", body, answer)
		}
		want[[]string{"events/kind=order/tenant=acme", "events/kind=other/tenant=acme", "events/kind=order/tenant=b & c", "errors/metadata-extraction-failed"}[n]] = body
	}
	p.kill()

	again := begin(t, stack, data, "--buffer-interval", "900s")
	if status := again.end(); status != 0 { // delivers what is in the buffers
		t.Fatalf("the process ends with %d:\n%s", status, again.stderr)
	}
	got := partitionsOf(t, data)
	for partition, event := range want {
		line := strings.Join(got[partition], "\n")
		if strings.HasPrefix(partition, "errors/") {
			var failed struct {
				ErrorCode string
				RawData   string
			}
			must(t, json.Unmarshal([]byte(line), &failed))
			raw, err := base64.StdEncoding.DecodeString(failed.RawData)
			must(t, err)
			if failed.ErrorCode != "DynamicPartitioning.MetadataExtractionFailed" {
				t.Errorf("the error record is %s", line)
			}
			line = string(raw)
		}
		if line != event {
			t.Errorf("%s has %q, want %q", partition, line, event)
		}
	}
	if len(got) != len(want) {
		t.Errorf("the partitions are %v", got)
	}
	if !strings.Contains(again.stdout.String(), "not delivered (metadata-extraction-failed): 1 record") {
		t.Errorf("the process says\n%s", again.stdout)
	}

	replayed := begin(t, stack, data)
	t.Chdir(t.TempDir()) // for the checkpoint
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	status, out, stderr := ingest(t, "replay", "--bucket", partitionedBucket, "--prefix", "errors/", "--stream", "api-kinesis-stream-option-partitions", "--region", "us-east-1", "--endpoint-url", replayed.aws)
	if status != 0 || !strings.Contains(out, "put 1 record from 1 object") || !strings.Contains(out, "1 DynamicPartitioning.MetadataExtractionFailed") {
		t.Errorf("the replay ends with %d and says\n%s%s", status, out, stderr)
	}
	if status := replayed.end(); status != 0 {
		t.Fatalf("the process ends with %d:\n%s", status, replayed.stderr)
	}
	if got := partitionsOf(t, data)["errors/metadata-extraction-failed"]; len(got) != 2 {
		t.Errorf("after the replay the error prefix has %q", got)
	}
}
