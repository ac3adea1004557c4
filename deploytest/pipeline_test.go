package deploytest

import (
	"context"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-exec/tfexec"

	"cdk.tf/go/ingest/spec"
	"cdk.tf/go/ingest/synth"
)

// commandLimit ends a Terraform command that hangs, before `go test` ends the whole package without a clean-up. No slow machine
// reaches it.
const commandLimit = 30 * time.Minute

// CDKTF's runtime is one process with one thread, and Terraform's plugin cache has no lock.
var synthesising, initialising sync.Mutex

// TestMain lets all tests start, because [inParallel] limits how many run at once: to the number that the caller chooses, if any.
func TestMain(m *testing.M) {
	flag.Parse()
	parallel := flag.Lookup("test.parallel")
	if chosen := parallel.Value.String(); chosen != parallel.DefValue {
		order.atOnce, _ = strconv.Atoi(chosen)
	}
	_ = parallel.Value.Set("100")
	status := m.Run()
	endProviders()
	endMoto()
	_ = os.RemoveAll(installation)
	os.Exit(status)
}

// pipeline is one environment in its own folder.
type pipeline struct {
	t        *testing.T
	folder   string
	endpoint string
	tf       *tfexec.Terraform
	cloud    cloud
}

// newPipeline prepares an environment for `terraform apply` to a new moto server.
func newPipeline(t *testing.T, env spec.Environment) *pipeline {
	t.Helper()
	endpoint := startMoto(t)
	return initialised(t, endpoint, env)
}

// initialised synthesises an environment and runs `terraform init` in it.
func initialised(t *testing.T, endpoint string, env spec.Environment) *pipeline {
	t.Helper()
	outdir := filepath.Join(t.TempDir(), "cdktf.out")
	synthesise(t, env, outdir)
	folder := stackFolder(outdir, env.Name)
	p := openPipeline(t, endpoint, attached(t, endpoint, folder), folder)
	p.init()
	return p
}

func stackFolder(outdir, name string) string {
	return filepath.Dir(filepath.Join(outdir, synth.StackFile(name)))
}

func synthesise(t *testing.T, env spec.Environment, outdir string) {
	t.Helper()
	needNode(t)
	synthesising.Lock()
	defer synthesising.Unlock()
	if err := synth.Run(t.Context(), []spec.Environment{env}, outdir); err != nil {
		t.Fatal(err)
	}
}

// openPipeline uses an existing folder.
func openPipeline(t *testing.T, endpoint, program, folder string) *pipeline {
	t.Helper()
	tf, err := tfexec.NewTerraform(folder, program)
	if err != nil {
		t.Fatal(err)
	}
	env := environment(endpoint)
	shareProviders(t, env)
	if err := tf.SetEnv(env); err != nil {
		t.Fatal(err)
	}
	return &pipeline{t: t, folder: folder, endpoint: endpoint, tf: tf, cloud: connect(endpoint)}
}

// shareProviders makes Terraform download the provider, which is large, only once for all tests. It keeps a caller's own setup of
// providers.
func shareProviders(t *testing.T, env map[string]string) {
	t.Helper()
	if env["TF_CLI_CONFIG_FILE"] != "" || env["TF_PLUGIN_CACHE_DIR"] != "" {
		return
	}
	cache := filepath.Join(root(t), ".local", "terraform-providers")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	env["TF_PLUGIN_CACHE_DIR"] = cache
	// Otherwise Terraform would not use the cache without a lock file, which a new folder lacks.
	env["TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE"] = "true"
}

func (p *pipeline) context() context.Context {
	ctx, cancel := context.WithTimeout(p.t.Context(), commandLimit)
	p.t.Cleanup(cancel)
	return ctx
}

func (p *pipeline) init(options ...tfexec.InitOption) {
	p.t.Helper()
	initialising.Lock()
	defer initialising.Unlock()
	needProvider(p.t, p.tf.Init(p.context(), options...))
}

func (p *pipeline) apply(options ...tfexec.ApplyOption) {
	p.t.Helper()
	defer p.took("apply", time.Now())
	if err := p.tf.Apply(p.context(), options...); err != nil {
		p.t.Fatalf("terraform apply: %v", err)
	}
}

func (p *pipeline) destroy(options ...tfexec.DestroyOption) error {
	p.t.Helper()
	defer p.took("destroy", time.Now())
	return p.tf.Destroy(p.context(), options...)
}

func (p *pipeline) took(command string, start time.Time) {
	p.t.Helper()
	p.t.Logf("terraform %s: %s", command, time.Since(start).Round(time.Second))
}

// expectPlan fails the test if a plan's changes are not exactly these: actions by address. A changed output has the address
// "output.NAME". It returns the plan's file.
func (p *pipeline) expectPlan(want map[string]string, options ...tfexec.PlanOption) string {
	p.t.Helper()
	file, changed := p.plan(options...)
	got := changesOf(p.t, file)
	if changed != (len(got) > 0) {
		p.t.Errorf("Terraform says that the plan has changes: %t; it has %v", changed, got)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		text, _ := p.tf.ShowPlanFileRaw(p.context(), file)
		p.t.Errorf("the plan's changes (-want +got):\n%s%s", diff, text)
	}
	return file
}

// outputs are the outputs of type string: all of the stack's outputs except api_key_ids.
func (p *pipeline) outputs() map[string]string {
	p.t.Helper()
	values := map[string]string{}
	for name, output := range p.state().Outputs {
		if strings.HasPrefix(string(output.Value), `"`) { // others are texts by name
			values[name] = decode[string](p.t, name, string(output.Value))
		}
	}
	return values
}

// addresses are those of the resources in the state.
func (p *pipeline) addresses() []string {
	p.t.Helper()
	var found []string
	for _, resource := range p.state().Resources {
		found = append(found, resource.Type+"."+resource.Name)
	}
	return found
}

// state has the parts of a state that the tests read.
type state struct {
	Outputs   map[string]tfexec.OutputMeta
	Resources []struct{ Type, Name string }
}

// state is what Terraform keeps. The tests read the file themselves, because a command takes a quarter of a second of processor time.
func (p *pipeline) state() state {
	p.t.Helper()
	text, err := os.ReadFile(p.stateFile())
	if err != nil {
		p.t.Fatal(err)
	}
	return decode[state](p.t, "the state", string(text))
}

// stateFile is where the stack's local backend keeps the state. `terraform init` writes the backend to the stack's folder.
func (p *pipeline) stateFile() string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.folder, ".terraform", "terraform.tfstate"))
	if errors.Is(err, fs.ErrNotExist) { // the stack has no backend
		return filepath.Join(p.folder, "terraform.tfstate")
	}
	if err != nil {
		p.t.Fatal(err)
	}
	type backend struct {
		Backend struct{ Config struct{ Path string } }
	}
	return filepath.Join(p.folder, decode[backend](p.t, "the backend", string(text)).Backend.Config.Path)
}
