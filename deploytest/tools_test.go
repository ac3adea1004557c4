package deploytest

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-version"
	install "github.com/hashicorp/hc-install"
	"github.com/hashicorp/hc-install/fs"
	"github.com/hashicorp/hc-install/product"
	"github.com/hashicorp/hc-install/releases"
	"github.com/hashicorp/hc-install/src"

	"cdk.tf/go/ingest/internal/lacking"
)

// missing ends a test that lacks a tool.
func missing(t *testing.T, what, remedy string) {
	t.Helper()
	lacking.End(t, what+"; "+remedy)
}

// root is the repository's folder.
func root(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// terraform is the program's path: from PATH, or downloaded once into .local/terraform.
func terraform(t *testing.T) string {
	t.Helper()
	path, err := findTerraform()
	if err != nil {
		missing(t, "terraform 1.10 or newer is not on PATH and could not be downloaded",
			"install it (https://developer.hashicorp.com/terraform/install)")
	}
	return path
}

var findTerraform = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), commandLimit)
	defer cancel()
	folder := filepath.Join("..", ".local", "terraform")
	_ = os.MkdirAll(folder, 0o755) // if this fails, the download fails and reports it
	wanted := version.MustConstraints(version.NewConstraint(">= 1.10, < 2"))
	path, err := install.NewInstaller().Ensure(ctx, []src.Source{
		&fs.Version{Product: product.Terraform, Constraints: wanted, ExtraPaths: []string{folder}},
		&releases.LatestVersion{Product: product.Terraform, Constraints: wanted, InstallDir: folder},
	})
	if err != nil {
		return "", err
	}
	return filepath.Abs(path)
})

// motoServer is the program's path: from PATH or from the repository's virtual environment.
func motoServer(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"moto_server", filepath.Join(root(t), ".venv", "bin", "moto_server")} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, "moto_server is neither on PATH nor in .venv/bin",
		"run: python3 -m venv .venv && .venv/bin/pip install -r deploytest/requirements.txt")
	return ""
}

// needNode ends a test if CDKTF's runtime cannot run.
func needNode(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath(cmp.Or(os.Getenv("JSII_NODE"), "node")); err != nil {
		missing(t, "node is not on PATH", "install Node.js 20 or newer (https://nodejs.org)")
	}
}

// nodeModules is the folder of the npm packages, with cdktf-cli.
func nodeModules(t *testing.T) string {
	t.Helper()
	needNode(t)
	lacking.Install(t, root(t), "tools")
	return filepath.Join(root(t), "node_modules")
}

// needProvider ends a test whose `terraform init` found no way to the provider. Any other error is a failure.
func needProvider(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if strings.Contains(unwrapped(err.Error()), "could not connect to registry.terraform.io") {
		missing(t, "the AWS provider is missing: registry.terraform.io cannot be reached",
			"name a CLI configuration with a provider mirror in TF_CLI_CONFIG_FILE")
	}
	t.Fatalf("terraform init: %v", err)
}

// unwrapped is a message of Terraform on one line. Terraform wraps lines and draws a frame beside them.
func unwrapped(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "│", " ")), " ")
}
