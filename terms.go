package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tristore/reports/result"
	"tristore/scenarios/road"
)

// termFlags are the words for what an offered load is judged by.
type termFlags struct {
	promises  []string
	maxFailed float64
}

// declare adds them; usual are the promises of somebody who names none, and of what the
// failures are a percentage.
func (t *termFlags) declare(c *cobra.Command, usual []string, of string) {
	without := ""
	if len(usual) == 0 {
		without = " (default: none)"
	}
	c.Flags().StringSliceVar(&t.promises, "slo", usual, "promises on the latency from the due time, such as p50=20ms,p99=200ms; with a store, as users.p99=20ms, of a load's operations there"+without)
	c.Flags().Float64Var(&t.maxFailed, "max-failed", 0.1, "percent of "+of+" that may be refused, unknown or never started")
}

// into writes them into the terms of a plan, or says which word is wrong.
func (t *termFlags) into(terms *road.Terms) error {
	terms.Promises = nil
	for _, word := range t.promises {
		promise, err := parsePromise(word)
		if err != nil {
			return err
		}
		terms.Promises = append(terms.Promises, promise)
	}
	if terms.MaxFailed = t.maxFailed / 100; !(terms.MaxFailed >= 0 && terms.MaxFailed < 1) {
		return fmt.Errorf("--max-failed is a percentage from 0 to below 100; asked for %g", t.maxFailed)
	}
	return nil
}

// termWords ask for the same terms again.
func termWords(terms road.Terms) []string {
	words := []string{"--max-failed", fmt.Sprint(100 * terms.MaxFailed)}
	for _, p := range terms.Promises {
		words = append(words, "--slo", fmt.Sprintf("%s=%s", p.Name(), time.Duration(p.LimitMs*float64(time.Millisecond))))
	}
	return words
}

// parsePromise reads a word such as p99.9=1s or users.p99=20ms.
func parsePromise(word string) (result.Promise, error) {
	name, limit, _ := strings.Cut(word, "=")
	store, percentile, ofStore := strings.Cut(name, ".p")
	if !ofStore {
		store, percentile = "", strings.TrimPrefix(name, "p")
	}
	percent, numberErr := strconv.ParseFloat(percentile, 64)
	within, durationErr := time.ParseDuration(limit)
	if !ofStore && percentile == name || ofStore && store == "" || numberErr != nil || durationErr != nil {
		return result.Promise{}, fmt.Errorf("--slo %s is no promise: write a percentile and a time, such as p99=200ms, or users.p99=20ms for the operations of one store", word)
	}
	return result.Promise{Percent: percent, LimitMs: within.Seconds() * 1000, Store: store}, nil
}
