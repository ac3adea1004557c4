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

// What CDKTF loads late, it loads: an asset takes archiver.
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

// A damaged note of where modules were found is not read.
func TestWhereModulesAreIsFoundAgain(t *testing.T) {
	cache := t.TempDir()
	want := mustSynthesise(t, cache) // loads all of the provider, and keeps no places
	same(t, "with a cache", mustSynthesise(t, cache), want)
	found := filepath.Join(cache, "ingest", "jsii", "found")
	before, err := os.ReadFile(found)
	must(t, err)
	spoil(t, found)
	same(t, "damaged", mustSynthesise(t, cache), want)
	after, err := os.ReadFile(found)
	must(t, err)
	if string(after) != string(before) {
		t.Error("what was damaged is not made again as it was")
	}
}

// An error still says where the token was made that cannot be resolved.
func TestATokenThatCannotBeResolvedHasItsTrace(t *testing.T) {
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
