package local

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"cdk.tf/go/ingest/internal/goldens"
)

func TestEveryEnvironmentCanBeRead(t *testing.T) {
	names, err := goldens.Names()
	if err != nil || len(names) == 0 {
		t.Fatalf("%v, %v", names, err)
	}
	// These environments cannot run here.
	refused := map[string]string{
		"option-parquet": "aws_kinesis_firehose_delivery_stream.delivery: data_format_conversion_configuration (Parquet, ORC) is not imitated on one machine; leave it out",
	}
	for _, name := range names {
		file := goldens.File(t, name)
		_, err := readStack(Options{Stack: file, AllowUnverified: true}, "http://127.0.0.1:8080")
		if want := refused[name]; want != "" {
			if err == nil || err.Error() != file+": "+want {
				t.Errorf("%s: error %v, want %s", name, err, want)
			}
			continue
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// A stack with nonsense in it causes an error or runs; it never panics.
func TestNonsenseIsAnErrorAndNoPanic(t *testing.T) {
	// Reading many stacks makes much garbage: collecting it less often halves the test's time.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	var stack map[string]any
	if err := json.Unmarshal(goldens.Read(t, "dev"), &stack); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "cdk.tf.json")
	tried, refused := 0, 0
	seen := map[string]bool{}
	mutate(stack["resource"], "resource", func(path string, set func(any)) {
		// The same code reads all resources of a type, so each value is tried only in the first.
		kind := withoutName(path)
		if seen[kind] || testing.Short() && len(seen)%20 != 0 {
			seen[kind] = true
			return
		}
		seen[kind] = true
		for _, nonsense := range []any{nil, "nonsense", -1.0, map[string]any{"x": []any{nil}}} {
			set(nonsense)
			written, err := json.Marshal(stack)
			if err == nil {
				err = os.WriteFile(file, written, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
			func() {
				defer func() {
					if cause := recover(); cause != nil {
						t.Errorf("%s = %v panics: %v", path, nonsense, cause)
					}
				}()
				tried++
				if _, err := readStack(Options{Stack: file}, "http://127.0.0.1:8080"); err != nil {
					refused++
					if !strings.HasPrefix(err.Error(), file+": ") {
						t.Errorf("%s = %v: the error does not name the file: %v", path, nonsense, err)
					}
				}
			}()
		}
	})
	t.Logf("of %d stacks with one value replaced, %d are refused", tried, refused)
	if refused < tried/4 {
		t.Errorf("of %d nonsensical stacks only %d are refused", tried, refused)
	}
}

// withoutName is the path resource.TYPE.NAME.REST without the name.
func withoutName(path string) string {
	parts := strings.SplitN(path, ".", 4)
	if len(parts) > 2 {
		parts[2] = ""
	}
	return strings.Join(parts, ".")
}

// mutate calls try for each value within v, with a function that sets it, and restores the value afterwards.
func mutate(v any, path string, try func(path string, set func(any))) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if key == "//" {
				continue
			}
			try(path+"."+key, func(other any) { v[key] = other })
			v[key] = value
			mutate(value, path+"."+key, try)
		}
	case []any:
		for i, value := range v {
			place := fmt.Sprintf("%s[%d]", path, i)
			try(place, func(other any) { v[i] = other })
			v[i] = value
			mutate(value, place, try)
		}
	}
}

// An interval of 0 s replaces the stack's interval as any other does; nil keeps it.
func TestBufferInterval(t *testing.T) {
	of := func(d time.Duration) *time.Duration { return &d }
	for _, test := range []struct {
		given *time.Duration
		want  time.Duration
	}{{nil, time.Minute}, {of(0), 0}, {of(5 * time.Second), 5 * time.Second}} {
		opts := optionsOf(t, goldens.File(t, "dev"))
		opts.BufferInterval = test.given
		p, err := Open(opts)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.declared.deliveries[0].BufferInterval; got != test.want {
			t.Errorf("with %v it is %s, want %s", test.given, got, test.want)
		}
		p.close()
	}
}
