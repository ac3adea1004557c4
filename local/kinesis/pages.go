package kinesis

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
)

// The layout of bbolt's file (go.etcd.io/bbolt, internal/common: page.go, meta.go, bucket.go, inode.go), in the machine's byte order.
// bbolt does not check what it reads: a damaged page makes it panic, loop forever, or return memory that is not a record. So this
// package checks a file against this layout before bbolt opens it.
const (
	pageHeadSize   = 16 // id (8) · flags (2) · count (2) · overflow (4)
	elementSize    = 16 // of a leaf: flags (4) · pos (4) · key's size (4) · value's size (4); of a branch: pos (4) · key's size (4) · page (8)
	bucketHeadSize = 16 // root page (8), 0 for one that follows · sequence (8)

	branchPage   = 0x01
	leafPage     = 0x02
	metaPage     = 0x04
	freelistPage = 0x10
	bucketFlag   = 0x01 // of a leaf's element

	metaMagic   = 0xED0CDAED
	metaVersion = 2
	metaSize    = 64
	// manyFree is a freelist's count if the number of its pages follows.
	manyFree = 0xFFFF

	// largestPage bounds a page with its overflow, in bytes. Nodes of this program are far smaller.
	largestPage = 64 * mib
	// deepest bounds the levels of a tree of pages: bbolt's pages have at least two keys.
	deepest = 64
)

// pages reads a file's pages with bounds checks.
type pages struct {
	file io.ReaderAt
	// size and pageSize are those of the file, in bytes.
	size     int64
	pageSize int
}

// meta is the content of a meta page, one of the first two.
type meta struct {
	pageSize       int
	root           uint64
	freelist, high uint64
	txid           uint64
}

var errBounds = errors.New("it ends beyond its page")

// readMeta reads a meta page that lies at an offset.
func readMeta(file io.ReaderAt, at int64, id uint64) (meta, error) {
	var page [pageHeadSize + metaSize]byte
	if _, err := file.ReadAt(page[:], at); err != nil {
		return meta{}, err
	}
	head, body := headOf(page[:]), page[pageHeadSize:]
	sum := fnv.New64a()
	_, _ = sum.Write(body[:metaSize-8])
	order := binary.NativeEndian
	switch {
	case order.Uint32(body) != metaMagic || order.Uint32(body[4:]) != metaVersion:
		return meta{}, errors.New("it is not a bbolt page")
	case order.Uint64(body[metaSize-8:]) != sum.Sum64():
		return meta{}, errors.New("its checksum does not fit")
	case head.id != id || head.flags != metaPage:
		return meta{}, errors.New("its head is another page's")
	}
	return meta{
		pageSize: int(order.Uint32(body[8:])), root: order.Uint64(body[16:]),
		freelist: order.Uint64(body[32:]), high: order.Uint64(body[40:]), txid: order.Uint64(body[48:]),
	}, nil
}

// pageSizes are the page sizes that a file may have: this program's, and those of systems.
var pageSizes = []int{pageSize, 4 << 10, 8 << 10, 32 << 10, 64 << 10}

// openPages reads both meta pages. If one of them is damaged, the error says so and newest is the other; if both are, newest is zero.
func openPages(file io.ReaderAt, size int64) (p pages, newest meta, err error) {
	p = pages{file: file, size: size, pageSize: pageSize}
	first, errFirst := readMeta(file, 0, 0)
	sizes := pageSizes
	if errFirst == nil {
		sizes = []int{first.pageSize}
	}
	var second meta
	errSecond := io.ErrUnexpectedEOF
	for _, size := range sizes {
		if second, errSecond = readMeta(file, int64(size), 1); errSecond == nil {
			break
		}
	}
	switch {
	case errFirst == nil && errSecond == nil:
		newest = first
		if second.txid > first.txid {
			newest = second
		}
	case errFirst == nil:
		newest, err = first, fmt.Errorf("meta page 1: %w", errSecond)
	case errSecond == nil:
		newest, err = second, fmt.Errorf("meta page 0: %w", errFirst)
	default:
		return p, meta{}, fmt.Errorf("both meta pages: %w", errFirst)
	}
	p.pageSize = newest.pageSize
	if p.pageSize < 1<<10 || p.pageSize > 1<<20 {
		return p, meta{}, fmt.Errorf("pages of %d bytes", p.pageSize)
	}
	return p, newest, err
}

// pageHead is the head of a page.
type pageHead struct {
	id           uint64
	flags, count uint16
	overflow     uint32
}

func headOf(page []byte) pageHead {
	order := binary.NativeEndian
	return pageHead{order.Uint64(page), order.Uint16(page[8:]), order.Uint16(page[10:]), order.Uint32(page[12:])}
}

// read reads a page with its overflow.
func (p pages) read(id, high uint64) ([]byte, pageHead, error) {
	page := make([]byte, p.pageSize)
	if id < 2 || id >= high {
		return nil, pageHead{}, fmt.Errorf("page %d is not among the %d of the file", id, high)
	}
	if _, err := p.file.ReadAt(page, p.offset(id)); err != nil {
		return nil, pageHead{}, fmt.Errorf("page %d: %w", id, err)
	}
	head := headOf(page)
	size := (int64(head.overflow) + 1) * int64(p.pageSize)
	switch {
	case head.id != id:
		return nil, head, fmt.Errorf("page %d has the number %d", id, head.id)
	case size > largestPage && head.flags != freelistPage || uint64(head.overflow) >= high-id:
		return nil, head, fmt.Errorf("page %d is followed by %d others", id, head.overflow)
	case head.overflow == 0:
		return page, head, nil
	}
	whole := make([]byte, size)
	if _, err := p.file.ReadAt(whole, p.offset(id)); err != nil {
		return nil, head, fmt.Errorf("page %d: %w", id, err)
	}
	return whole, head, nil
}

func (p pages) offset(id uint64) int64 { return int64(id) * int64(p.pageSize) }

// element is an element of a leaf or of a branch.
type element struct {
	key, value []byte
	isBucket   bool
	// at is the value's offset in the page.
	at int
	// child is the child page of a branch's element.
	child uint64
}

// leafElement reads an element of a leaf.
func leafElement(page []byte, i int) (e element, err error) {
	at := pageHeadSize + i*elementSize
	if at+elementSize > len(page) {
		return e, errBounds
	}
	order := binary.NativeEndian
	flags, pos := order.Uint32(page[at:]), uint64(order.Uint32(page[at+4:]))
	keySize, valueSize := uint64(order.Uint32(page[at+8:])), uint64(order.Uint32(page[at+12:]))
	key := uint64(at) + pos
	if flags > bucketFlag || key+keySize+valueSize > uint64(len(page)) {
		return e, errBounds
	}
	value := key + keySize
	return element{key: page[key:value], value: page[value : value+valueSize], isBucket: flags == bucketFlag, at: int(value)}, nil
}

// branchElement reads an element of a branch.
func branchElement(page []byte, i int) (e element, err error) {
	at := pageHeadSize + i*elementSize
	if at+elementSize > len(page) {
		return e, errBounds
	}
	order := binary.NativeEndian
	key, keySize := uint64(at)+uint64(order.Uint32(page[at:])), uint64(order.Uint32(page[at+4:]))
	if key+keySize > uint64(len(page)) {
		return e, errBounds
	}
	return element{key: page[key : key+keySize], child: order.Uint64(page[at+8:])}, nil
}
