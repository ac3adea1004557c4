package deploytest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"

	"cdk.tf/go/ingest/internal/goldens"
)

// A Terraform command starts the AWS provider and reads the schemas of its 1,500 types, which takes five seconds of processor time,
// and the tests run some two hundred commands. So all commands of a test share one provider process, and the next test takes it over
// (pool_test.go). It runs with `-debug`, and Terraform finds it by TF_REATTACH_PROVIDERS. A gRPC proxy runs between the two. It forwards every call unchanged, with three
// exceptions. It leaves out of the schemas the types that the stack does not declare. If it left out too many, Terraform would refuse
// the stack and name the type. It leaves out of a large schema the blocks that the stack does not use (schema_test.go). And it answers a
// repeated request that needs no AWS by itself.

const (
	// largestMessage is the size of the largest message that the proxy forwards. The schemas are the largest.
	largestMessage = 256 << 20
)

// attached is a program that runs Terraform in a folder with a provider, which uses the endpoint as AWS.
func attached(t *testing.T, endpoint, folder string) string {
	t.Helper()
	program, _ := lease(t, endpoint, folder).proxied(t, folder)
	return program
}

// proxied is a program that runs Terraform in a folder with this provider, through a proxy.
func (a *awsPlugin) proxied(t *testing.T, folder string) (string, *proxy) {
	t.Helper()
	return a.proxiedFor(t, folder, terraform(t), awsProvider)
}

// proxiedFor is the same for another program, such as OpenTofu, and the provider's address there.
func (a *awsPlugin) proxiedFor(t *testing.T, folder, runs, address string) (string, *proxy) {
	t.Helper()
	private, err := os.MkdirTemp("", "provider-") //nolint:usetesting // t.TempDir's path may be longer than a socket's may be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(private) })
	where := a.where
	where.Addr.String = filepath.Join(private, "socket")
	between := &proxy{provider: a.connection, folder: folder, declared: map[string]bool{}, used: map[string]bool{}}
	serveProxy(t, where.Addr.String, between)
	reattach, err := json.Marshal(tfexec.ReattachInfo{address: where})
	if err != nil {
		t.Fatal(err)
	}
	version := filepath.Join(private, "version")
	if err := os.WriteFile(version, versionOf(t, runs), 0o600); err != nil {
		t.Fatal(err)
	}
	// terraform-exec asks for the version once for each folder.
	script := fmt.Sprintf("#!/bin/sh\nif [ \"$*\" = 'version -json' ]; then exec cat '%s'; fi\nTF_REATTACH_PROVIDERS='%s' exec '%s' \"$@\"\n",
		version, reattach, runs)
	program := filepath.Join(private, "terraform")
	proxies.Store(program, between)
	t.Cleanup(func() { proxies.Delete(program) })
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return program, between
}

// versions are the outputs of `version -json` by program.
var versions sync.Map

func versionOf(t *testing.T, program string) []byte {
	t.Helper()
	if known, ok := versions.Load(program); ok {
		return known.([]byte)
	}
	output, err := exec.CommandContext(t.Context(), program, "version", "-json").Output()
	if err != nil {
		t.Fatal(err)
	}
	versions.Store(program, output)
	return output
}

// proxies are those of the programs that [attached] returned.
var proxies sync.Map

// withWholeSchemas gives a program all blocks of each schema, until the function that it returns is called.
func withWholeSchemas(program string) (done func()) {
	set := func(whole bool) {
		if found, ok := proxies.Load(program); ok {
			p := found.(*proxy)
			p.lock.Lock()
			defer p.lock.Unlock()
			p.wholeSchemas = whole
		}
	}
	set(true)
	return func() { set(false) }
}

const awsProvider = "registry.terraform.io/hashicorp/aws"

// providerProgram is the path of the provider that Terraform selects by the project's constraint.
func providerProgram(t *testing.T) string {
	t.Helper()
	program := terraform(t)
	installing.Do(func() { installedProvider, errInstall = installProvider(t, program) })
	needProvider(t, errInstall)
	return installedProvider
}

var (
	installing        sync.Once
	installedProvider string
	errInstall        error
	// installation is the folder from which the provider was installed, or into which it was installed without a cache.
	installation string
)

func installProvider(t *testing.T, program string) (string, error) {
	stack := decode[struct {
		Terraform struct {
			Providers json.RawMessage `json:"required_providers"`
		}
	}](t, "the dev stack", string(goldens.Read(t, "dev")))
	folder, err := os.MkdirTemp("", "terraform-init-") //nolint:usetesting // later tests use it too
	if err != nil {
		return "", err
	}
	installation = folder
	text := fmt.Sprintf(`{"terraform": {"required_providers": %s}}`, stack.Terraform.Providers)
	if err := os.WriteFile(filepath.Join(folder, "main.tf.json"), []byte(text), 0o600); err != nil {
		return "", err
	}
	p := openPipeline(t, nowhere, program, folder)
	if err := p.tf.Init(p.context()); err != nil {
		return "", err
	}
	found, err := filepath.Glob(filepath.Join(folder, ".terraform", "providers", filepath.FromSlash(awsProvider), "*",
		runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-aws*"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("terraform init installed %v (%w)", found, err)
	}
	return filepath.EvalSymlinks(found[0])
}

// asIs passes on messages as bytes.
type asIs struct{}

func (asIs) Name() string                        { return "proto" }
func (asIs) Marshal(message any) ([]byte, error) { return *message.(*[]byte), nil }
func (asIs) Unmarshal(data []byte, message any) error {
	*message.(*[]byte) = data
	return nil
}

// proxy passes on a provider's calls.
type proxy struct {
	provider *grpc.ClientConn
	// folder contains the stack. declared are all types that were ever in it, because its state may still have a removed type, and used
	// are the names of all nested blocks.
	folder         string
	declared, used map[string]bool
	// known are the nested blocks of the types of which Terraform got a smaller schema.
	known map[string]blocks
	// wholeSchemas is whether Terraform gets the schemas with all blocks.
	wholeSchemas bool
	// configured is the request that configured the provider.
	configured atomic.Value
	lock       sync.Mutex
}

func serveProxy(t *testing.T, socket string, p *proxy) {
	t.Helper()
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.ForceServerCodec(asIs{}), grpc.UnknownServiceHandler(p.pass),
		grpc.MaxRecvMsgSize(largestMessage), grpc.MaxSendMsgSize(largestMessage))
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
}

const (
	schemaMethod    = "/tfplugin5.Provider/GetSchema"
	configureMethod = "/tfplugin5.Provider/Configure"
	planMethod      = "/tfplugin5.Provider/PlanResourceChange"
	validateMethod  = "/tfplugin5.Provider/ValidateResourceTypeConfig"
)

// pass forwards one call of any service.
func (p *proxy) pass(_ any, in grpc.ServerStream) error {
	method, ok := grpc.MethodFromServerStream(in)
	if !ok {
		return status.Error(codes.Internal, "a call without a method")
	}
	switch {
	case method == schemaMethod:
		return p.sendSchemas(in)
	case strings.HasPrefix(method, "/tfplugin5.Provider/"):
		return p.sendAnswer(in, method)
	}
	ctx, cancel := context.WithCancel(in.Context())
	defer cancel()
	if values, ok := metadata.FromIncomingContext(ctx); ok {
		ctx = metadata.NewOutgoingContext(ctx, values.Copy())
	}
	out, err := p.provider.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, method)
	if err != nil {
		return err
	}
	go func() {
		if err := carry(in, out); err != nil {
			cancel()
			return
		}
		_ = out.CloseSend()
	}()
	err = carry(out, in)
	in.SetTrailer(out.Trailer())
	return err
}

// carry forwards messages from one stream to the other until there are no more.
func carry(from, to interface {
	SendMsg(message any) error
	RecvMsg(message any) error
}) error {
	for {
		var message []byte
		if err := from.RecvMsg(&message); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if err := to.SendMsg(&message); err != nil {
			return err
		}
	}
}

func (p *proxy) sendSchemas(in grpc.ServerStream) error {
	var request []byte
	if err := in.RecvMsg(&request); err != nil {
		return err
	}
	whole, err := allSchemas(p.provider)
	if err != nil {
		return err
	}
	kept, err := p.keep(whole)
	if err != nil {
		return err
	}
	return in.SendMsg(&kept)
}

// allSchemas asks only the first provider: the provider declares that it works without this request
// (get_provider_schema_optional), and the request takes a second.
func allSchemas(provider *grpc.ClientConn) ([]byte, error) {
	schemas.Lock()
	defer schemas.Unlock()
	if schemas.whole == nil {
		var request []byte
		if err := provider.Invoke(context.Background(), schemaMethod, &request, &schemas.whole); err != nil {
			return nil, err
		}
	}
	return schemas.whole, nil
}

var schemas struct {
	sync.Mutex
	whole []byte
}

// repeated are the calls whose answers depend on nothing but the request, so the proxy passes on each request only once. They need no
// AWS, and Terraform makes the same ones in every command. To prepare a configuration, the provider checks the schemas of all its own
// types (terraform-plugin-sdk, GRPCProviderServer.PrepareProviderConfig), which took a quarter of its processor time. The types that it
// implements with the SDK decode the state or the configuration with a new copy of their schema for each call. A plan of one resource
// depends on the provider's configuration too. Five tests made 1,604 such plans for a second time: each had the same values and private
// data, and in 33 the paths that require a replacement had another order.
var repeated = []string{
	planMethod,
	"/tfplugin5.Provider/PrepareProviderConfig",
	"/tfplugin5.Provider/UpgradeResourceState",
	"/tfplugin5.Provider/ValidateDataSourceConfig",
	validateMethod,
}

// answers are those to repeated calls, by method and request: functions that ask for it and return it. All providers are the same
// program, and their environments differ only in the endpoint.
var answers sync.Map

// sendAnswer answers a call, with values of the schema that Terraform knows.
func (p *proxy) sendAnswer(in grpc.ServerStream, method string) error {
	var request []byte
	if err := in.RecvMsg(&request); err != nil {
		return err
	}
	fields := values[method]
	smaller, translated := p.smaller(string(contentOf(request, 1)))
	if translated = translated && len(fields.request)+len(fields.answer) > 0; translated {
		var err error
		if request, err = translateValues(request, fields.request, smaller.whole); err != nil {
			return err
		}
	}
	answer, err := p.answer(in.Context(), method, request)
	if err != nil {
		return err
	}
	if translated {
		if answer, err = translateValues(answer, fields.answer, smaller.pruned); err != nil {
			return err
		}
	}
	return in.SendMsg(&answer)
}

// answer is the provider's answer. It asks only once for what is repeated, even if Terraform repeats it at the same time.
func (p *proxy) answer(ctx context.Context, method string, request []byte) (answer []byte, err error) {
	if values, ok := metadata.FromIncomingContext(ctx); ok {
		ctx = metadata.NewOutgoingContext(ctx, values.Copy())
	}
	ask := func() (answer []byte, err error) {
		err = p.provider.Invoke(ctx, method, &request, &answer)
		return answer, err
	}
	if slices.Contains(repeated, method) {
		call := method + string(withoutCapabilities(method, request))
		if method == planMethod {
			call = p.configuration() + call
		}
		known, _ := answers.LoadOrStore(call, sync.OnceValues(ask))
		if answer, err = known.(func() ([]byte, error))(); err != nil {
			answers.Delete(call)
		}
		return answer, err
	}
	if answer, err = ask(); err == nil && method == configureMethod {
		p.configured.Store(string(withoutCapabilities(method, request)))
	}
	return answer, err
}

// capabilities are the fields with Terraform's own capabilities (hashicorp/terraform, docs/plugin-protocol/tfplugin5.proto). An apply may
// defer a resource whose provider has no configuration yet, and a plan may not, so both ask for the same plan with other capabilities.
// The AWS provider defers nothing. Six tests compared 184 such plans: 53 had another order of the paths that require a replacement, and
// nothing else differed.
var capabilities = map[string]protowire.Number{
	configureMethod: 3, validateMethod: 3, planMethod: 7,
}

func withoutCapabilities(method string, request []byte) []byte {
	without, err := rewrite(request, func(number protowire.Number, content []byte) ([]byte, bool, error) {
		return content, number != capabilities[method], nil
	})
	if err != nil {
		return request
	}
	return without
}

// configuration is the last one that the provider got.
func (p *proxy) configuration() string {
	configuration, _ := p.configured.Load().(string)
	return configuration
}

// smaller are the blocks of a type of which Terraform got a smaller schema.
func (p *proxy) smaller(typ string) (blocks, bool) {
	p.lock.Lock()
	defer p.lock.Unlock()
	known, ok := p.known[typ]
	return known, ok
}

var (
	quotedType = regexp.MustCompile(`"(aws_[a-z0-9_]+)"`)
	// usedBlock matches a nested block's name before its content, in JSON and in the native syntax.
	usedBlock = regexp.MustCompile(`\b([a-z0-9_]+)"?\s*:?\s*[{\[]`)
)

// keep is the answer to GetSchema without the types and the blocks that the stack does not use.
func (p *proxy) keep(whole []byte) ([]byte, error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if err := p.readStack(); err != nil {
		return nil, err
	}
	kept, known, err := keepUsed(whole, p.declared, p.used, p.wholeSchemas)
	p.known = known
	return kept, err
}

// readStack notes the types and the blocks of the folder's stack, and of the modules in the folders below.
func (p *proxy) readStack() error {
	files, err := filepath.Glob(filepath.Join(p.folder, "*.tf*"))
	if err != nil {
		return err
	}
	modules, err := filepath.Glob(filepath.Join(p.folder, "[^.]*", "*.tf*"))
	if err != nil {
		return err
	}
	for _, file := range append(files, modules...) {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if strings.HasSuffix(file, ".tf.json") { // and no state
			noteStack(p.folder, text)
		}
		for _, name := range quotedType.FindAllSubmatch(text, -1) {
			p.declared[string(name[1])] = true
		}
		for _, name := range usedBlock.FindAllSubmatch(text, -1) {
			p.used[string(name[1])] = true
		}
	}
	return nil
}

// keepUsed removes from the answer to GetSchema all types that are not declared, and from large schemas the blocks that are not used.
// The answer's maps of schemas by type are the fields resource_schemas, data_source_schemas and ephemeral_resource_schemas
// (hashicorp/terraform, docs/plugin-protocol/tfplugin5.proto).
func keepUsed(whole []byte, declared, used map[string]bool, allBlocks bool) ([]byte, map[string]blocks, error) {
	known := map[string]blocks{}
	kept, err := rewrite(whole, func(number protowire.Number, entry []byte) ([]byte, bool, error) {
		if number != 2 && number != 3 && number != 8 {
			return entry, true, nil
		}
		name := string(contentOf(entry, 1))
		if !declared[name] {
			return nil, false, nil
		}
		if number != 2 || len(entry) < largeSchema || allBlocks {
			return entry, true, nil
		}
		schema, err := rewrite(contentOf(entry, 2), func(number protowire.Number, block []byte) ([]byte, bool, error) {
			pruned, all, err := pruneBlock(block, used)
			known[name] = all
			return pruned, true, err
		})
		smaller := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), name)
		smaller = protowire.AppendBytes(protowire.AppendTag(smaller, 2, protowire.BytesType), schema)
		return smaller, true, err
	})
	return kept, known, err
}
