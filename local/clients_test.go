package local

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/lacking"
)

// clients is the folder of AWS's JavaScript clients and the programs that drive them.
const clients = "testdata/clients"

// drive runs one of the programs against the AWS address of a pipeline. A program ends with 1 if a client got an answer that AWS would
// not have sent.
func drive(t *testing.T, url, interpreter, program string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), interpreter, program)
	command.Dir = clients
	command.Env = append(os.Environ(), "ENDPOINT="+url, "BUCKET="+bucket, "STREAM=api-kinesis-stream-dev",
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true", "NO_PROXY=*")
	said, err := command.CombinedOutput()
	if text := strings.TrimSpace(string(said)); err != nil || !strings.HasSuffix(text, "done") {
		t.Errorf("%s: %v\n%s", program, err, text)
	}
}

// driveNode runs a JavaScript program, with the packages of package.json.
func driveNode(t *testing.T, url, program string) {
	t.Helper()
	node, err := exec.LookPath(cmp.Or(os.Getenv("JSII_NODE"), "node"))
	if err != nil {
		lacking.End(t, "node is not on PATH; install Node.js 20 or newer (https://nodejs.org)")
	}
	lacking.Install(t, "..", "clients")
	drive(t, url, node, program)
}

// drivePython runs a program of boto3, which comes with moto.
func drivePython(t *testing.T, url, program string) {
	t.Helper()
	for _, python := range []string{"../.venv/bin/python", "python3"} {
		path, err := exec.LookPath(python)
		if err != nil || exec.CommandContext(t.Context(), path, "-c", "import boto3").Run() != nil {
			continue
		}
		path, err = filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		drive(t, url, path, program)
		return
	}
	lacking.End(t, "neither python3 nor .venv has boto3; run: python3 -m venv .venv && .venv/bin/pip install -r deploytest/requirements.txt")
}

// AWS's JavaScript SDK speaks HTTP/2 to Kinesis by default.
func TestJavaScriptKinesisClient(t *testing.T) {
	p := devPipeline(t, func(opts *Options) { opts.Unlimited = true })
	before := p.records()
	driveNode(t, p.awsURL(), "kinesis.mjs")
	if p.records() == before && !t.Failed() && !t.Skipped() {
		t.Error("no record is in the stream")
	}
}
