// Package cloudwatch keeps the log groups of a stack as files, one file per group and one line per event, and its metrics in memory. It
// evaluates the stack's alarms over the metrics.
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

// Types are the resource types that Read reads or knows to have no effect here, sorted.
func Types() []string {
	return []string{"aws_cloudwatch_log_group", "aws_cloudwatch_log_stream", alarmType}
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
	// These have no effect here: nothing expires, because you delete the data folder yourself, and nothing is encrypted.
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
	name, err := stack.Attribute(r.Address(), "name") // the provider may generate it
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
	// flushEvery bounds how long a line waits in memory. A log line is not an event: a kill -9 may lose the last second of
	// lines, as CloudWatch's own batching may.
	flushEvery = time.Second
	// flushSize bounds the bytes that wait in memory.
	flushSize = 64 << 10
)

// Group writes one log group's lines. It is safe for concurrent use.
type Group struct {
	// dir is the folder of all groups, and path the file of this one.
	dir, path string

	logger *slog.Logger
	done   chan struct{}

	mu      sync.Mutex
	file    io.WriteCloser
	info    os.FileInfo // of file
	pending []byte
	// failing is true while lines cannot be written; dropped counts the lines lost since then.
	failing bool
	dropped int
	// torn is true if the file ends in the middle of a line.
	torn bool
	// astray is true if the file was moved or removed, and its path cannot be opened again.
	astray bool
}

// fileName is the path of a group's file below a folder: that of /aws/apigateway/x is aws/apigateway/x.log. A name is made of
// letters, digits and "_-/.#" (CloudWatch Logs API reference, CreateLogGroup); ".." and empty parts are refused.
func fileName(name string) (string, error) {
	file := filepath.FromSlash(strings.TrimPrefix(name, "/")) + ".log"
	if !filepath.IsLocal(file) || strings.Contains(name, "//") {
		return "", fmt.Errorf("%q, which is not the path of a file below a folder; use a name without \"..\" and \"//\"", name)
	}
	for part := range strings.SplitSeq(filepath.ToSlash(file), "/") {
		if len(part) > longestPart {
			return "", fmt.Errorf("%q, which has more than %d characters between two \"/\", so that no file has that name; shorten it", name, longestPart-len(".log"))
		}
	}
	return file, nil
}

// longestPart is the longest file name, in bytes, on common file systems.
const longestPart = 255

// File returns the path of a group's file below dir.
func File(dir, name string) (string, error) {
	file, err := fileName(name)
	if err != nil {
		return "", fmt.Errorf("the log group is %w", err)
	}
	return filepath.Join(dir, file), nil
}

// Open opens the file of a group below dir for appending. After the file is renamed or removed, as by logrotate, the next lines
// go to a new file.
func Open(dir, name string, clock clockwork.Clock, logger *slog.Logger) (*Group, error) {
	file, err := File(dir, name)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	g := &Group{dir: dir, path: file, logger: logger.With("log_group", name), done: make(chan struct{})}
	if err := g.open(); err != nil {
		return nil, err
	}
	go g.flushNowAndThen(clock.NewTicker(flushEvery))
	return g, nil
}

// makeFolders makes the folders of the file that are not there, from the one of all groups on. It makes none above: a data folder that was
// moved or removed while it was in use must not come again with its logs alone.
func (g *Group) makeFolders() error {
	if _, err := os.Stat(filepath.Dir(g.dir)); err != nil {
		return err
	}
	return os.MkdirAll(filepath.Dir(g.path), 0o755)
}

// open opens the file at the path, and closes the one that was open before.
func (g *Group) open() error {
	if err := g.makeFolders(); err != nil {
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
		_ = g.file.Close() // each write to it was checked
	}
	g.file, g.info, g.torn, g.astray = file, info, false, false
	return nil
}

var _ io.WriteCloser = (*Group)(nil)

// Write adds whole lines and never fails. Lines that cannot be written are dropped, counted and reported in the log, because a full
// disk must not fail a request for its log line.
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

// flush writes the buffered lines. It is called with mu held, as are put and reopen.
func (g *Group) flush() {
	if len(g.pending) > 0 {
		g.put(g.pending)
		g.pending = g.pending[:0]
	}
}

// put writes lines. If a failure cuts a line off, its rest is dropped, and the next line begins on a new one.
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
			g.logger.Error("the log cannot be written; lines are dropped until it can", "error", err)
		}
		g.failing = true
		g.dropped += bytes.Count(bytes.TrimPrefix(lines[n:], []byte{'\n'}), []byte{'\n'})
	case g.failing:
		g.logger.Warn("the log is written again", "dropped_lines", g.dropped)
		g.failing, g.dropped = false, 0
	}
}

// reopen opens the path again if its file was moved or removed. If that fails, the open file is used further.
func (g *Group) reopen() {
	if info, err := os.Stat(g.path); err == nil && os.SameFile(info, g.info) {
		return
	}
	if err := g.open(); err != nil && !g.astray {
		g.astray = true
		g.logger.Error("the log file was moved, and its path cannot be opened again; lines go to the moved file", "error", err)
	}
}

// Close writes what is buffered and closes the file.
func (g *Group) Close() error {
	close(g.done)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.flush()
	if g.failing {
		g.logger.Error("the last lines of the log were not written", "dropped_lines", g.dropped)
	}
	return g.file.Close()
}
