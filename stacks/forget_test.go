package stacks

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/spec"
)

// When you turn an option off, Terraform forgets all of its kept resources, and nothing else.
func TestOptionsThatAreOffAgain(t *testing.T) {
	for _, removal := range []spec.Removal{spec.Disposable, spec.Retained, spec.Protected} {
		testOptionsOffAgain(t, nil, removal)
	}
	// An app may keep its stacks below constructs of its own, whose ids are in the addresses.
	testOptionsOffAgain(t, []string{"team"}, spec.Retained)
	testOptionsOffAgain(t, []string{"org", "team"}, spec.Protected)
}

func testOptionsOffAgain(t *testing.T, above []string, removal spec.Removal) {
	t.Helper()
	env := spec.Default("dev")
	env.Removal = removal
	off := synthIn(t, above, env)
	env.Bucket.AccessLog, env.Encryption.CustomerKey = true, true
	on := synthIn(t, above, env)
	if len(on.Removed) > 0 {
		t.Errorf("%s %s: what is declared is let go of: %v", above, removal, on.Removed)
	}
	var want []string
	for typ, byName := range on.Resource {
		for name, body := range byName {
			made := off.Resource[typ][name] == nil
			// The logging ends with the option, and the log stays.
			if made && at(body, "lifecycle", "prevent_destroy") == true && typ != "aws_s3_bucket_logging" {
				want = append(want, typ+"."+name)
			}
		}
	}
	slices.Sort(want)
	var got []string
	for _, removed := range off.Removed {
		if removed.Lifecycle.Destroy {
			t.Errorf("%s %s: %s is destroyed", above, removal, removed.From)
		}
		got = append(got, removed.From)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s %s: let go of (-want +got):\n%s", above, removal, diff)
	}
	if kept := strings.Contains(strings.Join(got, " "), "aws_kms_key."); kept != (removal != spec.Disposable) {
		t.Errorf("%s %s: the key is kept: %t", above, removal, kept)
	}
}
