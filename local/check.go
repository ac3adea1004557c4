package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cdk.tf/go/ingest/local/durable"
	"cdk.tf/go/ingest/local/kinesis"
)

// Check finds what would keep a pipeline from opening, as far as it is known without a stack: an address in use, or a data folder
// that is not a folder or that another process uses. Run it before a synthesis, which may take a minute. It changes nothing, and
// [Open] checks again.
func Check(opts Options) error {
	return errors.Join(checkFree("--api", opts.API), checkFree("--aws", opts.AWS), checkData(opts.Data))
}

func checkFree(flag, address string) error {
	listener, err := listen(flag, address)
	if err != nil {
		return err
	}
	return listener.Close()
}

func checkData(folder string) error {
	switch info, err := os.Stat(folder); {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return dataError(folder, err)
	case !info.IsDir():
		return dataError(folder, errors.New("a file has that name"))
	}
	return kinesis.Free(streamFile(folder))
}

func dataError(folder string, err error) error {
	return fmt.Errorf("--data %s is not a folder and cannot be created (%w); name another", folder, err)
}

// inData adds the flag and the remedy to an error of the file system, such as that of a full or a read-only disk, unless it has a remedy.
func inData(folder string, err error) error {
	if durable.IsFull(err) {
		return fmt.Errorf("--data %s: %w; make room on the disk, or name another folder", folder, err)
	}
	var at *fs.PathError
	if !errors.As(err, &at) || !strings.HasSuffix(err.Error(), at.Error()) {
		return err
	}
	return fmt.Errorf("--data %s: %w; make it a folder that can be written, whose parts nothing else has made, or name another", folder, err)
}

func streamFile(data string) string { return filepath.Join(data, "kinesis.db") }
