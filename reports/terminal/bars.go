package terminal

import (
	"io"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// bars draws one bar per lane with mpb. A bar's words are read from the last snapshot
// when mpb draws it, so a slow terminal delays nobody.
type bars struct {
	progress *mpb.Progress

	lock  sync.Mutex
	lanes map[string]LaneState
	bars  map[string]*mpb.Bar
}

func newBars(w io.Writer, more ...mpb.ContainerOption) *bars {
	options := append([]mpb.ContainerOption{mpb.WithOutput(w), mpb.WithRefreshRate(barTick / 2)}, more...)
	return &bars{progress: mpb.New(options...), lanes: map[string]LaneState{}, bars: map[string]*mpb.Bar{}}
}

func (b *bars) draw(lanes []LaneState, last bool) {
	b.lock.Lock()
	for _, lane := range lanes {
		b.lanes[lane.Engine] = lane
	}
	b.lock.Unlock()
	for _, lane := range lanes {
		bar, known := b.bars[lane.Engine]
		if !known {
			bar = b.add(lane.Engine)
			b.bars[lane.Engine] = bar
		}
		bar.SetTotal(int64(lane.Total), false)
		bar.SetCurrent(int64(lane.Done))
		if lane.Status != "" || last {
			bar.Abort(false) // it stays as it is drawn
		}
	}
	if last {
		for _, bar := range b.bars {
			bar.Abort(false) // also those whose lane is no longer named
		}
		b.progress.Wait()
	}
}

// add makes a bar of no known total: only its lane says when it ended.
func (b *bars) add(engine string) *mpb.Bar {
	column := decor.WC{C: decor.DindentRight | decor.DSyncWidth}
	text := func(words func(LaneState) string) decor.DecorFunc {
		return func(decor.Statistics) string { return words(b.lane(engine)) }
	}
	return b.progress.New(0, mpb.BarStyle().Lbound("").Filler("━").Tip("").Padding("─").Rbound(""),
		mpb.BarWidth(barWidth), mpb.BarFillerTrim(),
		mpb.PrependDecorators(
			decor.Any(text(func(l LaneState) string { return printable(l.Engine) + "  " }), column),
			decor.Any(text(func(l LaneState) string { return progress(l) + "  " }), column),
		),
		mpb.AppendDecorators(
			decor.Any(text(func(l LaneState) string { return "  " + elapsed(l, time.Now()) }), column),
			decor.Any(text(func(l LaneState) string { return spaced(remaining(l, time.Now())) }), column),
			decor.Any(text(func(l LaneState) string { return "  " + words(l) }), decor.WC{C: decor.DindentRight}),
		))
}

func spaced(text string) string {
	if text == "" {
		return ""
	}
	return "  " + text
}

const (
	barWidth = 24
	// wordsMax keeps a row on one line of an ordinary terminal, so that it can be drawn over.
	wordsMax = 40
)

// words says what a lane does now, or how it ended.
func words(l LaneState) string {
	first := l.Current
	switch {
	case l.Status != "":
		first = l.Status
	case l.Began.IsZero() && l.Message == "":
		first = "queued"
	}
	said := printable(first)
	if l.Message != "" && said != "" {
		said += ": "
	}
	runes := []rune(said + printable(l.Message))
	if len(runes) > wordsMax {
		return string(runes[:wordsMax-1]) + "…"
	}
	return string(runes)
}

func (b *bars) lane(engine string) LaneState {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.lanes[engine]
}
