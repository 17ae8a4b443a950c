package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tristore/reports/forecast"
	"tristore/reports/result"
)

// observedAt is a saved observation of three stores with these peaks.
func observedAt(t *testing.T, day string, peaks map[string]float64) string {
	t.Helper()
	began, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	run := &result.Run{Schema: result.Schema, ID: day, Kind: kindObserve, Began: began.Add(9 * time.Hour), Observed: &result.Observed{}}
	for name, peak := range peaks {
		run.Observed.Stores = append(run.Observed.Stores, result.ObservedStore{Database: "shop_" + name, Store: name, PeakPerSecond: map[string]float64{"transactions": peak}})
	}
	dir := t.TempDir()
	if err := result.Write(dir, run); err != nil {
		t.Fatal(err)
	}
	return dir
}

// onMongo makes of a saved observation one of MongoDB, whose top answered or did not.
func onMongo(t *testing.T, dir string, answered bool) string {
	t.Helper()
	run, err := result.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if run.Observed.Engine = "mongo:7"; !answered {
		run.Observed.NotRead = []result.NotRun{{What: result.UntoldByCollection, Why: "it may not"}}
	}
	for i := range run.Observed.Stores {
		s := &run.Observed.Stores[i]
		peak := s.PeakPerSecond["transactions"]
		if s.PeakPerSecond = nil; answered {
			s.PerSecond, s.PeakPerSecond = map[string]float64{"operations": peak / 2}, map[string]float64{"operations": peak}
		}
	}
	if err := result.Write(dir, run); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Saved observations give the file that a forecast reads, with the highest peak of each week.
func TestObserveWeeks(t *testing.T) {
	first := observedAt(t, "2026-03-04", map[string]float64{"users": 400, "permissions": 200, "collections": 30})
	higher := observedAt(t, "2026-03-08", map[string]float64{"users": 500, "permissions": 220, "collections": 20})
	next := observedAt(t, "2026-03-09", map[string]float64{"users": 600, "permissions": 300, "collections": 40})
	got := tristore(t, "observe", "weeks", next, first, higher)
	weeks, err := forecast.ReadWeeks(bytes.NewBufferString(got.out))
	if err != nil || got.code != 0 {
		t.Fatalf("%v: exit %d\n%s\n%s", err, got.code, got.out, got.err)
	}
	want := []result.WeekPeak{{Week: "2026-03-02", AuthPerS: 120, CollectionsPerS: 30}, {Week: "2026-03-09", AuthPerS: 150, CollectionsPerS: 40}}
	if len(weeks) != 2 || weeks[0] != want[0] || weeks[1] != want[1] {
		t.Errorf("%+v, wanted %+v", weeks, want)
	}
	if fork := tristore(t, "observe", "weeks", "--per-request", "2", first, next); !strings.Contains(fork.out, "2026-03-02,300,30\n") {
		t.Errorf("%s", fork.out)
	}
	mongo := onMongo(t, observedAt(t, "2026-03-04", map[string]float64{"users": 400, "permissions": 200, "collections": 30}), true)
	if got := tristore(t, "observe", "weeks", mongo); !strings.Contains(got.out, "2026-03-02,100,30\n") {
		t.Errorf("%s%s", got.out, got.err)
	}
	untold := onMongo(t, observedAt(t, "2026-03-04", map[string]float64{"users": 400, "permissions": 200, "collections": 30}), false)
	gap, partial := observedAt(t, "2026-03-25", map[string]float64{"users": 1, "permissions": 1, "collections": 1}), observedAt(t, "2026-03-04", map[string]float64{"users": 1, "collections": 1})
	for _, test := range map[string]struct {
		args []string
		says string
	}{
		"none":           {nil, "needs saved observations"},
		"nothing there":  {[]string{filepath.Join(t.TempDir(), "no")}, "no saved run"},
		"a gap":          {[]string{first, gap}, "week of 2026-03-09"},
		"a store unseen": {[]string{partial}, "--stores permissions=DATABASE"},
		"nothing told":   {[]string{untold}, "the server did not tell: it may not"},
		"no requests":    {[]string{"--per-request", "0", first}, "--per-request"},
	} {
		mends(t, tristore(t, append([]string{"observe", "weeks"}, test.args...)...), t.TempDir(), test.says)
	}
}
