package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	// memory is where Linux keeps files in memory.
	memory = "/dev/shm"
	// leastRoom is how many bytes it must have free: six times what the tests and the linker were seen to use at once.
	leastRoom = 4 << 30
	// leastFree is how many bytes of memory must be free, because the tests need some beside it.
	leastFree = 2 * leastRoom

	tmpfsMagic = 0x01021994 // statfs(2)
	noExec     = 0x8        // ST_NOEXEC of statvfs(3): the tests run programs that they build there
)

// inMemory makes a folder whose files are in memory, and returns what removes it. The folder is "" where the machine has no room. The
// tests sync what they write as anywhere, but need not wait for a disk.
func inMemory() (folder string, remove func()) {
	var s syscall.Statfs_t
	if syscall.Statfs(memory, &s) != nil || s.Type != tmpfsMagic || s.Flags&noExec != 0 {
		return "", func() {}
	}
	if s.Bavail*uint64(s.Bsize) < leastRoom || memoryFree() < leastFree {
		return "", func() {}
	}
	// The name is the same in each run, because go test runs a test again whose TMPDIR differs.
	return sharedFolder(filepath.Join(memory, fmt.Sprintf("ingest-tests-%d", os.Getuid())))
}

// sharedFolder makes a folder for runs that may overlap. The last of them removes it, with what ended processes left there. It is ""
// where the path is another user's.
func sharedFolder(path string) (folder string, remove func()) {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", func() {}
	}
	opened, err := os.OpenFile(path, syscall.O_NOFOLLOW|syscall.O_DIRECTORY, 0)
	if err != nil {
		return "", func() {}
	}
	info, err := opened.Stat()
	if owner, ok := info.Sys().(*syscall.Stat_t); err != nil || !ok || int(owner.Uid) != os.Getuid() || info.Mode().Perm() != 0o700 {
		_ = opened.Close()
		return "", func() {}
	}
	fd := int(opened.Fd())
	if syscall.Flock(fd, syscall.LOCK_SH|syscall.LOCK_NB) != nil {
		_ = opened.Close()
		return "", func() {} // a run that ends removes it
	}
	return path, func() {
		if syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(path)
		}
		_ = opened.Close()
	}
}

// memoryFree returns the bytes of memory that new processes can have, and 0 where Linux does not say.
func memoryFree() uint64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		var kilobytes uint64
		if _, err := fmt.Sscanf(line, "MemAvailable: %d kB", &kilobytes); err == nil {
			return kilobytes << 10
		}
	}
	return 0
}
