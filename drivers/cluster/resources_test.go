package cluster

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"tristore/drivers"
)

func TestNeeds(t *testing.T) {
	wanted := needs{memoryBytes: 128 << 20, diskBytes: 512 << 20}
	for _, test := range []struct {
		memory, disk int64
		says         string
	}{
		{128 << 20, 512 << 20, ""},
		{100 << 20, 512 << 20, "not enough memory: this server needs 128 MiB and 100 MiB are available"},
		{128 << 20, 500 << 20, "not enough room: this server needs 512 MiB and /data has 500 MiB free"},
	} {
		err := wanted.within(test.memory, test.disk, "/data")
		if test.says == "" && err != nil || test.says != "" && (!errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), test.says)) {
			t.Errorf("%d, %d: %v", test.memory, test.disk, err)
		}
	}
	if memory, err := AvailableMemory(); err != nil || memory <= 0 {
		t.Errorf("this machine has %d: %v", memory, err)
	}
	if bytes, err := meminfo("MemTotal: 10 kB\nMemAvailable:    2048 kB\n"); err != nil || bytes != 2<<20 {
		t.Errorf("read %d: %v", bytes, err)
	}
	if _, err := meminfo("MemTotal: 10 kB\n"); err == nil {
		t.Error("no sad half")
	}
}

func TestTooLargeIsRefusedBeforeItStarts(t *testing.T) {
	spec := embeddedSpec(t, drivers.Engine{Product: drivers.Postgres, Major: 16})
	spec.Limits.MemoryBytes = 1 << 50
	if started, err := Start(t.Context(), spec); !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "not enough memory") {
		t.Errorf("got %v and %v", started, err)
	}
}

func TestCores(t *testing.T) {
	ours, err := coresOf(0)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		limits Limits
		want   []int
		fails  bool
	}{
		{limits: Limits{}},
		{limits: Limits{CPUs: 0.5}, want: ours[:1]},
		{limits: Limits{CPUSet: ours}, want: ours},
		{limits: Limits{CPUSet: ours, CPUs: 0.1}, want: ours[:1]},
		{limits: Limits{CPUs: float64(len(ours)) + 1}, fails: true},
		{limits: Limits{CPUSet: []int{1 << 12}}, fails: true},
	} {
		got, err := cores(test.limits)
		if test.fails != (err != nil) || !slices.Equal(got, test.want) {
			t.Errorf("%+v: %v: %v", test.limits, got, err)
		}
	}
}

// TestServerStaysOnItsCores: the limit is read back from the kernel, and is not ours after.
func TestServerStaysOnItsCores(t *testing.T) {
	ours, err := coresOf(0)
	if err != nil {
		t.Fatal(err)
	}
	spec := embeddedSpec(t, drivers.Engine{Product: drivers.Postgres, Major: 16})
	spec.Limits = Limits{CPUSet: ours[len(ours)-1:], MemoryBytes: 256 << 20}
	started := startTest(t, spec)
	if got := started.InForce["limit.cpuset"]; got != joinCores(spec.Limits.CPUSet) {
		t.Errorf("it runs on %s", got)
	}
	if got := started.InForce["shared_buffers"]; got != "64MB" {
		t.Errorf("its buffers are %s", got)
	}
	if after, err := coresOf(0); err != nil || !slices.Equal(after, ours) {
		t.Errorf("our own cores are %v now: %v", after, err)
	}
}
