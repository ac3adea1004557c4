package kinesis

import (
	"errors"
	"os"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Free returns an error where another process has the file at path open. It reads nothing of it, and a file that is not
// there is free: what else is wrong with it is [Open]'s to say.
func Free(path string) error {
	info, err := os.Stat(path)
	if usable := err == nil && info.Mode().IsRegular() && info.Size() > 0; !usable {
		return nil // Open says why it cannot use it
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
