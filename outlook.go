package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tristore/drivers"
	"tristore/reports/forecast"
	"tristore/reports/result"
)

// outlookWords are the words of capacity for the future: growth, time and pods.
type outlookWords struct {
	growth, growthFile               string
	observed                         []string
	horizon, leadTime, headroom      string
	pods                             string
	workers, maxConnections, poolMax int
}

func (o *outlookWords) declare(c *cobra.Command) {
	set := c.Flags()
	set.StringVar(&o.growth, "growth", "", "growth of demand, such as 6%/month, or 4-9%/month for its P10 and P90")
	set.StringVar(&o.growthFile, "growth-file", "", "growth from a CSV of weekly peaks: week,auth_per_s,collections_per_s")
	set.StringSliceVar(&o.observed, "observed", nil, "growth from saved runs of tristore observe, four weeks or more apart: RUN,RUN")
	set.StringVar(&o.horizon, "horizon", "52w", "for how long one cluster should be enough, in weeks")
	set.StringVar(&o.leadTime, "lead-time", "", "weeks from the decision to a split that serves, such as 8w")
	set.StringVar(&o.headroom, "headroom", "0%", "by how much demand may exceed a week's peak and the promise still hold")
	set.StringVar(&o.pods, "pods", "", "pods of the platform: their number in all, or gateway=4,workspaces=2,events=2,runtime=4")
	set.IntVar(&o.workers, "workers", 3, "with --pods: worker threads of each runtime pod")
	set.IntVar(&o.poolMax, "pool-max", drivers.DefaultPoolMax, "with --pods: connections of a full pool")
	set.IntVar(&o.maxConnections, "max-connections", 100, "with --pods: max_connections of your cluster")
}

// asked tells whether anything of the future was told.
func (o *outlookWords) asked() bool { return o.sources() > 0 || o.pods != "" }

// sources is how many of the words that tell growth were given.
func (o *outlookWords) sources() (n int) {
	for _, given := range []bool{o.growth != "", o.growthFile != "", len(o.observed) > 0} {
		if given {
			n++
		}
	}
	return n
}

// read turns the words into an outlook; nil when none was told.
func (o *outlookWords) read(c *cobra.Command, seed uint64) (*result.Outlook, error) {
	if err := o.alone(c); err != nil || !o.asked() {
		return nil, err
	}
	out := &result.Outlook{Today: time.Now().UTC().Format(time.DateOnly), Seed: seed}
	var err error
	if out.HorizonWeeks, err = parseWeeks("horizon", o.horizon); err != nil {
		return nil, err
	}
	if o.leadTime != "" {
		if out.LeadWeeks, err = parseWeeks("lead-time", o.leadTime); err != nil {
			return nil, err
		}
	}
	if out.Headroom, err = parsePercent("headroom", o.headroom); err != nil {
		return nil, err
	}
	if out.Growth, err = o.readGrowth(); err != nil {
		return nil, err
	}
	if o.pods != "" {
		out.Connections, err = o.readPods()
	}
	return out, err
}

// alone refuses words that mean nothing without others.
func (o *outlookWords) alone(c *cobra.Command) error {
	for _, name := range []string{"horizon", "lead-time", "headroom"} {
		if c.Flags().Changed(name) && o.sources() == 0 {
			return fmt.Errorf("--%s goes with --growth, --growth-file or --observed: add one", name)
		}
	}
	for _, name := range []string{"workers", "pool-max", "max-connections"} {
		if c.Flags().Changed(name) && o.pods == "" {
			return fmt.Errorf("--%s goes with --pods: add it", name)
		}
	}
	if o.sources() > 1 {
		return errors.New("--growth, --growth-file and --observed each tell a growth: give one of them")
	}
	return nil
}

func (o *outlookWords) readGrowth() (*result.Growth, error) {
	switch {
	case o.growth != "":
		return parseGrowth(o.growth)
	case o.growthFile != "":
		file, err := os.Open(o.growthFile)
		if err != nil {
			return nil, fmt.Errorf("--growth-file %s cannot be read: %w", o.growthFile, err)
		}
		defer func() { _ = file.Close() }() // read only
		weeks, err := forecast.ReadWeeks(file)
		if err != nil {
			return nil, fmt.Errorf("--growth-file %s: %w", o.growthFile, err)
		}
		return &result.Growth{Source: result.GrowthFile, Said: filepath.Base(o.growthFile), Weeks: weeks}, nil
	case len(o.observed) > 0:
		return readLooks(o.observed)
	default:
		return nil, nil
	}
}

// readLooks reads saved observations, in order of their dates.
func readLooks(paths []string) (*result.Growth, error) {
	g := &result.Growth{Source: result.GrowthObserved}
	engine := ""
	for _, path := range paths {
		run, err := result.Read(path)
		if err != nil {
			return nil, fmt.Errorf("--observed: %w", err)
		}
		o := run.Observed
		switch {
		case o == nil:
			return nil, fmt.Errorf("--observed %s is no run of tristore observe", path)
		case o.Trouble != "" || run.Interrupted != "":
			return nil, fmt.Errorf("--observed %s was cut short: look again", path)
		case engine != "" && o.Engine != engine:
			return nil, fmt.Errorf("--observed %s is of %s and the one before of %s: give looks at one cluster", path, o.Engine, engine)
		}
		if err := untoldWork(run); err != nil {
			return nil, fmt.Errorf("--observed: %w", err)
		}
		engine = o.Engine
		look := result.Look{At: run.Began.UTC().Format(time.DateOnly)}
		for _, s := range o.Stores {
			mean, peak := s.Transactions()
			switch s.Store {
			case "users", "permissions":
				look.Auth, look.AuthPeak = look.Auth+mean, look.AuthPeak+peak
			case "collections":
				look.Collections, look.CollectionsPeak = look.Collections+mean, look.CollectionsPeak+peak
			default: // somebody else's database
			}
		}
		g.Looks = append(g.Looks, look)
	}
	slices.SortStableFunc(g.Looks, func(a, b result.Look) int { return strings.Compare(a.At, b.At) })
	if _, _, err := forecast.Between(g.Looks); err != nil {
		return nil, fmt.Errorf("--observed: %w", err)
	}
	g.Said = fmt.Sprintf("%d looks at the live cluster, %s to %s", len(g.Looks), g.Looks[0].At, g.Looks[len(g.Looks)-1].At)
	return g, nil
}

// parseGrowth reads 6%/month, or 4-9%/month.
func parseGrowth(word string) (*result.Growth, error) {
	form := regexp.MustCompile(`^(-?[0-9.]+)(?:-([0-9.]+))?%/(week|month|year)$`)
	parts := form.FindStringSubmatch(strings.ReplaceAll(word, " ", ""))
	if parts == nil {
		return nil, fmt.Errorf("--growth %q is no growth: write per cent and a time, such as 6%%/month, or 4-9%%/month for its P10 and P90", word)
	}
	months := map[string]float64{"week": 12 * 7 / 365.25, "month": 1, "year": 12}[parts[3]]
	g := &result.Growth{Source: result.GrowthRate, Said: word}
	var rates [2]float64
	for i := range rates {
		text := parts[1]
		if i == 1 && parts[2] != "" {
			text = parts[2]
		}
		percent, err := strconv.ParseFloat(text, 64)
		if err != nil || !(percent > -100 && percent <= 1000) {
			return nil, fmt.Errorf("--growth %q: %q is no percentage within -100 and 1000", word, text)
		}
		rates[i] = math.Expm1(math.Log1p(percent/100) / months)
	}
	g.LowPerMonth, g.HighPerMonth = rates[0], rates[1]
	if g.LowPerMonth > g.HighPerMonth {
		return nil, fmt.Errorf("--growth %q: the lower rate comes first", word)
	}
	return g, nil
}

const mostWeeks = 260

func parseWeeks(name, word string) (int, error) {
	number, weeks := strings.CutSuffix(word, "w")
	n, err := strconv.Atoi(number)
	if !weeks || err != nil || n < 1 || n > mostWeeks {
		return 0, fmt.Errorf("--%s is a number of weeks from 1w to %dw, such as 8w: it cannot be %q", name, mostWeeks, word)
	}
	return n, nil
}

func parsePercent(name, word string) (float64, error) {
	number, percent := strings.CutSuffix(word, "%")
	v, err := strconv.ParseFloat(number, 64)
	if !percent || err != nil || !(v >= 0 && v <= 1000) {
		return 0, fmt.Errorf("--%s is a percentage such as 20%%: it cannot be %q", name, word)
	}
	return v / 100, nil
}

// services are those of the platform that hold pools.
const services = 4

// readPods reads a number in all, spread evenly, or a number for each service.
func (o *outlookWords) readPods() (*result.Connections, error) {
	c := &result.Connections{Workers: o.workers, PoolMin: 2, PoolMax: o.poolMax, Max: o.maxConnections, Reserved: 3}
	if o.workers < 1 || o.poolMax < c.PoolMin || o.maxConnections < 1 {
		return nil, fmt.Errorf("--pods needs at least 1 of --workers, %d of --pool-max and 1 of --max-connections: asked for %d, %d and %d", c.PoolMin, o.workers, o.poolMax, o.maxConnections)
	}
	into := map[string]*int{"gateway": &c.Gateway, "workspaces": &c.Workspaces, "events": &c.Events, "runtime": &c.Runtime}
	names := []string{"gateway", "workspaces", "events", "runtime"}
	if all, err := strconv.Atoi(o.pods); err == nil {
		if all < services || all%services != 0 || all > 10_000 {
			return nil, fmt.Errorf("--pods %d cannot be spread evenly over %s: name them, such as --pods gateway=4,workspaces=2,events=2,runtime=4", all, strings.Join(names, ", "))
		}
		for _, at := range into {
			*at = all / services
		}
		return c, nil
	}
	for word := range strings.SplitSeq(o.pods, ",") {
		name, number, _ := strings.Cut(strings.TrimSpace(word), "=")
		n, err := strconv.Atoi(number)
		switch at := into[name]; {
		case at == nil:
			return nil, fmt.Errorf("--pods %q: %q is no service; did you mean %s? known: %s", o.pods, name, drivers.Nearest(name, names), strings.Join(names, ", "))
		case err != nil || n < 1 || n > 10_000:
			return nil, fmt.Errorf("--pods %q: %s has a number of pods above 0, such as %s=2", o.pods, name, name)
		case *at != 0:
			return nil, fmt.Errorf("--pods %q: %s is given twice", o.pods, name)
		default:
			*at = n
		}
	}
	for _, name := range names {
		if *into[name] == 0 {
			return nil, fmt.Errorf("--pods %q: %s is missing; each of %s has at least one", o.pods, name, strings.Join(names, ", "))
		}
	}
	return c, nil
}

// latestPeak is the highest demand of the last four weeks of a file.
func latestPeak(g *result.Growth) (auth, collections float64) {
	const weeks = 4
	for _, w := range g.Weeks[max(0, len(g.Weeks)-weeks):] {
		auth, collections = max(auth, w.AuthPerS), max(collections, w.CollectionsPerS)
	}
	return auth, collections
}
