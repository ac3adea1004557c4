package deploytest

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/tftext"
	"cdk.tf/go/ingest/spec"
	"cdk.tf/go/ingest/tfjson"
)

// TestOutputsArePastedIntoAShell prints the curl commands with each program that a user reads them from, and runs what it prints in a
// shell, with a stub for curl.
func TestOutputsArePastedIntoAShell(t *testing.T) {
	inParallel(t)
	program, packages := terraform(t), nodeModules(t)
	env := spec.Default("dev")
	long := `{"order": "o-1", "note": "it's \"new\" \\n ${a} %{b} é", "lines": [` + strings.Repeat(`{"sku": "keyboard"}, `, 30) + `{}]}`
	env.API.EventTypes = []spec.EventType{
		{Name: "order", Schema: `{"type": "object"}`, Example: long},
		{Name: "note", Schema: `{"type": "object"}`, Example: `{"text": "it's ${a} %{b} é"}`},
	}
	want := map[string]string{"curl": `{"event": "signup", "user_id": 123}`, "curl_order": long, "curl_note": `{"text": "it's ${a} %{b} é"}`}

	folder := t.TempDir()
	stack := writeOutputs(t, folder, env)
	for from, to := range map[string]string{packages: "node_modules", filepath.Join(root(t), "Makefile"): "Makefile", filepath.Join(root(t), "scripts"): "scripts"} {
		if err := os.Symlink(from, filepath.Join(folder, to)); err != nil {
			t.Fatal(err)
		}
	}
	variables := environment("http://127.0.0.1:9") // which nothing asks
	variables["CI"], variables["TERRAFORM_BINARY_NAME"] = "true", program
	run := func(where, name string, args ...string) string {
		output, err := command(t, where, variables, name, args...).Output()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, output)
		}
		return string(output)
	}
	deploy := run(folder, "npx", "--no-install", "cdktf", "deploy", "dev", "--auto-approve", "--skip-synth", "--skip-provider-lock")
	output := run(stack, program, "output", "-no-color")
	for name, event := range want {
		printed := map[string]string{
			"terraform output":      between(t, output, `(?m)^`+name+` = <<EOT\n((?s:.*?))\nEOT$`),
			"terraform output -raw": run(stack, program, "output", "-raw", name),
			"make curl":             run(folder, "make", "--no-print-directory", "curl", "ENV=dev", "TYPE="+strings.TrimPrefix(strings.TrimPrefix(name, "curl"), "_")),
			"cdktf deploy":          between(t, deploy, `(?m)^  `+name+` = (curl (?s:.*?)|printf (?s:.*?))\n(?:  [a-z_-]+ = |\n|\z)`),
		}
		for _, printer := range slices.Sorted(maps.Keys(printed)) {
			body := sentBy(t, printed[printer])
			expectJSON(t, name+" by "+printer, event, body)
			expect(t, "lines of the event of "+name+" by "+printer, 1, strings.Count(body, "\n")+1)
		}
	}
}

// writeOutputs writes a stack with the curl commands of an environment as its only outputs, as cdktf would synthesise it.
func writeOutputs(t *testing.T, folder string, env spec.Environment) (stack string) {
	t.Helper()
	outdir := filepath.Join(folder, "cdktf.out")
	synthesise(t, env, outdir)
	stack = stackFolder(outdir, env.Name)
	file := filepath.Join(stack, "cdk.tf.json")
	declared, err := tfjson.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := declared.Resolve(tfjson.Surroundings{Account: "123456789012"})
	if err != nil {
		t.Fatal(err)
	}
	outputs, names := map[string]any{}, map[string]string{}
	for _, output := range resolved.Outputs() {
		if text, ok := output.Value.(string); ok && strings.HasPrefix(output.Name, "curl") {
			outputs[output.Name], names[output.Name] = map[string]string{"value": tftext.Escape(text)}, output.Name
		}
	}
	for to, value := range map[string]any{
		file: map[string]any{
			"//": map[string]any{
				"metadata": map[string]string{"backend": "local", "stackName": env.Name, "version": "0.21.0"},
				"outputs":  map[string]any{env.Name: names},
			},
			"output":    outputs,
			"terraform": map[string]any{"backend": map[string]any{"local": map[string]string{"path": filepath.Join(folder, "terraform.tfstate")}}},
		},
		filepath.Join(folder, "cdktf.json"): map[string]string{"language": "go", "app": "true", "output": "cdktf.out", "sendCrashReports": "false"},
	} {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return stack
}

func between(t *testing.T, text, pattern string) string {
	t.Helper()
	match := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if match == nil {
		t.Fatalf("%s is not in\n%s", pattern, text)
	}
	return match[1]
}

// sentBy is the body that a command's curl would send. curl takes the line breaks out of what it reads from its standard input.
func sentBy(t *testing.T, command string) string {
	t.Helper()
	bin := t.TempDir()
	stub := "#!/bin/sh\nfor last; do :; done\nif [ \"$last\" = @- ]; then tr -d '\\r\\n'; else printf %s \"$last\"; fi\n"
	if err := os.WriteFile(filepath.Join(bin, "curl"), []byte(stub), 0o755); err != nil {
		t.Fatal(err)
	}
	shell := exec.CommandContext(t.Context(), "sh", "-c", command)
	shell.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH")}
	body, err := shell.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, command)
	}
	return string(body)
}
