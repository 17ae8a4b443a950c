package main

import (
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"tristore/reports/terminal"
)

// laneBoard shows lanes on a terminal, or as plain lines elsewhere. The board pulls:
// it asks for the states whenever it draws.
type laneBoard struct {
	show *terminal.Board

	mu     sync.Mutex
	states []terminal.LaneState
}

func newLaneBoard(lanes []*laneProcess, to io.Writer) *laneBoard {
	b := &laneBoard{}
	for _, lane := range lanes {
		b.states = append(b.states, terminal.LaneState{Engine: lane.name})
	}
	b.show = terminal.NewBoard(to, b.snapshot)
	return b
}

func (b *laneBoard) close() { b.show.Close() }

func (b *laneBoard) snapshot() []terminal.LaneState {
	b.mu.Lock()
	defer b.mu.Unlock()
	var begun []terminal.LaneState
	for _, state := range b.states {
		if !state.Began.IsZero() {
			begun = append(begun, state)
		}
	}
	return begun
}

func (b *laneBoard) begin(lane *laneProcess) {
	b.change(lane, func(state *terminal.LaneState) { state.Began = time.Now() })
}

func (b *laneBoard) hear(heard laneSaid) {
	b.change(heard.lane, func(state *terminal.LaneState) {
		event := heard.event
		switch {
		case heard.ended && heard.err != nil:
			state.Ended, state.Status, state.Message = time.Now(), "stopped", reason(heard.err)
		case heard.ended:
			state.Ended, state.Status, state.Current, state.Message = time.Now(), "done", "", ""
		case event.Message != "":
			state.Message = event.Message
		case event.Current != "":
			state.Current, state.Message, state.Live = event.Current, "", event.Live
		}
		if state.Bytes = state.Bytes || event.Bytes; state.Moving.IsZero() && event.Done > 0 {
			state.Moving = time.Now()
		}
		state.Total, state.Done = max(state.Total, event.Total), max(state.Done, event.Done)
	})
}

// reason is an error's first line.
func reason(err error) string {
	var unmet unmetError
	if errors.As(err, &unmet) {
		return unmet.sentence
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

func (b *laneBoard) change(lane *laneProcess, how func(*terminal.LaneState)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.states {
		if b.states[i].Engine == lane.name {
			how(&b.states[i])
		}
	}
}
