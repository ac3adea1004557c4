package s3

import (
	"bufio"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/durable"
)

func open(t testing.TB, dir string) *Service {
	t.Helper()
	service, err := Open(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := service.Declare(Config{Name: "events"}); err != nil {
		t.Fatal(err)
	}
	return service
}

func read(t testing.TB, service *Service, key string) (content string, contentType string) {
	t.Helper()
	object, err := service.backend().GetObject("events", key, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(object.Contents)
	if err := errors.Join(err, object.Contents.Close()); err != nil {
		t.Fatal(err)
	}
	if sum := md5.Sum(text); string(sum[:]) != string(object.Hash) {
		t.Errorf("%s: %d bytes with another content's ETag", key, len(text))
	}
	return string(text), object.Metadata["Content-Type"]
}

// TestAFullDisk makes each step of a write fail. The old object stays, no new one appears, and no temporary file is left.
func TestAFullDisk(t *testing.T) {
	for _, step := range []string{"create", "write", "metadata", "rename"} {
		service := open(t, t.TempDir())
		if err := service.Put(t.Context(), "events", "a", []byte("before"), "text/before", ""); err != nil {
			t.Fatal(err)
		}
		service.fault = func(at string) error {
			if at == step {
				return syscall.ENOSPC
			}
			return nil
		}
		for _, key := range []string{"a", "new/b"} {
			err := service.Put(t.Context(), "events", key, []byte("after"), "text/after", "")
			if want := "s3://events/" + key + ": InternalError: no space left on device"; err == nil || err.Error() != want {
				t.Errorf("%s of %s: %v, want %s", step, key, err, want)
			}
		}
		service.fault = func(string) error { return nil }
		if content, contentType := read(t, service, "a"); content != "before" || contentType != "text/before" {
			t.Errorf("%s: %q of %s", step, content, contentType)
		}
		if _, err := service.backend().HeadObject("events", "new/b"); err == nil {
			t.Errorf("%s: an object that failed is there", step)
		}
		if left, err := os.ReadDir(filepath.Join(service.root.Name(), temporary)); err != nil || len(left) > 0 {
			t.Errorf("%s: left over %v, error %v", step, left, err)
		}
	}
}

// If the sync fails, the object is whole and visible, but its writer gets an error, because it may not be durable.
func TestAFailedSyncIsAnError(t *testing.T) {
	service := open(t, t.TempDir())
	service.fault = func(at string) error {
		if at == "sync" {
			return syscall.EIO
		}
		return nil
	}
	if err := service.Put(t.Context(), "events", "a", []byte("x"), "", ""); err == nil || !strings.Contains(err.Error(), "input/output error") {
		t.Errorf("%v", err)
	}
	if content, _ := read(t, service, "a"); content != "x" {
		t.Errorf("%q", content)
	}
}

func TestTwoWritesAtOneInstantAreTwoGenerations(t *testing.T) {
	service := open(t, t.TempDir())
	service.clock = clockwork.NewFakeClock()
	for _, contentType := range []string{"text/a", "text/b", "text/c"} {
		if err := service.Put(t.Context(), "events", "a", []byte(contentType), contentType, ""); err != nil {
			t.Fatal(err)
		}
		if content, got := read(t, service, "a"); content != contentType || got != contentType {
			t.Errorf("%q of %s, want %s", content, got, contentType)
		}
	}
}

// TestManyAtOnce writes, reads, lists and deletes the same keys at the same time. A read always returns one whole write.
func TestManyAtOnce(t *testing.T) {
	service := open(t, t.TempDir())
	var group sync.WaitGroup
	for writer := range 4 {
		group.Go(func() {
			for i := range 25 {
				key := fmt.Sprintf("k%d/x", i%3)
				if err := service.Put(t.Context(), "events", key, fill(writer*100+i), fmt.Sprintf("text/%d", writer*100+i), ""); err != nil {
					t.Error(err)
				}
				object, err := service.backend().GetObject("events", key, nil)
				if err == nil {
					text, _ := io.ReadAll(object.Contents)
					_ = object.Contents.Close()
					checkWhole(t, string(text), object.Metadata["Content-Type"])
				}
				if i%5 == 0 {
					if _, err := service.backend().DeleteObject("events", key); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	group.Wait()
}

// fill is a content that holds its number and length.
func fill(i int) []byte { return []byte(strings.Repeat(fmt.Sprintf("%d\n", i), 100+i*37%5000)) }

func checkWhole(t *testing.T, content, contentType string) {
	t.Helper()
	first, _, _ := strings.Cut(content, "\n")
	i := 0
	if _, err := fmt.Sscan(first, &i); err != nil || content != string(fill(i)) || contentType != "text/"+first {
		t.Errorf("%d bytes that begin with %q, of type %s: not one whole write", len(content), first, contentType)
	}
}

const crashDir = "INGEST_S3_CRASH_DIR"

// TestKilled kills a process that writes, several times so that it dies in different steps, and checks what it left.
func TestKilled(t *testing.T) {
	if dir := os.Getenv(crashDir); dir != "" {
		writeForEver(dir)
	}
	dir := t.TempDir()
	acknowledged := map[string]int{}
	for round := range 8 {
		child := exec.Command(os.Args[0], "-test.run=^TestKilled$")
		child.Env = append(os.Environ(), crashDir+"="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; n < 5+7*round && lines.Scan(); n++ {
			acknowledge(acknowledged, lines.Text())
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() { // what it printed before it died counts
			acknowledge(acknowledged, lines.Text())
		}
		_ = child.Wait() // it was killed
		checkAfterCrash(t, dir, acknowledged)
	}
}

func acknowledge(acknowledged map[string]int, line string) {
	var key string
	var i int
	if n, _ := fmt.Sscanf(line, "%s %d\n", &key, &i); n == 2 {
		acknowledged[key] = i
	}
}

func checkAfterCrash(t *testing.T, dir string, acknowledged map[string]int) {
	t.Helper()
	service := open(t, dir)
	for key, i := range acknowledged {
		content, contentType := read(t, service, key)
		checkWhole(t, content, contentType)
		got := 0
		if _, err := fmt.Sscan(content, &got); err != nil || got < i {
			t.Errorf("%s holds write %d; %d was acknowledged", key, got, i)
		}
	}
	if left, err := os.ReadDir(filepath.Join(dir, temporary)); err != nil || len(left) > 0 {
		t.Errorf("left over %v, error %v", left, err)
	}
	if len(acknowledged) == 0 {
		t.Error("nothing was acknowledged")
	}
}

// writeForEver is the process that is killed. It prints each write once it is acknowledged.
func writeForEver(dir string) {
	service, err := Open(Options{Dir: dir})
	if err == nil {
		err = service.Declare(Config{Name: "events"})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	first := 0
	if object, err := service.backend().GetObject("events", "k0/x", nil); err == nil {
		_, _ = fmt.Fscan(object.Contents, &first)
	}
	for i := first + 10; ; i++ { // beyond what the last process may have begun
		key := fmt.Sprintf("k%d/x", i%5)
		body := fill(i)
		if err := service.Put(context.Background(), "events", key, body, fmt.Sprintf("text/%d", i), ""); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Printf("%s %d\n", key, i)
	}
}

func BenchmarkPut(b *testing.B) {
	for _, size := range []int{1 << 10, 1 << 20} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			service := open(b, b.TempDir())
			body := make([]byte, size)
			b.SetBytes(int64(size))
			for i := 0; b.Loop(); i++ {
				if err := service.Put(b.Context(), "events", fmt.Sprintf("hour=%d/%d", i/1000, i), body, "application/octet-stream", ""); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// An object's content, its metadata and all their names are on disk before Put returns: the content and the metadata before the object
// has its name, and each new folder's name.
func TestWhatIsSyncedBeforePutReturns(t *testing.T) {
	dir := t.TempDir()
	service := open(t, dir)
	put := func(key string) (syncs []string) {
		t.Helper()
		stop := durable.Watch(func(path string) {
			name, err := filepath.Rel(dir, path)
			if err != nil {
				t.Error(err)
			}
			content, _ := os.ReadFile(filepath.Join(dir, "events", filepath.FromSlash(key)))
			syncs = append(syncs, fmt.Sprintf("%s %q", name, content))
		})
		defer stop()
		if err := service.Put(t.Context(), "events", key, []byte("content"), "", ""); err != nil {
			t.Fatal(err)
		}
		return syncs
	}
	meta := folderOf("events", "new/b")
	for range 2 {
		syncs := put("new/b")
		want := []string{
			`^\.tmp/[0-9]+-0 "(content)?"$`, `^` + regexp.QuoteMeta(meta) + `/[0-9]+-7\.json "(content)?"$`, `^` + regexp.QuoteMeta(meta) + ` "(content)?"$`,
			`^events/new "content"$`,
		}
		at := 0
		for _, sync := range syncs {
			if at < len(want) && regexp.MustCompile(want[at]).MatchString(sync) {
				at++
			}
		}
		if at < len(want) {
			t.Errorf("the syncs are %q; there is none of %s after the others", syncs, want[at])
		}
	}
	syncs := put("new/folders/c")
	for _, above := range []string{"events/new", ".meta/events", "events/new/folders"} {
		if !slices.ContainsFunc(syncs, func(sync string) bool { return strings.HasPrefix(sync, above+` "`) }) {
			t.Errorf("the syncs are %q: none of %s", syncs, above)
		}
	}
	for _, sync := range syncs[:len(syncs)-1] {
		if !strings.HasSuffix(sync, ` ""`) {
			t.Errorf("the object had its name before the sync %q", sync)
		}
	}
}

// A bucket's name is on disk before it is made, and those of the hidden folders at the start.
func TestWhatIsSyncedAtTheStart(t *testing.T) {
	var syncs []string
	defer durable.Watch(func(path string) { syncs = append(syncs, path) })()
	dir := t.TempDir()
	service, err := Open(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if opened := len(syncs); opened == 0 {
		t.Error("the start syncs nothing")
	} else if err := service.Declare(Config{Name: "events"}); err != nil || len(syncs) == opened {
		t.Errorf("the bucket's name is not synced (%v): %q", err, syncs)
	}
}
