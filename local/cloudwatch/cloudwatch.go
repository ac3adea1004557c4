// Package cloudwatch keeps the log groups of a stack as files: one file a group, one line an event.
package cloudwatch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
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

const (
	// flushEvery bounds how long a line waits in memory. A log line is no event: losing its last second to a kill -9 is
	// what CloudWatch's own batching would do.
	flushEvery = time.Second
	// flushSize is how many bytes wait at most.
	flushSize = 64 << 10
)

// Group writes one log group's lines. It may be used by several goroutines.
type Group struct {
	path   string
	logger *slog.Logger
	done   chan struct{}

	mu      sync.Mutex
	file    io.WriteCloser
	info    os.FileInfo // of file
	pending []byte
	// failing is true while lines cannot be written, and dropped counts those since it is.
	failing bool
	dropped int
	// torn is true where the file ends in the middle of a line.
	torn bool
	// astray is true where the path has another file, or none, and cannot be opened.
	astray bool
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

// Open opens the file of a group below dir for appending. Whoever renames or removes it, as logrotate does, finds the next
// lines in a new one.
func Open(dir, name string, clock clockwork.Clock, logger *slog.Logger) (*Group, error) {
	file, err := fileName(name)
	if err != nil {
		return nil, fmt.Errorf("the log group is %w", err)
	}
	g := &Group{path: filepath.Join(dir, file), logger: logger.With("log_group", name), done: make(chan struct{})}
	if err := g.open(); err != nil {
		return nil, err
	}
	go g.flushNowAndThen(clock.NewTicker(flushEvery))
	return g, nil
}

// open opens what is at the path, in place of what was open before.
func (g *Group) open() error {
	if err := os.MkdirAll(filepath.Dir(g.path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(g.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close() // nothing was written to it
		return err
	}
	if g.file != nil {
		_ = g.file.Close() // what was written to it was written
	}
	g.file, g.info, g.torn, g.astray = file, info, false, false
	return nil
}

var _ io.WriteCloser = (*Group)(nil)

// Write adds whole lines and never fails: what cannot be written is dropped, counted and said, because a full disk must not
// fail a request for its log line.
func (g *Group) Write(lines []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.pending)+len(lines) > flushSize {
		g.flush()
	}
	if len(lines) > flushSize {
		g.put(lines)
	} else {
		g.pending = append(g.pending, lines...)
	}
	return len(lines), nil
}

func (g *Group) flushNowAndThen(tick clockwork.Ticker) {
	defer tick.Stop()
	for {
		select {
		case <-g.done:
			return
		case <-tick.Chan():
			g.mu.Lock()
			g.flush()
			g.mu.Unlock()
		}
	}
}

// flush is called with mu held, as are put and reopen.
func (g *Group) flush() {
	if len(g.pending) > 0 {
		g.put(g.pending)
		g.pending = g.pending[:0]
	}
}

// put writes lines. Of one that a failure tears, the rest is dropped, and the next begins on a line of its own.
func (g *Group) put(lines []byte) {
	g.reopen()
	if g.torn {
		lines = append([]byte{'\n'}, lines...)
	}
	n, err := g.file.Write(lines)
	if n > 0 {
		g.torn = lines[n-1] != '\n'
	}
	switch {
	case err != nil:
		if !g.failing {
			g.logger.Error("the log cannot be written; its lines are dropped until it can be", "error", err)
		}
		g.failing = true
		g.dropped += bytes.Count(bytes.TrimPrefix(lines[n:], []byte{'\n'}), []byte{'\n'})
	case g.failing:
		g.logger.Warn("the log is written again", "dropped_lines", g.dropped)
		g.failing, g.dropped = false, 0
	}
}

// reopen opens the path where it is another file by now, or none. Where that fails, the one that is open goes on.
func (g *Group) reopen() {
	if info, err := os.Stat(g.path); err == nil && os.SameFile(info, g.info) {
		return
	}
	if err := g.open(); err != nil && !g.astray {
		g.astray = true
		g.logger.Error("the log was moved, and cannot be opened again where it was; it goes on in the file that was moved", "error", err)
	}
}

// Close writes what is buffered and closes the file.
func (g *Group) Close() error {
	close(g.done)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.flush()
	if g.failing {
		g.logger.Error("the log ends without its last lines", "dropped_lines", g.dropped)
	}
	return g.file.Close()
}
