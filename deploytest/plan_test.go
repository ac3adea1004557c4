package deploytest

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"
	"google.golang.org/protobuf/encoding/protowire"
)

// unread is for a plan or a destroy after a command that has read every resource, and has found none that differs from the state. To read
// them again takes the provider and moto as long as the rest. The destroys of TestDev, TestEncrypted and TestRetained read them.
var unread = tfexec.Refresh(false)

// plan makes a plan and returns its file, and whether it changes anything.
func (p *pipeline) plan(options ...tfexec.PlanOption) (file string, changed bool) {
	p.t.Helper()
	defer planning(p.folder)()
	file = filepath.Join(p.t.TempDir(), "plan")
	changed, err := p.tf.Plan(p.context(), append(options, tfexec.Out(file))...)
	if err != nil {
		p.t.Fatalf("terraform plan: %v", err)
	}
	return file, changed
}

// planFormat is the version of the format of a plan's file (hashicorp/terraform, internal/plans/planproto/planfile.proto). The tests
// read the file themselves, because `terraform show` takes a half second of processor time, and 2 s for a web ACL.
const planFormat = 3

// actions are the names of the actions in a plan's file, without "no-op".
var actions = map[uint64]string{
	1: "create", 2: "read", 3: "update", 5: "delete", 6: "destroy before create", 7: "create before destroy", 8: "forget",
}

// changesOf are a plan's changes by address, without "no-op". A changed output has the address "output.NAME".
func changesOf(t *testing.T, file string) map[string]string {
	t.Helper()
	plan, err := readPlan(file)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	note := func(address string, change []byte) error {
		number := numberOf(change, 1)
		action, known := actions[number]
		if number != 0 && !known {
			return fmt.Errorf("the plan has the unknown action %d for %s", number, address)
		}
		if known {
			found[address] = action
		}
		return nil
	}
	_, err = rewrite(plan, func(number protowire.Number, content []byte) ([]byte, bool, error) {
		switch number {
		case 3: // resource_changes
			return nil, false, note(string(contentOf(content, 13)), contentOf(content, 9))
		case 4: // output_changes
			return nil, false, note("output."+string(contentOf(content, 1)), contentOf(content, 2))
		}
		return nil, false, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// readPlan is the message in a plan's file.
func readPlan(file string) ([]byte, error) {
	archive, err := zip.OpenReader(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = archive.Close() }()
	entry, err := archive.Open("tfplan")
	if err != nil {
		return nil, err
	}
	plan, err := io.ReadAll(entry)
	if err == nil && numberOf(plan, 1) != planFormat {
		err = errors.New("the plan's file has another format than the tests know")
	}
	return plan, err
}
