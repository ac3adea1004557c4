package kinesis

import (
	"errors"
	"os"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Free returns an error if another process has the file at path open. It does not read the file, and a file that does not exist is
// free. [Open] reports all other problems.
func Free(path string) error {
	info, err := os.Stat(path)
	if usable := err == nil && info.Mode().IsRegular() && info.Size() > 0; !usable {
		return nil // Open reports why it cannot use the file
	}
	err = guard(func() error {
		db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Millisecond, PreLoadFreelist: false})
		if err != nil {
			return err
		}
		return db.Close()
	})
	if errors.Is(err, berrors.ErrTimeout) {
		return openError(path, err)
	}
	return nil
}
