// Package cloudwatch keeps the log groups of a stack as files: one file a group, one line an event.
package cloudwatch

import (
	"bufio"
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
	// RetentionDays is 0 where lines are kept for ever. Nothing expires here: the data folder is the reader's to delete.
	RetentionDays int
}

// Read finds the stack's log groups. The stack is resolved.
func Read(stack *tfjson.Stack) ([]Config, error) {
	var groups []Config
	for _, r := range stack.Resources("aws_cloudwatch_log_group") {
		var body struct {
			Name            string            `tf:"name"`
			RetentionInDays int               `tf:"retention_in_days"`
			Tags            map[string]string `tf:"tags"`
		}
		if err := r.Into(&body); err != nil {
			return nil, err
		}
		arn, err := stack.Attribute(r.Address(), "arn")
		if err != nil {
			return nil, err
		}
		groups = append(groups, Config{Name: body.Name, ARN: arn, RetentionDays: body.RetentionInDays})
	}
	return groups, nil
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

// FileName is where a group's lines lie below a folder: /aws/apigateway/x is aws/apigateway/x.log. A name is made of
// letters, digits and "_-/.#" (CloudWatch Logs API reference, CreateLogGroup); ".." and empty parts are refused.
func FileName(name string) (string, error) {
	file := filepath.FromSlash(strings.TrimPrefix(name, "/")) + ".log"
	if !filepath.IsLocal(file) || strings.Contains(name, "//") {
		return "", fmt.Errorf("log group %q has no place below a folder; use a name without \"..\" and \"//\"", name)
	}
	return file, nil
}

// Open opens the file of a group below dir for appending.
func Open(dir, name string, clock clockwork.Clock) (*Group, error) {
	file, err := FileName(name)
	if err != nil {
		return nil, err
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
