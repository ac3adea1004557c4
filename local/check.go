package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"cdk.tf/go/ingest/local/kinesis"
)

// Check says what would keep a pipeline from opening, as far as it can be known without a stack: an address that is taken,
// a data folder that cannot be one or that another process has. A stack may take a minute to synthesise, after which
// nobody wants to learn it. It changes nothing, and [Open] checks again.
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
	return fmt.Errorf("--data %s is no folder and cannot be made one (%w); name another", folder, err)
}

func streamFile(data string) string { return filepath.Join(data, "kinesis.db") }
