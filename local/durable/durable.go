// Package durable syncs the names of files to disk. A file's content is durable once the file is synced, but its name only once its
// folder is synced: without that, a power failure can lose a new or renamed file entirely.
package durable

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
)

// full are the errors of a file system that takes no more: it is full, this user has all of a quota, or files may not grow further.
var full = []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}

// IsFull reports whether an error is that of a full disk. bbolt passes some on as text alone.
func IsFull(err error) bool {
	for _, number := range full {
		if err != nil && (errors.Is(err, number) || strings.HasSuffix(err.Error(), ": "+number.Error())) {
			return true
		}
	}
	return false
}

// watching is what [Watch] has set.
var watching atomic.Pointer[func(path string)]

// Watch calls a function after each sync, with the path of what was synced, until stop is called. Nothing on disk shows whether a file
// was synced, so tests hold with it what is synced before an acknowledgement.
func Watch(synced func(path string)) (stop func()) {
	watching.Store(&synced)
	return func() { watching.Store(nil) }
}

// Sync syncs a file or a folder to disk. All syncs but bbolt's go through it.
func Sync(file *os.File) error {
	err := file.Sync()
	if synced := watching.Load(); synced != nil && err == nil {
		(*synced)(file.Name())
	}
	return err
}

// SyncFolder syncs the names in a folder to disk.
func SyncFolder(path string) error { return SyncOpened(os.Open(path)) }

// SyncOpened is SyncFolder for a folder that was opened in another way, such as by an [os.Root]. It closes the folder. It takes both
// results of the opening: SyncOpened(root.Open(name)).
func SyncOpened(folder *os.File, err error) error {
	if err != nil {
		return err
	}
	return errors.Join(Sync(folder), folder.Close())
}

// WriteFile replaces a file atomically, and returns nil only once the new content is on disk. After an error or a crash the file has
// its old or its new content. WriteFile first writes to path + ".tmp", so a file may have only one writer at a time. The next call
// overwrites what a crash left there.
func WriteFile(path string, content []byte) error {
	beside := path + ".tmp"
	file, err := os.OpenFile(beside, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, Sync(file), file.Close()); err == nil {
		err = os.Rename(beside, path)
	}
	if err != nil {
		_ = os.Remove(beside)
		return err
	}
	return SyncFolder(filepath.Dir(path))
}
