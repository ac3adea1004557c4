package kinesis_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cdk.tf/go/ingest/local/kinesis"
)

// producerFile is an environment variable that makes the test binary a producer on that file. With resharding it also reshards all the
// time.
const (
	producerFile = "KINESIS_TEST_PRODUCER_FILE"
	resharding   = "KINESIS_TEST_RESHARDING"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(producerFile); path != "" {
		produce(path)
		return
	}
	os.Exit(m.Run())
}

const producers = 16

// produce puts records until it is killed, and prints those that have been acknowledged.
func produce(path string) {
	s, err := kinesis.Open(kinesis.Options{Path: path, Unlimited: true})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	acknowledged := make(chan struct{}, 1000)
	if os.Getenv(resharding) != "" {
		go reshardForever(s, acknowledged)
	}
	var output sync.Mutex
	for p := range producers {
		go func() {
			for i := 0; ; i++ {
				r := s.Do(context.Background(), "PutRecord", fmt.Appendf(nil, `{"StreamName":"e","PartitionKey":"%d","Data":""}`, p*1_000_000+i))
				if r.Status != 200 {
					fmt.Printf("error %s\n", r.Body)
					os.Exit(1)
				}
				number := r.Body[bytes.LastIndexByte(r.Body, ':')+2 : len(r.Body)-2]
				output.Lock()
				fmt.Printf("%d %s\n", p*1_000_000+i, number) // one write, so the line is whole or missing
				output.Unlock()
				select {
				case acknowledged <- struct{}{}:
				default: // without resharding
				}
			}
		}()
	}
	select {}
}

// reshardForever takes a stream from 2 shards to 4 and 3 and back, a step for each hundred records.
func reshardForever(s *kinesis.Service, acknowledged <-chan struct{}) {
	for i := 0; ; i++ {
		for range 100 {
			<-acknowledged
		}
		r := s.Do(context.Background(), "UpdateShardCount", fmt.Appendf(nil, `{"StreamName":"e","ScalingType":"UNIFORM_SCALING","TargetShardCount":%d}`, []int{4, 3, 2}[i%3]))
		if r.Status != 200 && i > 2 { // the first ones may begin from another number of shards
			fmt.Printf("error %s\n", r.Body)
		}
	}
}

// A process is killed with SIGKILL under load, several times on the same file. Every acknowledged record is there under its sequence
// number, and each producer's records are in order.
func TestKill(t *testing.T) {
	checkKill(t)
}

// The same holds while the stream is resharded.
func TestKillWhileResharding(t *testing.T) {
	t.Setenv(resharding, "yes")
	checkKill(t)
}

func checkKill(t *testing.T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kinesis.db")
	s := open(t, kinesis.Options{Path: path}, map[string]int{"e": 2})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	acknowledged := map[string]string{} // key by sequence number
	for round := range 5 {
		killAfter(t, path, 500+700*round, acknowledged)
	}
	s = open(t, kinesis.Options{Path: path}, nil)
	shards, err := s.Shards(context.Background(), "e")
	if err != nil {
		t.Fatal(err)
	}
	total := len(acknowledged)
	t.Logf("%d records were acknowledged, in %d shards", total, len(shards))
	if want := os.Getenv(resharding) != ""; (len(shards) > 2) != want {
		t.Errorf("there are %d shards", len(shards))
	}
	for _, shard := range shards {
		for after := ""; ; {
			records, err := s.Records(context.Background(), "e", shard.ID, after, 1000)
			if err != nil {
				t.Fatal(err)
			}
			if len(records) == 0 {
				break
			}
			for _, r := range records {
				if r.SequenceNumber <= after {
					t.Fatalf("%s comes after %s", r.SequenceNumber, after)
				}
				after = r.SequenceNumber
				if key, ok := acknowledged[r.SequenceNumber]; ok && key != r.PartitionKey {
					t.Errorf("%s is %s and was acknowledged as %s", r.SequenceNumber, r.PartitionKey, key)
				}
				delete(acknowledged, r.SequenceNumber)
			}
		}
	}
	if len(acknowledged) > 0 {
		t.Errorf("of %d records that were acknowledged %d are lost", total, len(acknowledged))
	}
}

// killAfter kills a producer after a number of acknowledgements, and notes all that it printed.
func killAfter(t *testing.T, path string, count int, acknowledged map[string]string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), producerFile+"="+path)
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(output)
	for said := 0; lines.Scan(); said++ {
		key, number, ok := strings.Cut(lines.Text(), " ")
		if !ok || key == "error" {
			t.Errorf("the producer says %q", lines.Text())
			continue
		}
		if _, twice := acknowledged[number]; twice {
			t.Errorf("%s is given twice", number)
		}
		acknowledged[number] = key
		if said == count {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	_ = cmd.Wait() // it was killed
	if len(acknowledged) < count {
		t.Fatalf("the producer ended after %d records", len(acknowledged))
	}
}
