// Package nodeenv sets what CDKTF's Node.js process finds in its environment. It is imported for that alone.
//
// jsii copies the environment for that process while its packages are initialised, before any function of this project
// runs. This package comes before them: Go initialises packages in the order of their import paths as far as their own
// imports allow (The Go Programming Language Specification, "Program initialization"), it imports nothing but os, and
// "cdk.tf" sorts before "github.com".
package nodeenv

import "os"

func init() {
	silenceEndOfLife()
}

// silenceEndOfLife leaves out jsii's warning of eleven lines about Node.js 20, on which this project is still tested.
// Whoever sets the variable decides.
func silenceEndOfLife() {
	const variable = "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"
	if os.Getenv(variable) == "" {
		_ = os.Setenv(variable, "20") // it is about a warning only
	}
}
