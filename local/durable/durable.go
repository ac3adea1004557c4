// Package durable puts names on disk. A file's content is durable once the file is synced, but its name only once its
// folder is: a new or renamed file would otherwise be lost, whole, when the power fails.
package durable

import (
	"errors"
	"os"
	"path/filepath"
)

// SyncFolder puts the names in a folder on disk.
func SyncFolder(path string) error { return SyncOpened(os.Open(path)) }

// SyncOpened does so for a folder that was opened in another way, such as by an [os.Root], and closes it. It takes both
// results of the opening: SyncOpened(root.Open(name)).
func SyncOpened(folder *os.File, err error) error {
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// WriteFile replaces a file whole, and does not return nil before that is on disk; after an error or a crash the file is
// as it was or as it was to be. The content is first written beside it, as path + ".tmp", so that a file may have one writer at
// a time. What a crash leaves of that is overwritten by the next call.
func WriteFile(path string, content []byte) error {
	beside := path + ".tmp"
	file, err := os.OpenFile(beside, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(beside, path)
	}
	if err != nil {
		_ = os.Remove(beside)
		return err
	}
	return SyncFolder(filepath.Dir(path))
}
