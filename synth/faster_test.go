package synth

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/kinesisstream"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/internal/nodeenv"
	"cdk.tf/go/ingest/spec"
)

// synthesiseTo makes the test's binary synthesise every environment to the folder that it names, and do nothing else. This needs
// a process, because a process's environment for CDKTF's Node.js is fixed when it starts.
const synthesiseTo = "INGEST_TEST_SYNTHESISE_TO"

// wholeComparison makes the test compare the two ways of loading on every environment of the catalogue, and after every kind of
// damage to the cache: make test-loading.
const wholeComparison = "INGEST_TEST_LOADING"

// compared are the environments on which the test compares the two ways of loading: those that use most of the provider, or all.
func compared() []spec.Environment {
	if os.Getenv(wholeComparison) == "all" {
		return catalogue.All()
	}
	return []spec.Environment{catalogue.Named("prod"), catalogue.Named("option-web")}
}

// failIn makes the test's binary fail in Node.js instead, and print the panic.
const failIn = "INGEST_TEST_FAIL"

// runAsProgram is for TestMain.
func runAsProgram() {
	if folder := os.Getenv(synthesiseTo); folder != "" {
		if err := Run(context.Background(), compared(), folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Stderr, _ = os.OpenFile(os.DevNull, os.O_WRONLY, 0) // jsii reports the end of its own process
		jsii.Close()                                           // and waits for it: it writes to the cache at its end
		os.Exit(0)
	}
	if os.Getenv(failIn) != "" {
		fmt.Print(panicOfTwoWithOneName())
		os.Exit(0)
	}
}

// panicOfTwoWithOneName is CDKTF's panic for two constructs with the same name.
func panicOfTwoWithOneName() (cause any) {
	defer func() { cause = recover() }()
	app := cdktf.NewApp(&cdktf.AppConfig{Outdir: jsii.String(os.TempDir())})
	stack := cdktf.NewTerraformStack(app, jsii.String("stack"))
	for range 2 {
		kinesisstream.NewKinesisStream(stack, jsii.String("stream"), &kinesisstream.KinesisStreamConfig{Name: jsii.String("s")})
	}
	return nil
}

// littleMemory is enough for the parts of the provider that the stacks use, but not for its whole description.
const littleMemory = "NODE_OPTIONS=--max-old-space-size=160"

// synthesised runs a synthesis in a new process with a cache folder, and returns its files by name.
func synthesised(t *testing.T, cache string, environment ...string) (map[string]string, error) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "out")
	command := exec.Command(program)
	// NODE_OPTIONS and the others have the user's values, and not those that this process has set for itself.
	command.Env = append(os.Environ(), "NODE_OPTIONS=", "JSII_RUNTIME=", "INGEST_JSII_CACHE=", nodeenv.Stock+"=", "XDG_CACHE_HOME="+cache, synthesiseTo+"="+folder)
	command.Env = append(command.Env, environment...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("%w: %.400s", err, &stderr)
	}
	if stderr.Len() > 0 {
		t.Errorf("a synthesis says on standard error: %s", &stderr)
	}
	files := map[string]string{}
	for _, env := range compared() {
		text, err := os.ReadFile(filepath.Join(folder, StackFile(env.Name)))
		if err != nil {
			t.Fatal(err)
		}
		files[env.Name] = string(text)
	}
	return files, nil
}

func mustSynthesise(t *testing.T, cache string, environment ...string) map[string]string {
	t.Helper()
	files, err := synthesised(t, cache, environment...)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func same(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s: %s is not the same as with jsii's own loading", what, name)
		}
	}
}

// Loading less of the provider changes no byte, whether the cache exists, is being made, is damaged, or cannot be made.
func TestLoadingLessChangesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("it synthesises seven times; run it without -short")
	}
	cache := t.TempDir()
	want := mustSynthesise(t, cache, nodeenv.Stock+"=1")
	if made, _ := os.ReadDir(cache); len(made) != 0 {
		t.Errorf("%s=1 makes the cache %v", nodeenv.Stock, made)
	}
	if _, err := synthesised(t, cache, nodeenv.Stock+"=1", littleMemory); err == nil {
		t.Error("jsii's own loading does with little memory: the test no longer tells the two apart")
	}

	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { same(t, "two at once without a cache", mustSynthesise(t, cache), want) })
	}
	both.Wait()
	same(t, "with a cache", mustSynthesise(t, cache, littleMemory), want)
	t.Run("a note of where modules are with a wrong byte", func(t *testing.T) { notesAreMadeAgain(t, cache, want) })

	for what, damage := range damages() {
		t.Run(what, func(t *testing.T) {
			damage(t, cacheFolder(t, cache))
			same(t, "damaged", mustSynthesise(t, cache), want)
			if os.Getenv(wholeComparison) == "all" {
				// The damaged part has been made again, or is made now.
				same(t, "after the damage", mustSynthesise(t, cache), want)
			}
		})
	}

	if os.Getenv(wholeComparison) != "all" {
		return
	}
	same(t, "mended", mustSynthesise(t, cache, littleMemory), want)
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o644))
	same(t, "where no cache can be", mustSynthesise(t, file), want)
}

// notesAreMadeAgain damages the record of where modules were found. The script then ignores it.
func notesAreMadeAgain(t *testing.T, cache string, want map[string]string) {
	t.Helper()
	found := filepath.Join(cache, "ingest", "jsii", "found")
	before, err := os.ReadFile(found)
	must(t, err)
	spoil(t, found)
	same(t, "damaged", mustSynthesise(t, cache), want)
	after, err := os.ReadFile(found)
	must(t, err)
	if string(after) != string(before) {
		t.Error("what was damaged is not made again as it was")
	}
}

// damages are those that the cache detects in different ways: all of them, or the one that shows only while jsii reads the types.
// internal/nodeenv tries all, and more, with a small description in the provider's place.
func damages() map[string]func(t *testing.T, folder string) {
	found := map[string]func(t *testing.T, folder string){
		"types with wrong bytes": func(t *testing.T, folder string) { spoil(t, filepath.Join(folder, "types")) },
	}
	if os.Getenv(wholeComparison) == "all" {
		found["an index with a wrong byte"] = func(t *testing.T, folder string) { spoil(t, filepath.Join(folder, "index")) }
		found["types cut short"] = func(t *testing.T, folder string) { cut(t, filepath.Join(folder, "types")) }
		found["a file in the cache's place"] = func(t *testing.T, folder string) {
			must(t, os.RemoveAll(folder))
			must(t, os.WriteFile(folder, nil, 0o644))
		}
	}
	return found
}

// An error that CDKTF throws has the same text with both ways of loading.
func TestLoadingLessKeepsErrors(t *testing.T) {
	program, err := os.Executable()
	must(t, err)
	said := func(environment ...string) string {
		command := exec.Command(program)
		command.Env = append(append(os.Environ(), "NODE_OPTIONS=", nodeenv.Stock+"=", failIn+"=1"), environment...)
		output, err := command.Output()
		must(t, err)
		return firstLine(string(output))
	}
	got, want := said(), said(nodeenv.Stock+"=1")
	if got != want || !strings.Contains(got, "There is already a Construct with name 'stream'") {
		t.Errorf("it says  %s\njsii says %s", got, want)
	}
}

// cacheFolder is the cache folder for the provider's description.
func cacheFolder(t *testing.T, cache string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(cache, "ingest", "jsii", "*", "types"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the cache holds %v, %v", found, err)
	}
	return filepath.Dir(found[0])
}

func cut(t *testing.T, file string) {
	t.Helper()
	info, err := os.Stat(file)
	must(t, err)
	must(t, os.Truncate(file, info.Size()/2))
}

// spoil changes a byte in every 4 KiB, which damages each part of the file and keeps its size.
func spoil(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	for i := 100; i < len(text); i += 4096 {
		text[i] ^= 1
	}
	must(t, os.WriteFile(file, text, 0o644))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
