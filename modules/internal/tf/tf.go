// Package tf is what the modules share in speaking to CDKTF.
package tf

import (
	"fmt"
	"strings"
	"sync"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// New makes an element by its constructor and gives it the Terraform name of its place in the construct tree, such as
// api_submit_post, in place of CDKTF's name with a hash, so that plans, state commands and the synthesised JSON can be read.
//
// The stack and children called "Default" are left out. Ids may not hold "_": then no two places have the same name.
func New[E cdktf.TerraformElement, C any](scope constructs.Construct, id string, constructor func(constructs.Construct, *string, C) E, config C) E {
	element := constructor(scope, jsii.String(id), config)
	_, path, _ := strings.Cut(pathOf(scope)+"/"+id, "/")
	element.OverrideLogicalId(jsii.String(nameOf(path)))
	return element
}

// paths are those of the constructs that elements were made in: each costs a request to Node.js, and one holds several
// elements. Nothing leaves it, as jsii itself holds a construct for as long as the program runs.
var paths sync.Map

func pathOf(scope constructs.Construct) string {
	if path, known := paths.Load(scope); known {
		return path.(string)
	}
	path := *scope.ToString() // its path: one request, where Node().Path() is two
	paths.Store(scope, path)
	return path
}

func nameOf(path string) string {
	if strings.Contains(path, "_") {
		panic(fmt.Sprintf("construct id %q holds \"_\", which separates ids in Terraform names; use \"-\"", path))
	}
	return strings.ReplaceAll(strings.TrimSuffix(path, "/Default"), "/", "_")
}

// StringMap turns a Go map into what jsii takes.
func StringMap(m map[string]string) *map[string]*string {
	out := make(map[string]*string, len(m))
	for k, v := range m {
		out[k] = jsii.String(v)
	}
	return &out
}

// Literal escapes a text so that Terraform takes it as it stands: without it "${" and "%{" begin an expression.
func Literal(text string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(text)
}

// Protect is the lifecycle of a resource that Terraform must refuse to destroy; nil where it may.
func Protect(protected bool) *cdktf.TerraformResourceLifecycle {
	if !protected {
		return nil
	}
	return &cdktf.TerraformResourceLifecycle{PreventDestroy: jsii.Bool(true)}
}

// DependsOn is what a resource waits for beside what it refers to; nil where there is nothing.
func DependsOn(dependables []cdktf.ITerraformDependable) *[]cdktf.ITerraformDependable {
	if len(dependables) == 0 {
		return nil
	}
	return &dependables
}

// Optional is an argument that is left out where it is empty.
func Optional(text string) *string {
	if text == "" {
		return nil
	}
	return jsii.String(text)
}
