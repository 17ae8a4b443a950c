package witness

import (
	"context"
	"errors"
	"fmt"
	"hash/crc64"
	"os"
	"slices"
	"time"

	"tristore/reports/result"
)

// Canaries are small jobs that move when the machine does. Each is timed many times and
// its median kept, so that one interruption moves nothing and a slower machine does.
type Canaries struct {
	table *crc64.Table
	block []byte
	file  *os.File
	echo  *Echo
}

// canaryTurns is how often each job is done; fsync takes longer, and fewer tell it.
const (
	canaryTurns = 201
	fsyncTurns  = 31
)

// OpenCanaries makes their file in a folder; the caller must Close them.
func OpenCanaries(ctx context.Context, dir string) (c *Canaries, err error) {
	c = inMemory()
	if c.file, err = os.CreateTemp(dir, ".canary-*"); err != nil {
		return nil, fmt.Errorf("making the canary's file: %w", err)
	}
	if c.echo, err = NewEcho(ctx, 1); err != nil {
		return nil, errors.Join(err, c.file.Close(), os.Remove(c.file.Name()))
	}
	return c, nil
}

func inMemory() *Canaries {
	return &Canaries{table: crc64.MakeTable(crc64.ECMA), block: make([]byte, 64<<10)}
}

// Close removes what they used.
func (c *Canaries) Close() error {
	return errors.Join(c.echo.Close(), c.file.Close(), os.Remove(c.file.Name()))
}

// jobs names them with the limits within which they count as unmoved. The file is beside
// the logs, on the disk that embedded servers write to as well, as a rule.
func (c *Canaries) jobs() []canaryJob {
	return []canaryJob{
		{result.Canary{Name: "cpu", MaxFactor: 1.5, FloorMs: 0.02}, canaryTurns, c.compute},
		{result.Canary{Name: "fsync", MaxFactor: 3, FloorMs: 5}, fsyncTurns, func() error {
			if _, err := c.file.WriteAt(c.block[:4096], 0); err != nil {
				return err
			}
			return c.file.Sync()
		}},
		{result.Canary{Name: "loopback", MaxFactor: 3, FloorMs: 0.2}, canaryTurns, func() error { return c.echo.Ask(0) }},
	}
}

type canaryJob struct {
	as    result.Canary
	turns int
	do    func() error
}

func (c *Canaries) compute() error {
	crc64.Checksum(c.block, c.table)
	return nil
}

// CPU is the fastest of the CPU canary's turns, so that it tells the machine's speed and
// not who else was scheduled.
func CPU() time.Duration {
	c := inMemory()
	took, _ := canaryJob{turns: canaryTurns, do: c.compute}.times(context.Background()) // what only computes cannot fail
	return took[0]
}

// Before times every job and begins the list; After completes it.
func (c *Canaries) Before(ctx context.Context) (all []result.Canary, err error) {
	for _, job := range c.jobs() {
		if job.as.BeforeMs, err = job.median(ctx); err != nil {
			return nil, err
		}
		all = append(all, job.as)
	}
	return all, nil
}

// After completes the list.
func (c *Canaries) After(ctx context.Context, all []result.Canary) error {
	for i, job := range c.jobs() {
		took, err := job.median(ctx)
		if err != nil {
			return err
		}
		all[i].AfterMs = took
	}
	return nil
}

func (j canaryJob) median(ctx context.Context) (float64, error) {
	took, err := j.times(ctx)
	if err != nil {
		return 0, err
	}
	return took[j.turns/2].Seconds() * 1000, nil
}

// times are those of all turns, sorted.
func (j canaryJob) times(ctx context.Context) ([]time.Duration, error) {
	took := make([]time.Duration, j.turns)
	for i := range took {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("timing the %s canary: %w", j.as.Name, err)
		}
		began := time.Now()
		if err := j.do(); err != nil {
			return nil, fmt.Errorf("timing the %s canary: %w", j.as.Name, err)
		}
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return took, nil
}
