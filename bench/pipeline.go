package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"cdk.tf/go/ingest/internal/goldens"
)

func build(ctx context.Context, dir string) (string, error) {
	program := filepath.Join(dir, "ingest")
	command := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/ingest")
	command.Stderr = os.Stderr
	return program, command.Run()
}

// pipeline is a running `ingest up`.
type pipeline struct {
	command   *exec.Cmd
	submitURL string
	data      string
	// firstAccepted is the time from the process's start to its first 200.
	firstAccepted time.Duration
}

// start runs the dev stack and waits until it accepts an event.
func start(ctx context.Context, program, data string, flags ...string) (*pipeline, error) {
	stack, err := goldens.Write("dev", filepath.Dir(data))
	if err != nil {
		return nil, err
	}
	args := append([]string{"up", "--stack", stack, "--api", "127.0.0.1:0", "--aws", "127.0.0.1:0", "--data", data}, flags...)
	p := &pipeline{command: exec.CommandContext(ctx, program, args...), data: data}
	p.command.Stderr = os.Stderr
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for p.submitURL == "" && lines.Scan() {
		if fields := strings.Fields(lines.Text()); len(fields) == 2 && fields[0] == "API" {
			p.submitURL = fields[1]
		}
	}
	go func() {
		for lines.Scan() { // a full pipe would stop the process
		}
	}()
	if p.submitURL == "" {
		return nil, errors.Join(errors.New("ingest up ended before it was listening"), p.command.Wait())
	}
	response, err := http.Post(p.submitURL, "application/json", strings.NewReader(`{"first":true}`))
	if err != nil {
		return nil, err
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the first event is answered with %s", response.Status)
	}
	p.firstAccepted = time.Since(began)
	return p, nil
}

// stop ends the process as Ctrl-C does, and waits until it has delivered what is buffered.
func (p *pipeline) stop() error {
	if err := p.command.Process.Signal(syscall.SIGINT); err != nil {
		return err
	}
	return p.command.Wait()
}

// memory is the process's resident memory in MiB, now and at its peak. It includes pages of the stream's file.
func (p *pipeline) memory() (now, most int) {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(p.command.Process.Pid) + "/status")
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		kib, _ := strconv.Atoi(fields[1])
		switch fields[0] {
		case "RssAnon:":
			now = kib / 1024
		case "VmHWM:":
			most = kib / 1024
		}
	}
	return now, most
}

// delivered counts the lines in the objects.
func (p *pipeline) delivered() (int, error) {
	count := 0
	err := filepath.WalkDir(filepath.Join(p.data, "s3"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || !strings.Contains(path, "/events/") {
			return err
		}
		text, err := os.ReadFile(path)
		count += bytes.Count(text, []byte("\n"))
		return err
	})
	return count, err
}
