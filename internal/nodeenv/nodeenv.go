// Package nodeenv sets what CDKTF's Node.js process finds in its environment. It is imported for that alone.
//
// jsii copies the environment for that process while its packages are initialised, before any function of this project
// runs. This package comes before them: Go initialises packages in the order of their import paths as far as their own
// imports allow (The Go Programming Language Specification, "Program initialization"), it imports nothing but the standard
// library, and "cdk.tf" sorts before "github.com".
package nodeenv

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
)

// Stock is the environment variable that, set to 1, leaves CDKTF's Node.js process as jsii starts it.
const Stock = "INGEST_STOCK_JSII"

// cacheVariable tells preload.js where its cache is.
const cacheVariable = "INGEST_JSII_CACHE"

// jsiiOptions are those that jsii gives Node.js where nobody sets any (jsii-runtime-go 1.112, process.go).
const jsiiOptions = "--max-old-space-size=4069"

//go:embed preload.js
var preload []byte

func init() {
	silenceEndOfLife()
	if os.Getenv(Stock) != "1" && os.Getenv("JSII_RUNTIME") == "" {
		loadLess()
	}
}

// silenceEndOfLife leaves out jsii's warning of eleven lines about Node.js 20, on which this project is still tested.
// Whoever sets the variable decides.
func silenceEndOfLife() {
	const variable = "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"
	if os.Getenv(variable) == "" {
		_ = os.Setenv(variable, "20") // it is about a warning only
	}
}

// loadLess lets Node.js require preload.js first, which says what it does. Where that cannot be, for want of a cache folder
// say, CDKTF runs as slowly as it does elsewhere.
func loadLess() {
	cache, err := os.UserCacheDir()
	if err != nil || !filepath.IsAbs(cache) {
		return
	}
	root := filepath.Join(cache, "ingest", "jsii")
	script, err := place(root)
	if err != nil {
		return
	}
	_ = os.Setenv(cacheVariable, root)
	_ = os.Setenv("NODE_OPTIONS", withRequire(os.Getenv("NODE_OPTIONS"), script))
}

// place writes the script to a file that is named by its content, in one step, unless it is there.
func place(root string) (string, error) {
	sum := sha256.Sum256(preload)
	file := filepath.Join(root, "preload-"+hex.EncodeToString(sum[:8])+".js")
	if text, err := os.ReadFile(file); err == nil && string(text) == string(preload) {
		return file, nil
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", err
	}
	scratch, err := os.CreateTemp(root, "preload-*")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(scratch.Name()) }()
	_, err = scratch.Write(preload)
	if closed := scratch.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return "", err
	}
	return file, os.Rename(scratch.Name(), file)
}

// withRequire adds the script to Node.js's options, which take a path with spaces between double quotes. A process that
// was started by one of this project's has it already.
func withRequire(options, script string) string {
	require := `--require "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(script) + `"`
	switch {
	case strings.Contains(options, require):
		return options
	case options == "":
		return jsiiOptions + " " + require
	}
	return options + " " + require
}
