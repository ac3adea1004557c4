// Package tf has the modules' shared helpers for CDKTF.
package tf

import (
	"fmt"
	"strings"
	"sync"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// New makes an element by its constructor. It names the element in Terraform by its path in the construct tree, such as
// api_submit_post, instead of CDKTF's name with a hash, so that plans, state commands and the synthesised JSON are readable.
//
// The name leaves out the first part of the path, which is the stack, and children called "Default". Ids may not contain "_", so no two paths have the same name.
func New[E cdktf.TerraformElement, C any](scope constructs.Construct, id string, constructor func(constructs.Construct, *string, C) E, config C) E {
	element := constructor(scope, jsii.String(id), config)
	element.OverrideLogicalId(jsii.String(nameIn(scope, id)))
	return element
}

// Address is the Terraform address that New gives an element, also one that nobody declares. The path leads from the scope to the
// element, such as "key/Default".
func Address(scope constructs.Construct, kind, path string) string {
	return kind + "." + nameIn(scope, path)
}

// nameIn is the name of the element at a path below a scope. It leaves out the first part of the whole path, which is the stack
// where the stack is directly in the app.
func nameIn(scope constructs.Construct, path string) string {
	_, below, _ := strings.Cut(pathOf(scope)+"/"+path, "/")
	return nameOf(below)
}

// paths caches the paths of constructs, because each read is a request to Node.js, and a construct contains several elements. It
// never shrinks, because jsii itself keeps a construct for as long as the program runs.
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
	name := strings.ReplaceAll(strings.TrimSuffix(path, "/Default"), "/", "_")
	if !hclsyntax.ValidIdentifier(name) {
		panic(fmt.Sprintf("construct id %q is no name for Terraform; use letters, digits and \"-\", beginning with a letter", path))
	}
	return name
}

// StringMap converts a Go map for jsii.
func StringMap(m map[string]string) *map[string]*string {
	out := make(map[string]*string, len(m))
	for k, v := range m {
		out[k] = jsii.String(v)
	}
	return &out
}

// Protect is the lifecycle of a resource that Terraform must refuse to destroy; nil if protected is false.
func Protect(protected bool) *cdktf.TerraformResourceLifecycle {
	if !protected {
		return nil
	}
	return &cdktf.TerraformResourceLifecycle{PreventDestroy: jsii.Bool(true)}
}

// DependsOn are a resource's dependencies without references; nil if there are none.
func DependsOn(dependables []cdktf.ITerraformDependable) *[]cdktf.ITerraformDependable {
	if len(dependables) == 0 {
		return nil
	}
	return &dependables
}

// Optional is a string argument; nil for the empty text.
func Optional(text string) *string {
	if text == "" {
		return nil
	}
	return jsii.String(text)
}
