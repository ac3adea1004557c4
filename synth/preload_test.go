package synth

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// CDKTF loads a module that preload.js delays: an asset needs archiver.
func TestAnArchiveCanBeMade(t *testing.T) {
	folder, outdir := t.TempDir(), t.TempDir()
	write(t, filepath.Join(folder, "file"), "text")
	app := cdktf.NewApp(&cdktf.AppConfig{Outdir: jsii.String(outdir)})
	stack := cdktf.NewTerraformStack(app, jsii.String("stack"))
	asset := cdktf.NewTerraformAsset(stack, jsii.String("asset"), &cdktf.TerraformAssetConfig{
		Path: jsii.String(folder), Type: cdktf.AssetType_ARCHIVE,
	})
	app.Synth()
	file := filepath.Join(outdir, "stacks", "stack", *asset.Path())
	if text, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(text), "PK") {
		t.Errorf("%s begins with %.4q, %v", file, text, err)
	}
}

// The error for an unresolvable token still says where the token was made.
func TestAnUnresolvableTokenHasItsTrace(t *testing.T) {
	defer func() {
		if text := fmt.Sprint(recover()); !strings.Contains(text, "Object creation stack:\n  at new Intrinsic (") {
			t.Errorf("the error is %.2000s", text)
		}
	}()
	app := cdktf.NewApp(&cdktf.AppConfig{Outdir: jsii.String(t.TempDir())})
	stack := cdktf.NewTerraformStack(app, jsii.String("stack"))
	cdktf.NewTerraformOutput(stack, jsii.String("output"), &cdktf.TerraformOutputConfig{
		Value: cdktf.Token_AsString(stack.Node(), nil), // refers to itself, through its children
	})
	app.Synth()
}
