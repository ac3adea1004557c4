package deployer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/tfjson"
)

// unused are the actions that are granted and that no deployment of deploytest takes, with the reason.
var unused = map[string]string{}

// deploytest/testdata/calls has the actions that the deployments of deploytest take. No other is granted, and each is by the roles of some
// environment.
func TestGrantsAreUsed(t *testing.T) {
	granted := map[string]bool{}
	names, err := goldens.Names()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		p := print(t, Config{Stacks: []*tfjson.Stack{stackNamed(t, name)}, Repository: "o/r"})
		for _, role := range []string{"plan", "deploy"} {
			for action := range actions(p.policy(t, role+"-"+name)) {
				granted[role+" "+action] = true
			}
		}
	}
	used := usedActions(t)
	for action := range granted {
		name := action[strings.Index(action, " ")+1:]
		// What a plan reads an apply reads before it changes something, whether a test lets it plan by itself or not.
		if !used[action] && !used["plan "+name] && unused[name] == "" {
			t.Errorf("%s is granted, and no deployment takes it", action)
		}
	}
	for action := range used {
		if !granted[action] {
			t.Errorf("%s is taken by a deployment, and no role has it", action)
		}
	}
	for name := range unused {
		if used["deploy "+name] || used["plan "+name] {
			t.Errorf("%s is listed as unused, and a deployment takes it", name)
		}
	}
}

func usedActions(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(goldens.Root(), "deploytest", "testdata", "calls", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	used := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range slices.DeleteFunc(strings.Split(string(text), "\n"), func(line string) bool { return line == "" }) {
			used[line] = true
		}
	}
	return used
}
