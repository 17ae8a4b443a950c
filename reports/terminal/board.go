package terminal

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/cupwriter"
)

// LaneState is where one lane stands.
type LaneState struct {
	Engine  string // as users type it; the key of the lane
	Done    int    // specs
	Total   int    // specs; zero while nobody knows
	Current string // the spec that runs now
	Began   time.Time
	Ended   time.Time // zero while the lane runs
	Status  string    // how the lane ended, one word; empty while it runs
	Message string    // what it waits for, or why it ended so
	Live    bool      // Current changes all the time: plain lines say it now and then
	Bytes   bool      // Done and Total are bytes, and the lane is to tell when it will end
	Moving  time.Time // when the first byte was moved: what came before says nothing of the rest
}

// Board shows lanes until Close. It asks for their states twice a second or less, from
// one goroutine of its own.
type Board struct {
	lanes func() []LaneState
	show  display
	stop  chan struct{}
	done  chan struct{}
	once  sync.Once
}

// display draws states; the last call is marked, and leaves the output fit for others.
type display interface {
	draw(lanes []LaneState, last bool)
}

// NewBoard begins to show lanes on w: bars when it is a terminal, else Plain lines. The
// function must be safe to call from another goroutine. The caller must Close the board.
func NewBoard(w io.Writer, lanes func() []LaneState) *Board {
	if cupwriter.New(w, false).IsTerminal() { // as mpb itself finds out
		return begin(newBars(w), lanes, barTick)
	}
	return Plain(w, lanes)
}

// Plain shows lanes as timestamped lines, one whenever a lane moves on, and one after
// half a minute without.
func Plain(w io.Writer, lanes func() []LaneState) *Board {
	return begin(&lines{to: w, said: map[string]spoken{}, now: time.Now}, lanes, plainTick)
}

const (
	barTick   = 500 * time.Millisecond
	plainTick = time.Second
	// patience is after how long of the same a plain line says so again.
	patience = 30 * time.Second
	// livePatience is the same where what a lane does changes all the time.
	livePatience = 5 * time.Second
)

func begin(show display, lanes func() []LaneState, every time.Duration) *Board {
	b := &Board{lanes: lanes, show: show, stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(b.done)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			b.show.draw(b.lanes(), false)
			select {
			case <-ticker.C:
			case <-b.stop:
				b.show.draw(b.lanes(), true)
				return
			}
		}
	}()
	return b
}

// Close draws the last state, gives the terminal back and ends the board's goroutines.
// It may be called more than once.
func (b *Board) Close() {
	b.once.Do(func() { close(b.stop) })
	<-b.done
}

// lines is the plain display.
type lines struct {
	to   io.Writer
	now  func() time.Time
	said map[string]spoken
}

// spoken is what was last said of a lane, and when.
type spoken struct {
	state LaneState
	at    time.Time
}

func (l *lines) draw(lanes []LaneState, _ bool) {
	now := l.now()
	for _, lane := range lanes {
		before, known := l.said[lane.Engine]
		waiting := lane.Began.IsZero() && lane.Status == "" && lane.Message == ""
		switch {
		case waiting, known && lane == before.state && (lane.Status != "" || now.Sub(before.at) < patience):
			continue
		case known && lane.Live && before.state.Live && lane.Status == "" && now.Sub(before.at) < livePatience:
			continue
		}
		l.said[lane.Engine] = spoken{lane, now}
		// A log that cannot be written must not stop the run: the report is its record.
		_, _ = fmt.Fprintf(l.to, "%s %s\n", now.Format(time.TimeOnly), sentence(lane, now))
	}
}

// sentence is a lane in one line, such as "postgres:16   3/18  UNIQ-1  12s".
func sentence(lane LaneState, now time.Time) string {
	words := []string{fmt.Sprintf("%-12s", printable(lane.Engine)), progress(lane)}
	for _, word := range []string{lane.Status, lane.Current, lane.Message} {
		if word != "" {
			words = append(words, printable(word))
		}
	}
	if took := elapsed(lane, now); took != "" {
		words = append(words, took)
	}
	if left := remaining(lane, now); left != "" {
		words = append(words, left)
	}
	return strings.Join(words, "  ")
}

func progress(lane LaneState) string {
	if lane.Total == 0 {
		return "  ·  "
	}
	if lane.Bytes {
		return fmt.Sprintf("%s/%s", mebi(lane.Done), mebi(lane.Total))
	}
	return fmt.Sprintf("%2d/%-2d", lane.Done, lane.Total)
}

// mebi is a number of bytes in whole MiB.
func mebi(n int) string { return fmt.Sprintf("%d MiB", (n+1<<19)>>20) }

// remaining is how long a lane that moves bytes will still take, if it goes on as it went;
// empty while too little is done to say.
func remaining(lane LaneState, now time.Time) string {
	if !lane.Bytes || lane.Moving.IsZero() || !lane.Ended.IsZero() || lane.Done*20 < lane.Total || lane.Done <= 0 || lane.Done >= lane.Total {
		return ""
	}
	left := time.Duration(float64(now.Sub(lane.Moving)) * float64(lane.Total-lane.Done) / float64(lane.Done))
	return "about " + left.Round(time.Second).String() + " left"
}

// elapsed runs while the lane does, and stands still afterwards.
func elapsed(lane LaneState, now time.Time) string {
	if lane.Began.IsZero() {
		return ""
	}
	if !lane.Ended.IsZero() {
		now = lane.Ended
	}
	return max(0, now.Sub(lane.Began)).Truncate(time.Second).String()
}

// printable keeps a server's words on one line and takes out what a terminal would obey.
func printable(text string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < 0x20, r >= 0x7f && r <= 0x9f:
			return -1
		default:
			return r
		}
	}, text)), " ")
}
