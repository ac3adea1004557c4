// Package cloudwatch keeps the log groups of a stack as files: one file a group, one line an event.
package cloudwatch

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/tfjson"
)

// Config is a declared log group.
type Config struct {
	Name string
	ARN  string
}

// Types are the resource types that Read reads, or knows to have no effect here, sorted.
func Types() []string {
	return []string{"aws_cloudwatch_log_group", "aws_cloudwatch_log_stream"}
}

// Read finds the log groups of a resolved stack. Its error holds every problem, a line each.
func Read(stack *tfjson.Stack) ([]Config, error) {
	var groups []Config
	var problems []error
	for _, r := range stack.Resources("aws_cloudwatch_log_group") {
		group, err := read(stack, r)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		groups = append(groups, group)
	}
	return groups, errors.Join(problems...)
}

func read(stack *tfjson.Stack, r tfjson.Resource) (Config, error) {
	// Without effect here: nothing expires, because the data folder is its reader's to delete, and nothing is encrypted.
	var body struct {
		Name        string            `tf:"name"`
		NamePrefix  string            `tf:"name_prefix"`
		Retention   int               `tf:"retention_in_days"`
		KMSKeyID    string            `tf:"kms_key_id"`
		Class       string            `tf:"log_group_class"`
		SkipDestroy bool              `tf:"skip_destroy"`
		Tags        map[string]string `tf:"tags"`
	}
	if err := r.Into(&body); err != nil {
		return Config{}, err
	}
	name, err := stack.Attribute(r.Address(), "name") // which may be left to the provider
	if err != nil {
		return Config{}, err
	}
	if _, err := fileName(name); err != nil {
		return Config{}, fmt.Errorf("%s: name is %w", r.Address(), err)
	}
	arn, err := stack.Attribute(r.Address(), "arn")
	return Config{Name: name, ARN: arn}, err
}

// flushEvery bounds how long a line waits in memory. A log line is no event: losing its last second to a kill -9 is
// what CloudWatch's own batching would do.
const flushEvery = time.Second

// Group writes one log group's lines. It may be used by several goroutines.
type Group struct {
	mu     sync.Mutex
	file   *os.File
	buffer *bufio.Writer
	done   chan struct{}
}

// fileName is where a group's lines lie below a folder: /aws/apigateway/x is aws/apigateway/x.log. A name is made of
// letters, digits and "_-/.#" (CloudWatch Logs API reference, CreateLogGroup); ".." and empty parts are refused.
func fileName(name string) (string, error) {
	file := filepath.FromSlash(strings.TrimPrefix(name, "/")) + ".log"
	if !filepath.IsLocal(file) || strings.Contains(name, "//") {
		return "", fmt.Errorf("%q, which has no place below a folder; use a name without \"..\" and \"//\"", name)
	}
	return file, nil
}

// Open opens the file of a group below dir for appending.
func Open(dir, name string, clock clockwork.Clock) (*Group, error) {
	file, err := fileName(name)
	if err != nil {
		return nil, fmt.Errorf("the log group is %w", err)
	}
	path := filepath.Join(dir, file)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	g := &Group{file: f, buffer: bufio.NewWriterSize(f, 64<<10), done: make(chan struct{})}
	go g.flushNowAndThen(clock.NewTicker(flushEvery))
	return g, nil
}

var _ io.WriteCloser = (*Group)(nil)

// Write adds whole lines. What cannot be written is dropped: a full disk must not fail a request for its log line.
func (g *Group) Write(line []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n, err := g.buffer.Write(line); err != nil {
		g.buffer.Reset(g.file) // a bufio.Writer keeps its first error; the disk may have room again
		return n, err
	}
	return len(line), nil
}

func (g *Group) flushNowAndThen(tick clockwork.Ticker) {
	defer tick.Stop()
	for {
		select {
		case <-g.done:
			return
		case <-tick.Chan():
			_ = g.flush()
		}
	}
}

func (g *Group) flush() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.buffer.Flush(); err != nil {
		g.buffer.Reset(g.file)
		return err
	}
	return nil
}

// Close writes what is buffered and closes the file.
func (g *Group) Close() error {
	close(g.done)
	err := g.flush()
	if closed := g.file.Close(); err == nil {
		err = closed
	}
	return err
}
