// Package webapp holds the static web application that exercises a pipeline.
package webapp

import "embed"

// Files are the application: index.html at the root, and what it loads.
//
//go:embed index.html app.js style.css
var Files embed.FS
