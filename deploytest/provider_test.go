package deploytest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-exec/tfexec"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"

	"cdk.tf/go/ingest/internal/goldens"
)

// A Terraform command starts the AWS provider and reads the schemas of its 1,500 types, which takes five seconds of a
// processor, and the tests run some two hundred commands. So all commands of a test share one provider process. It runs as for a
// debugger (`-debug`), and Terraform finds it by TF_REATTACH_PROVIDERS. A gRPC proxy stands between the two. It forwards every call
// unchanged, except that it leaves out of the schemas the types that the stack does not declare. Where it left out too many,
// Terraform would refuse the stack and name the type.

const (
	// providerStart bounds the wait for a provider to say where it listens.
	providerStart = 10 * time.Minute
	// largestMessage is the size of a message that is still passed on: the schemas are the largest.
	largestMessage = 256 << 20
)

// awsPlugin is a provider that runs, for all commands of a test.
type awsPlugin struct {
	where      tfexec.ReattachConfig
	connection *grpc.ClientConn
}

// attached is a program that runs Terraform in a folder with a provider of its own, whose AWS is the endpoint.
func attached(t *testing.T, endpoint, folder string) string {
	t.Helper()
	program, _ := startProvider(t, endpoint, folder).proxied(t, folder)
	return program
}

// proxied is a program that runs Terraform in a folder with this provider, and the proxy between the two.
func (a awsPlugin) proxied(t *testing.T, folder string) (string, *proxy) {
	t.Helper()
	return a.proxiedFor(t, folder, terraform(t), awsProvider)
}

// proxiedFor is the same for another program, such as OpenTofu, and the provider's address there.
func (a awsPlugin) proxiedFor(t *testing.T, folder, runs, address string) (string, *proxy) {
	t.Helper()
	private, err := os.MkdirTemp("", "provider-") //nolint:usetesting // t.TempDir's path may be longer than a socket's may be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(private) })
	where := a.where
	where.Addr.String = filepath.Join(private, "socket")
	between := &proxy{provider: a.connection, folder: folder, declared: map[string]bool{}}
	serveProxy(t, where.Addr.String, between)
	reattach, err := json.Marshal(tfexec.ReattachInfo{address: where})
	if err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\nTF_REATTACH_PROVIDERS='%s' exec '%s' \"$@\"\n", reattach, runs)
	program := filepath.Join(private, "terraform")
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return program, between
}

const awsProvider = "registry.terraform.io/hashicorp/aws"

// reattachment is the line by which a provider under a debugger says where it is.
var reattachment = regexp.MustCompile(`TF_REATTACH_PROVIDERS='(.*)'`)

// startProvider runs a provider that is the test's own, in the folder from which it is to read files.
func startProvider(t *testing.T, endpoint, folder string) awsPlugin {
	t.Helper()
	where := runProvider(t, endpoint, folder)
	connection, err := grpc.NewClient("unix:"+where.Addr.String, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(asIs{}), grpc.MaxCallRecvMsgSize(largestMessage), grpc.MaxCallSendMsgSize(largestMessage)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return awsPlugin{where, connection}
}

func runProvider(t *testing.T, endpoint, folder string) tfexec.ReattachConfig {
	t.Helper()
	if endpoint != nowhere {
		endpoint = recorded(t, endpoint, folder)
	}
	provider := exec.Command(providerProgram(t), "-debug")
	provider.Dir = folder
	for name, value := range environment(endpoint) {
		provider.Env = append(provider.Env, name+"="+value)
	}
	out, err := provider.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := provider.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = provider.Process.Kill()
		_ = provider.Wait()
	})
	late := time.AfterFunc(providerStart, func() { _ = provider.Process.Kill() })
	defer late.Stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if found := reattachment.FindStringSubmatch(lines.Text()); found != nil {
			return decode[tfexec.ReattachInfo](t, "where the provider is", found[1])[awsProvider]
		}
	}
	t.Fatalf("the provider ended, or did not say within %s where it listens", providerStart)
	return tfexec.ReattachConfig{}
}

// providerProgram is the provider's path, as Terraform has it by the project's own constraint.
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
	// installation is the folder that it was installed from, and in where nobody keeps a cache.
	installation string
)

func installProvider(t *testing.T, program string) (string, error) {
	stack := decode[struct {
		Terraform struct {
			Providers json.RawMessage `json:"required_providers"`
		}
	}](t, "the dev stack", string(goldens.Read(t, "dev")))
	folder, err := os.MkdirTemp("", "terraform-init-") //nolint:usetesting // it is for the tests to come, too
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

// asIs passes messages on as the bytes that they are.
type asIs struct{}

func (asIs) Name() string                        { return "proto" }
func (asIs) Marshal(message any) ([]byte, error) { return *message.(*[]byte), nil }
func (asIs) Unmarshal(data []byte, message any) error {
	*message.(*[]byte) = data
	return nil
}

// proxy passes a provider's calls on.
type proxy struct {
	provider *grpc.ClientConn
	// folder holds the stack, and declared the types that have been in it: what is in it no more may be in its state.
	folder   string
	declared map[string]bool
	lock     sync.Mutex
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

const schemaMethod = "/tfplugin5.Provider/GetSchema"

// pass is one call, of whatever service.
func (p *proxy) pass(_ any, in grpc.ServerStream) error {
	method, ok := grpc.MethodFromServerStream(in)
	if !ok {
		return status.Error(codes.Internal, "a call without a method")
	}
	if method == schemaMethod {
		return p.sendSchemas(in)
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

// carry takes messages from one to the other until there are no more.
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
	declared, err := p.types()
	if err != nil {
		return err
	}
	kept, err := keepTypes(whole, declared)
	if err != nil {
		return err
	}
	return in.SendMsg(&kept)
}

// allSchemas asks the first provider alone: this one says of itself that it works without being asked
// (get_provider_schema_optional), and the question takes it a second.
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

var quotedType = regexp.MustCompile(`"(aws_[a-z0-9_]+)"`)

// forget is for a folder that gets another stack and has no state.
func (p *proxy) forget() {
	p.lock.Lock()
	defer p.lock.Unlock()
	clear(p.declared)
}

// types are those that the folder's stack has or had.
func (p *proxy) types() (map[string]bool, error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	files, err := filepath.Glob(filepath.Join(p.folder, "*.tf*"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(file, ".tf.json") { // and no state
			noteStack(p.folder, text)
		}
		for _, name := range quotedType.FindAllSubmatch(text, -1) {
			p.declared[string(name[1])] = true
		}
	}
	return maps.Clone(p.declared), nil
}

// keepTypes leaves out of the answer to GetSchema the types that are not to be kept. Its maps of schemas by type are the fields
// resource_schemas, data_source_schemas and ephemeral_resource_schemas (hashicorp/terraform, docs/plugin-protocol/tfplugin5.proto).
func keepTypes(whole []byte, keep map[string]bool) ([]byte, error) {
	var kept []byte
	for rest := whole; len(rest) > 0; {
		number, kind, tag := protowire.ConsumeTag(rest)
		if tag < 0 {
			return nil, protowire.ParseError(tag)
		}
		length := protowire.ConsumeFieldValue(number, kind, rest[tag:])
		if length < 0 {
			return nil, protowire.ParseError(length)
		}
		field := rest[:tag+length]
		rest = rest[tag+length:]
		if (number == 2 || number == 3 || number == 8) && !keep[keyOfEntry(field[tag:])] {
			continue
		}
		kept = append(kept, field...)
	}
	return kept, nil
}

// keyOfEntry is the key of a map's entry: its first field.
func keyOfEntry(value []byte) string {
	entry, _ := protowire.ConsumeBytes(value)
	_, _, tag := protowire.ConsumeTag(entry)
	key, _ := protowire.ConsumeString(entry[max(tag, 0):])
	return key
}
