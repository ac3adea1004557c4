package kinesis

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"
	"io"
	"os"
)

// bbolt writes the first four pages of a new file at once: two meta pages, a list of free pages and an empty root. If the disk is full,
// the file ends before that. It has never held a record then, and bbolt refuses it at each later start.
const blankPages = 4

// blank is what bbolt writes to a new file (go.etcd.io/bbolt, DB.init).
func blank() []byte {
	order := binary.NativeEndian
	file := make([]byte, blankPages*pageSize)
	for id, flags := range []uint16{metaPage, metaPage, freelistPage, leafPage} {
		page := file[id*pageSize:]
		order.PutUint64(page, uint64(id))
		order.PutUint16(page[8:], flags)
		if flags != metaPage {
			continue
		}
		meta := page[pageHeadSize : pageHeadSize+metaSize]
		order.PutUint32(meta, metaMagic)
		order.PutUint32(meta[4:], metaVersion)
		order.PutUint32(meta[8:], pageSize)
		order.PutUint64(meta[16:], 3) // the root
		order.PutUint64(meta[32:], 2) // the list of free pages
		order.PutUint64(meta[40:], blankPages)
		order.PutUint64(meta[48:], uint64(id)) // the transaction
		sum := fnv.New64a()
		_, _ = sum.Write(meta[:metaSize-8])
		order.PutUint64(meta[metaSize-8:], sum.Sum64())
	}
	return file
}

// isUnborn reports whether a file is the beginning of a new one, or only zeros, as a power failure leaves it.
func isUnborn(path string, size int64) (bool, error) {
	if size > blankPages*pageSize {
		return false, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(file, size))
	begun := len(text) < blankPages*pageSize && bytes.HasPrefix(blank(), text)
	return begun || len(bytes.Trim(text, "\x00")) == 0, err
}
