package witness

import (
	"context"
	"os"
	"testing"
)

func TestCanariesTimeEveryJobTwiceAndLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	c, err := OpenCanaries(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	list, err := c.Before(t.Context())
	if err == nil {
		err = c.After(t.Context(), list)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, canary := range list {
		if !(canary.BeforeMs > 0 && canary.AfterMs > 0 && canary.MaxFactor > 1) {
			t.Errorf("%+v says nothing", canary)
		}
	}
	if len(list) != 3 {
		t.Errorf("%d canaries, want CPU, fsync and loopback", len(list))
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Before(gone); err == nil {
		t.Error("cancelled canaries gave a time")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestComputingTakesTime(t *testing.T) {
	if took := CPU(); took <= 0 {
		t.Errorf("computing took %s", took)
	}
}

func TestAnEchoThatIsClosedAnswersNobody(t *testing.T) {
	echo, err := NewEcho(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	for worker := range 2 {
		if err := echo.Ask(worker); err != nil {
			t.Error(err)
		}
	}
	if err := echo.Close(); err != nil {
		t.Error(err)
	}
	if echo.Ask(0) == nil {
		t.Error("a closed endpoint answered")
	}
}
