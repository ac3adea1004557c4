package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cdk.tf/go/ingest/internal/goldens"
)

// documents are the pages that a user reads, from this package's folder.
func documents(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/runbooks/*.md", "webapp/README.md"} {
		files, err := filepath.Glob(filepath.Join(goldens.Root(), pattern))
		must(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			must(t, err)
			name, err := filepath.Rel(goldens.Root(), file)
			must(t, err)
			found[name] = string(text)
		}
	}
	return found
}

var (
	shellBlock    = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")
	inlineCode    = regexp.MustCompile("`([^`\n]+)`")
	ingestCommand = regexp.MustCompile(`(?m)(?:^|\s)(?:bin/)?ingest ([a-z]+(?: [^#|<>;&)]*)?)`)
)

// code are the shell blocks of a page, and what stands between backticks in its text.
func code(page string) []string {
	var found []string
	for _, match := range append(shellBlock.FindAllStringSubmatch(page, -1), inlineCode.FindAllStringSubmatch(shellBlock.ReplaceAllString(page, ""), -1)...) {
		found = append(found, strings.Split(strings.ReplaceAll(match[1], "\\\n", " "), "\n")...)
	}
	return found
}

// Each command line of ingest in the documents, and in the workflows that a user copies, names a command and flags that are there.
func TestDocumentedCommands(t *testing.T) {
	seen, pages := 0, documents(t)
	for _, workflow := range []string{"docs/examples/github/deploy.yml", "docs/examples/clienttest/workflow.yml"} {
		pages[workflow] = "```sh\n" + read(t, filepath.Join(goldens.Root(), workflow)) + "```"
	}
	for page, text := range pages {
		for _, line := range code(text) {
			match := ingestCommand.FindStringSubmatch(line)
			if match == nil {
				continue
			}
			seen++
			if problem := unknownFlag(strings.Fields(match[1])); problem != "" {
				t.Errorf("%s: %q: %s", page, line, problem)
			}
		}
	}
	if seen < 10 {
		t.Errorf("the documents have %d commands of ingest; are they found?", seen)
	}
}

// unknownFlag says which command or flag of a command line is not there, or nothing.
func unknownFlag(words []string) string {
	command, _, err := newRoot().Find(words)
	if err != nil || !command.HasParent() {
		return "there is no such command"
	}
	for _, word := range words {
		name, _, _ := strings.Cut(strings.TrimPrefix(word, "--"), "=")
		name = strings.TrimRight(name, ".,;:")
		if strings.HasPrefix(word, "--") && name != "help" && command.Flags().Lookup(name) == nil {
			return "there is no flag --" + name
		}
	}
	return ""
}

func TestAnUndocumentedFlagIsFound(t *testing.T) {
	for line, want := range map[string]string{
		"up --env dev --nothing": "there is no flag --nothing",
		"nothing --env dev":      "there is no such command",
		"up --api=127.0.0.1:0":   "",
	} {
		if got := unknownFlag(strings.Fields(line)); got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
}

// Each flag of `ingest up` and `ingest replay` has its row in the page of the command.
func TestEveryFlagIsDocumented(t *testing.T) {
	pages := documents(t)
	for page, command := range map[string]*cobra.Command{"docs/local.md": upCommand(), "docs/operations.md": replayCommand()} {
		command.Flags().VisitAll(func(flag *pflag.Flag) {
			if !regexp.MustCompile("(?m)^\\|[^|]*`--" + flag.Name + "`").MatchString(pages[page]) {
				t.Errorf("%s has no row for --%s", page, flag.Name)
			}
		})
	}
}

var (
	goBlock   = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")
	goInline  = regexp.MustCompile("`(env\\.[^`]*=[^`]*)`")
	savedAs   = regexp.MustCompile("(?s)Save it as `(stacks/[a-z]+\\.go)`:\n\n```go\n(.*?)\n```")
	listed    = regexp.MustCompile(`declared = \[\]func\(\) spec\.Environment\{([^}]*)\}`)
	curlEvent = regexp.MustCompile(`-d '(\{"event"[^']*\})'`)
)

// aroundGo is what lines of the documents may use: an environment's types, and the stack of a pipeline.
const aroundGo = `package stacks

import (
	"time"

	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/spec"
)

var _, _ = jsii.String, time.Second

`

// The Go code in the documents compiles: whole files as they are, and lines as those of an environment's function.
func TestDocumentedGoCompiles(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the AWS provider's bindings; run it without -short")
	}
	var body strings.Builder
	body.WriteString(aroundGo)
	seen := 0
	for _, text := range sorted(documents(t)) {
		for _, match := range append(goBlock.FindAllStringSubmatch(text, -1), goInline.FindAllStringSubmatch(text, -1)...) {
			if strings.HasPrefix(match[1], "package ") || strings.Contains(match[1], "import ") || strings.Contains(match[1], "= …") {
				continue
			}
			seen++
			body.WriteString("func _(env spec.Environment, stack cdktf.TerraformStack) {\n{\n" + match[1] + "\n_ = env\n}\n_ = env\n}\n\n")
		}
	}
	if seen < 5 {
		t.Fatalf("the documents have %d pieces of Go; are they found?", seen)
	}
	overlay := overlay(t, map[string]string{"stacks/documented.go": body.String()})
	if out, err := inProject("go", "build", "-overlay", overlay, "./stacks").CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s\n%s", err, out, body.String())
	}
}

// The README's first environment is one: it synthesises, it runs, and the README's first event is in its schema.
func TestTheFirstEnvironment(t *testing.T) {
	if testing.Short() {
		t.Skip("it synthesises; run it without -short")
	}
	pages := documents(t)
	example := savedAs.FindStringSubmatch(pages["README.md"])
	event := curlEvent.FindStringSubmatch(pages["README.md"])
	if example == nil || event == nil {
		t.Fatal("the README has no first environment, or no first event")
	}
	p := begin(t, synthesised(t, example, "QA"), t.TempDir())
	if answer := p.mustPost(event[1]); answer.Status != http.StatusOK {
		t.Errorf("the first event is answered with %+v", answer)
	}
	if answer := p.mustPost(`{"event": "signup", "user_id": "one"}`); answer.Status != http.StatusBadRequest {
		t.Errorf("an event that breaks the schema is answered with %+v", answer)
	}
}

// synthesised is the stack's file of an environment from a page: its path and its text, with the function's name.
func synthesised(t *testing.T, example []string, function string) string {
	t.Helper()
	all, err := os.ReadFile(filepath.Join(goldens.Root(), "stacks/all.go"))
	must(t, err)
	out, name := t.TempDir(), strings.ToLower(function)
	synthesis := inProject("go", "run", "-overlay", overlay(t, map[string]string{
		example[1]:      example[2] + "\n",
		"stacks/all.go": listed.ReplaceAllString(string(all), "declared = []func() spec.Environment{$1, "+function+"}"),
	}), ".")
	synthesis.Env = append(os.Environ(), "ENV="+name, "CDKTF_OUTDIR="+out)
	if text, err := synthesis.CombinedOutput(); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	return filepath.Join(out, "stacks", name, "cdk.tf.json")
}

func sorted(pages map[string]string) []string {
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		texts = append(texts, pages[name])
	}
	return texts
}

// overlay is a file for `go build -overlay` that puts texts in the place of the project's files, or beside them.
func overlay(t *testing.T, texts map[string]string) string {
	t.Helper()
	folder, replaced := t.TempDir(), map[string]string{}
	for name, text := range texts {
		file := filepath.Join(folder, filepath.Base(name))
		must(t, os.WriteFile(file, []byte(text), 0o600))
		replaced[filepath.Join(goldens.Root(), name)] = file
	}
	text, err := json.Marshal(map[string]any{"Replace": replaced})
	must(t, err)
	file := filepath.Join(folder, "overlay.json")
	must(t, os.WriteFile(file, text, 0o600))
	return file
}

func inProject(program string, args ...string) *exec.Cmd {
	command := exec.Command(program, args...)
	command.Dir = goldens.Root()
	return command
}

// shopEvent is a curl command of the shop's page: its path, its content type and its body.
var shopEvent = regexp.MustCompile(`127\.0\.0\.1:8080(/shop/\S*) -H 'Content-Type: ([^']*)' -d '([^']*)'`)

// The web shop's environment synthesises and runs, and the page's commands put an event into each folder.
func TestTheShop(t *testing.T) {
	if testing.Short() {
		t.Skip("it synthesises; run it without -short")
	}
	page := documents(t)["docs/shop.md"]
	example := savedAs.FindStringSubmatch(page)
	commands := shopEvent.FindAllStringSubmatch(page, -1)
	if example == nil || len(commands) != 4 {
		t.Fatalf("the page has no environment, or not four commands: %q", commands)
	}
	data := t.TempDir()
	p := begin(t, synthesised(t, example, "Shop"), data)
	for _, command := range commands {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.api+command[1], strings.NewReader(command[3]))
		must(t, err)
		request.Header.Set("Content-Type", command[2])
		response, err := http.DefaultClient.Do(request)
		must(t, err)
		must(t, response.Body.Close())
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s is answered with %d", command[0], response.StatusCode)
		}
	}
	if answer := p.mustPost(`{}`); answer.Status != http.StatusBadRequest {
		t.Errorf("an event that breaks the schema is answered with %+v", answer)
	}
	if status := p.end(); status != 0 {
		t.Fatalf("it ends with %d:\n%s", status, p.stderr)
	}
	for kind, want := range map[string]string{
		"page-view": `"type":"page-view","event":{"page": "/keyboards", "loadMs": 310}}` + "\n",
		"order":     `"type":"order","event":{"order": "o-1", "total": 89.90}}` + "\n",
		"reading":   `"type":"reading","index":1,"event":{"device":"th-8","celsius":19.0}}` + "\n",
		"other":     `"type":null,"event":{"event": "signup", "user_id": 123}}` + "\n",
	} {
		files, err := filepath.Glob(filepath.Join(data, "s3", "*", "events", "type="+kind, "year=*", "*", "*", "*", "*"))
		must(t, err)
		if len(files) != 1 {
			t.Errorf("the folder of %s has %d objects", kind, len(files))
			continue
		}
		if text := read(t, files[0]); !strings.HasSuffix(text, want) {
			t.Errorf("the object of %s is %s, want it to end with %s", kind, text, want)
		}
	}
}
