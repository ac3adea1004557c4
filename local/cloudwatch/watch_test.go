package cloudwatch

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
)

// The status can be read while a change is told, which may take long.
func TestTheStatusDoesNotWaitForWhatIsTold(t *testing.T) {
	a := of3(2, missingMissing)
	a.name = "a"
	var w *Watch
	read := make(chan struct{})
	w, err := OpenWatch([]Alarm{a}, WatchOptions{
		Metrics: points("- X X"), Path: filepath.Join(t.TempDir(), "alarms.json"), Clock: clockwork.NewFakeClockAt(noon), Logger: slog.New(slog.DiscardHandler),
		Changed: func(Change) {
			go func() { w.Status(); close(read) }()
			select {
			case <-read:
			case <-time.After(time.Minute):
				t.Error("the status waits")
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Evaluate()
	if got := w.Status()[0].State; got != Alarming { // two of its three data points breach, whatever the missing one was
		t.Errorf("the alarm is %s", got)
	}
}
