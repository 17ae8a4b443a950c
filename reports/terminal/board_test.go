package terminal

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vbauerster/mpb/v8"
)

// script is lanes that a test moves.
type script struct {
	lock  sync.Mutex
	lanes []LaneState
	asked int
}

func (s *script) snapshot() []LaneState {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.asked++
	return append([]LaneState{}, s.lanes...)
}

func (s *script) set(lanes ...LaneState) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.lanes = lanes
}

// paper is a writer that may be read while it is written.
type paper struct {
	lock sync.Mutex
	text bytes.Buffer
}

func (p *paper) Write(data []byte) (int, error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.text.Write(data)
}

func (p *paper) String() string {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.text.String()
}

// synctest fails when a goroutine of the board outlives it.

func TestPlainSaysEachMoveOnceAndThenIsPatient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var to paper
		s := &script{lanes: []LaneState{{Engine: "postgres:16"}, {Engine: "mongo:7"}}}
		board := NewBoard(&to, s.snapshot) // not a terminal, so plain
		pass(3 * time.Second)
		if to.String() != "" {
			t.Errorf("lanes that have not begun were announced:\n%s", to.String())
		}
		running := LaneState{Engine: "postgres:16", Done: 3, Total: 18, Current: "UNIQ-1", Began: began}
		s.set(running, LaneState{Engine: "mongo:7"})
		pass(10 * time.Second)
		if n := strings.Count(to.String(), "UNIQ-1"); n != 1 {
			t.Errorf("one move was said %d times", n)
		}
		pass(25 * time.Second)
		if n := strings.Count(to.String(), "UNIQ-1"); n != 2 {
			t.Errorf("after half a minute the lane was named %d times, 2 wanted:\n%s", n, to.String())
		}
		running.Done, running.Current, running.Status, running.Message, running.Ended = 18, "", "FAIL", "a\x1b[31m\nb", time.Now()
		s.set(running)
		board.Close()
		board.Close()
		last := strings.Split(strings.TrimSpace(to.String()), "\n")
		if got := last[len(last)-1]; !strings.HasSuffix(got, "postgres:16   18/18  FAIL  a[31m b  38s") {
			t.Errorf("the end reads %q", got)
		}
		if asked := s.asked; asked > 45 {
			t.Errorf("asked %d times in 38 seconds", asked)
		}
	})
}

func TestBarsShowTheLastStateAndEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var to paper
		s := &script{lanes: []LaneState{{Engine: "postgres:16", Total: 4, Began: began, Current: "TLS-1"}, {Engine: "ferretdb:1"}}}
		board := begin(newBars(&to, mpb.WithAutoRefresh(), mpb.WithWidth(110)), s.snapshot, barTick)
		pass(2 * time.Second)
		if got := to.String(); !strings.Contains(got, "TLS-1") || !strings.Contains(got, "queued") {
			t.Errorf("the bars do not show their lanes: %q", got)
		}
		s.set(LaneState{Engine: "postgres:16", Done: 4, Total: 4, Began: began, Ended: began.Add(90 * time.Second), Status: "PASS"},
			LaneState{Engine: "ferretdb:1", Done: 1, Total: 4, Began: began, Current: "MIG-1"})
		board.Close()
		rows := strings.Split(strings.TrimSpace(to.String()), "\n")
		end := strings.Join(rows[len(rows)-2:], "\n")
		for _, want := range []string{"postgres:16", " 4/4", "PASS", "1m30s", "ferretdb:1", " 1/4", "MIG-1"} {
			if !strings.Contains(end, want) {
				t.Errorf("the last picture lacks %q:\n%s", want, end)
			}
		}
	})
}

func TestBarsSurviveLanesThatAppearAndVanish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var to paper
		s := &script{}
		board := begin(newBars(&to, mpb.WithAutoRefresh(), mpb.WithWidth(110)), s.snapshot, barTick)
		for _, lanes := range [][]LaneState{{}, {{Engine: "a", Total: 0}}, {{Engine: "b", Total: 5, Done: 9}}, {{Engine: "a", Status: "FAIL"}, {Engine: "b"}}, {}} {
			s.set(lanes...)
			pass(time.Second)
		}
		board.Close()
	})
}

func TestWords(t *testing.T) {
	began := time.Unix(1, 0)
	for _, c := range []struct {
		lane LaneState
		want string
	}{
		{LaneState{}, "queued"},
		{LaneState{Message: "waiting for memory"}, "waiting for memory"},
		{LaneState{Began: began, Current: "LOAD-1"}, "LOAD-1"},
		{LaneState{Began: began, Current: "LOAD-1", Message: "waiting for a quiet machine"}, "LOAD-1: waiting for a quiet machine"},
		{LaneState{Began: began, Current: "LOAD-1", Status: "FAIL"}, "FAIL"},
		{LaneState{Began: began, Status: "INCONCLUSIVE", Message: strings.Repeat("x", 99)}, "INCONCLUSIVE: " + strings.Repeat("x", 25) + "…"},
	} {
		if got := words(c.lane); got != c.want {
			t.Errorf("%+v reads %q, wanted %q", c.lane, got, c.want)
		}
	}
}

// pass lets the bubble's clock run.
func pass(d time.Duration) { <-time.After(d) }

// A lane that moves bytes says how many, and when it will end once enough moved to tell.
func TestBytesAndTheEndOfThem(t *testing.T) {
	began := time.Unix(1000, 0)
	lane := LaneState{Engine: "drill", Done: 64 << 20, Total: 256 << 20, Current: "dumping users", Bytes: true, Began: began, Moving: began.Add(20 * time.Second)}
	if got := sentence(lane, began.Add(30*time.Second)); !strings.HasSuffix(got, "64 MiB/256 MiB  dumping users  30s  about 30s left") {
		t.Errorf("%q", got)
	}
	for name, change := range map[string]func(*LaneState){
		"too little moved": func(l *LaneState) { l.Done = 1 << 20 },
		"nothing moved":    func(l *LaneState) { l.Done, l.Moving = 0, time.Time{} },
		"all moved":        func(l *LaneState) { l.Done = l.Total },
		"it ended":         func(l *LaneState) { l.Ended = began.Add(time.Second) },
	} {
		one := lane
		change(&one)
		if got := sentence(one, began.Add(30*time.Second)); strings.Contains(got, "left") {
			t.Errorf("%s: %q", name, got)
		}
	}
}
