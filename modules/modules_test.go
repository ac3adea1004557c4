// Package modules_test tests the small modules together, because a test binary that declares resources takes about a second of
// processor time to link, and as long to start CDKTF's runtime. What needs a module's unexported names is beside the module.
package modules_test

import (
	"testing"

	"cdk.tf/go/ingest/modules/internal/tftest"
)

func TestMain(m *testing.M) { tftest.Main(m) }
