package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// PageFile is one file of a hosted page.
type PageFile struct {
	// Key is the file's path below Web.Folder, with "/" between its parts, and so its object's key.
	Key  string
	Text []byte
}

const (
	// PageIndex is the file that answers for the page's address.
	PageIndex = "index.html"
	// PageConfig is the file with the stack's settings for the page. It replaces a file of that name, such as a development
	// server's.
	PageConfig = "config.json"
)

// The bounds of a page are this project's own. They catch a folder that was named by mistake: the stack publishes what it
// reads.
const (
	maxPageFiles = 500
	maxPageBytes = 64 << 20
)

// pageKeyPattern has no character that a URL or a Terraform template escapes.
var pageKeyPattern = regexp.MustCompile(`^[A-Za-z0-9._~@+/-]+$`)

// Page reads the files of the hosted page, in the order of their keys. It returns none if the environment hosts no page. It
// leaves out files and folders whose names begin with ".". The error joins the problems.
func (e Environment) Page() ([]PageFile, error) {
	if !e.Web.Hosted {
		return nil, nil
	}
	page := &page{problems: problems{environment: e.Name}, folder: e.Web.Folder}
	page.read()
	if page.found != nil {
		return nil, errors.Join(page.found...)
	}
	slices.SortFunc(page.files, func(a, b PageFile) int { return strings.Compare(a.Key, b.Key) })
	return page.files, nil
}

// page is a page while it is being read.
type page struct {
	problems
	// folder is Web.Folder as the environment has it. root is the same folder without symbolic links.
	folder string
	root   string
	files  []PageFile
	bytes  int64
}

const webFolder = "Web.Folder"

var errPageTooLarge = errors.New("too large")

func (p *page) read() {
	var err error
	if p.root, err = filepath.EvalSymlinks(p.folder); err != nil || !p.hasIndex() {
		p.add(webFolder, is(p.folder)+", where there is no "+PageIndex,
			`build the page with "make webapp", name the folder that holds it, or set Web.Hosted = false`)
		return
	}
	err = filepath.WalkDir(p.root, p.visit)
	switch {
	case errors.Is(err, errPageTooLarge):
		p.add(webFolder, fmt.Sprintf("%s, which holds more than %d files or %d MiB", is(p.folder), maxPageFiles, maxPageBytes>>20),
			"name a folder that holds only the built page: the stack publishes everything in it")
	case err != nil:
		p.add(webFolder, fmt.Sprintf("%s, which cannot be read: %q", is(p.folder), err), "fix that, or set Web.Hosted = false")
	}
}

func (p *page) hasIndex() bool {
	index, err := os.Stat(filepath.Join(p.root, PageIndex))
	return err == nil && p.folder != "" && index.Mode().IsRegular() && index.Size() > 0
}

func (p *page) visit(path string, entry fs.DirEntry, err error) error {
	if err != nil || path == p.root {
		return err
	}
	if strings.HasPrefix(entry.Name(), ".") {
		if entry.IsDir() {
			return fs.SkipDir
		}
		return nil
	}
	relative, err := filepath.Rel(p.root, path)
	if err != nil || entry.IsDir() || relative == PageConfig {
		return err
	}
	return p.file(path, filepath.ToSlash(relative), entry)
}

func (p *page) file(path, key string, entry fs.DirEntry) error {
	switch {
	case !entry.Type().IsRegular():
		p.add(webFolder, fmt.Sprintf("holds %q, which is no regular file", key), "replace it with a file, or remove it")
		return nil
	case !pageKeyPattern.MatchString(key):
		p.add(webFolder, fmt.Sprintf("holds %q", key), `use letters, digits, ".", "_", "~", "@", "+" and "-" in a file's name`)
		return nil
	}
	info, err := entry.Info()
	if err != nil {
		return err
	}
	if p.bytes += info.Size(); p.bytes > maxPageBytes || len(p.files) == maxPageFiles {
		return errPageTooLarge
	}
	text, err := os.ReadFile(path)
	p.files = append(p.files, PageFile{Key: key, Text: text})
	return err
}
