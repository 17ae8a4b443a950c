package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"tristore/drivers/backup"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/auth"
	"tristore/scenarios/collections"
	"tristore/scenarios/load"
)

// dumps are three archives of one arrangement.
type dumps struct {
	order  Order
	folder string
	of     map[store.Name]*taken
	facts  result.DrillDumps
	// exact tells that each promised fingerprint is of the very content that was dumped.
	exact bool
}

// taken is one store's dump.
type taken struct {
	held     *deployment.Held
	archive  backup.Archive
	report   backup.Report
	promised store.Fingerprint
	mark     watermark
	ended    time.Time
}

// How many sign-ups the ledger holds before the dumps and after them, at the least.
const (
	lead = 30
	tail = 30
)

// take fills the ledger, dumps, fills the ledger on, and loses the stores.
func (r *round) take(ctx context.Context) (err error) {
	if r.facts.Bytes, err = r.from.size(ctx); err != nil {
		return err
	}
	r.ledger = newLedger(r.from, r.plan.Seed)
	busy := r.busy(ctx)
	defer func() { err = errors.Join(err, busy.end()) }()
	if err := busy.write(ctx, lead); err != nil {
		return err
	}
	if r.main, err = r.dump(ctx, r.plan.Order, r.plan.Under == Idle); err != nil {
		return err
	}
	if err := busy.write(ctx, tail); err != nil {
		return err
	}
	r.loss = time.Now()
	if err := r.dumpOthers(ctx); err != nil {
		return err
	}
	if err := busy.end(); err != nil {
		return err
	}
	r.noteLedger(ctx)
	r.users, err = usersOf(ctx, r.from.deployed.Target)
	return err
}

// dumpOthers dumps in the other orders, where they are compared.
func (r *round) dumpOthers(ctx context.Context) error {
	if !r.plan.Compare {
		return nil
	}
	for _, order := range Orders(r.plan.Engine) {
		if order == r.plan.Order {
			continue
		}
		other, err := r.dump(ctx, order, false)
		if err != nil {
			return err
		}
		r.others = append(r.others, other)
	}
	return nil
}

// noteLedger tells how fast new references came while the dumps were taken.
func (r *round) noteLedger(context.Context) {
	references := 0
	began, ended := time.Time{}, time.Time{}
	for _, e := range r.ledger.entries {
		if began.IsZero() {
			began = e.began
		}
		ended = e.ended
		references += map[store.Name]int{store.PermissionsStore: 3, store.CollectionsStore: 2}[e.store] // createdBy, updatedBy and map; principal and grantedBy
	}
	if seconds := ended.Sub(began).Seconds(); seconds > 0 {
		for _, one := range append(r.others, r.main) {
			one.facts.NewReferences = float64(references) / seconds
		}
	}
}

// dump takes the three dumps of one arrangement into a folder of their own.
func (r *round) dump(ctx context.Context, order Order, still bool) (all *dumps, err error) {
	all = &dumps{order: order, folder: filepath.Join(r.folder, fmt.Sprintf("dumps-%d", len(r.others))), of: map[store.Name]*taken{}, exact: true}
	if r.main == nil {
		all.folder = filepath.Join(r.folder, "dumps")
	}
	all.facts.Arrangement = string(order)
	if err := os.Mkdir(all.folder, 0o700); err != nil {
		return all, fmt.Errorf("making a folder for the archives: %w", err)
	}
	defer func() {
		for _, one := range all.of {
			err = errors.Join(err, one.held.Close(context.WithoutCancel(ctx)))
		}
	}()
	began := time.Now()
	if order == Together {
		for _, name := range slices.Backward(order.Names()) { // users last: whoever is named by the others is there then
			if err := r.hold(ctx, all, name); err != nil {
				return all, err
			}
		}
	}
	for _, name := range order.Names() {
		if order != Together {
			if err := r.hold(ctx, all, name); err != nil {
				return all, err
			}
		}
		if err := r.dumpOne(ctx, all, name); err != nil {
			return all, err
		}
	}
	all.facts.Seconds = time.Since(began).Seconds()
	all.facts.SkewSeconds = skew(all.of)
	if r.main != nil {
		return all, nil // only their references are looked at
	}
	return all, r.promise(ctx, all, still)
}

func (r *round) hold(ctx context.Context, all *dumps, name store.Name) error {
	held, err := deployment.Hold(ctx, r.from.at(name))
	if err != nil {
		return err
	}
	all.of[name] = &taken{held: held, mark: watermark{asked: held.Asked, taken: held.Taken}}
	return nil
}

// skew is from the first moment to the last.
func skew(of map[store.Name]*taken) float64 {
	var first, last time.Time
	for _, one := range of {
		if first.IsZero() || one.mark.taken.Before(first) {
			first = one.mark.taken
		}
		if one.mark.taken.After(last) {
			last = one.mark.taken
		}
	}
	return last.Sub(first).Seconds()
}

func (r *round) dumpOne(ctx context.Context, all *dumps, name store.Name) error {
	one := all.of[name]
	database := r.from.at(name).URL.Database()
	share, err := deployment.Size(ctx, r.from.at(name))
	if err != nil {
		return err
	}
	path, how := filepath.Join(all.folder, database), r.plan.how()
	how.Snapshot = one.held.Name
	err = r.moving(ctx, r.main == nil, work{"dumping " + string(name), share, func(context.Context) int64 { return lengthOf(path) }}, func() (err error) {
		one.archive, one.report, err = backup.DumpAs(ctx, backup.Place{Cluster: r.from.Cluster, Database: database}, all.folder, how)
		return err
	})
	one.ended = time.Now()
	if one.held.Name == "" {
		one.mark.taken = one.ended // it is of no one moment: what was written meanwhile may be in it or not
	}
	r.note(one.report)
	step := result.Step{What: fmt.Sprintf("dump %s%s", name, sideways(r.main != nil, all.order)), Seconds: one.report.Seconds, Bytes: one.archive.Bytes,
		Said: heard(one.report, err), Commands: commands(one.report)}
	r.drill.facts.Steps = append(r.drill.facts.Steps, step)
	if err != nil {
		return r.broke(one.report, err)
	}
	all.facts.Bytes += one.archive.Bytes
	return nil
}

// lengthOf is how much of an archive is written.
func lengthOf(path string) int64 {
	all, _ := filepath.Glob(path + "*.unfinished")
	inside, _ := filepath.Glob(path + "*.unfinished/*") // of the directory format
	written := int64(0)
	for _, one := range append(all, inside...) {
		if info, err := os.Stat(one); err == nil && info.Mode().IsRegular() {
			written += info.Size()
		}
	}
	return written
}

func sideways(other bool, order Order) string {
	if !other {
		return ""
	}
	return " again, in the order " + string(order)
}

// promise digests what was dumped. Where the engine has no snapshot and others write, that
// cannot be known.
func (r *round) promise(ctx context.Context, all *dumps, still bool) error {
	began := time.Now()
	for _, name := range store.Names() {
		one := all.of[name]
		if all.exact = all.exact && (one.held.Name != "" || still); !all.exact {
			continue
		}
		share := r.facts.Bytes / int64(len(store.Names()))
		err := r.meter.during(ctx, work{"fingerprinting " + string(name), share, nil}, func() (err error) {
			one.promised, err = one.held.Fingerprint(ctx)
			return err
		})
		if err != nil {
			return err
		}
		for _, table := range one.promised.Tables {
			r.facts.Rows += table.Rows
		}
	}
	r.facts.FingerprintSeconds += time.Since(began).Seconds()
	r.step("fingerprint the source, as dumped", time.Since(began), 0, map[bool]string{true: fmt.Sprintf("%d rows", r.facts.Rows), false: "not possible: no snapshot, and others write"}[all.exact])
	return nil
}

// busy is what goes on beside the dumps: nothing, or writers and workloads.
type busy struct {
	r    *round
	stop context.CancelCauseFunc
	wait sync.WaitGroup
	once sync.Once

	lock sync.Mutex
	err  error
}

// errLost ends the load at the loss.
var errLost = errors.New("the stores are lost")

// busy starts what shall go on beside the dumps.
func (r *round) busy(ctx context.Context) *busy {
	b := &busy{r: r}
	ctx, b.stop = context.WithCancelCause(ctx)
	if r.plan.Under == Idle {
		return b
	}
	b.wait.Go(func() {
		if err := r.ledger.keepWriting(ctx, r.plan.Writes); err != nil {
			b.failed(err)
		}
	})
	for _, workload := range r.workloads() {
		b.wait.Go(func() {
			window, err := load.Open{Pacer: load.Poisson{PerSecond: r.plan.Rate, Seed: r.plan.Seed + uint64(r.number)}, Workers: auth.Workers, Measure: longestLoad}.Run(ctx, workload.step)
			r.loads.add(window)
			if err != nil && !errors.Is(err, errLost) && ctx.Err() == nil {
				b.failed(fmt.Errorf("%s load: %w", workload.name, err))
			}
		})
	}
	return b
}

func (b *busy) failed(err error) {
	b.lock.Lock()
	defer b.lock.Unlock()
	b.err = errors.Join(b.err, err)
}

// write waits until the ledger has so many more, or writes them where nobody does.
func (b *busy) write(ctx context.Context, chains int) error {
	if b.r.plan.Under == Idle {
		return b.r.ledger.write(ctx, chains)
	}
	return b.r.ledger.reach(ctx, chains)
}

// end stops everything and waits for it. Called again, it tells the same.
func (b *busy) end() error {
	b.once.Do(func() {
		b.stop(errLost)
		b.wait.Wait()
	})
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.err
}

// longestLoad bounds a load that nobody stops.
const longestLoad = 12 * time.Hour

// workload is one load of the plan.
type workload struct {
	name string
	step load.Step
}

func (r *round) workloads() (all []workload) {
	in, window := r.from.deployed, uint64(loadWindow+r.from.rounds)
	if r.plan.Under == Auth || r.plan.Under == Both {
		all = append(all, workload{auth.Name, auth.New(in.Users, in.Permissions, auth.Options{Data: r.from.identity(), Profile: auth.V27, Window: window, Expires: time.Now().Add(30 * 24 * time.Hour)}).Step})
	}
	if r.plan.Under == Collections || r.plan.Under == Both {
		all = append(all, workload{collections.Name, collections.New(in.Collections, collections.Options{Data: r.from.set.Collections, Mix: collections.Everyday,
			Window: window, BulkRows: 50, SumsOnly: collections.SumsOnly(r.plan.Engine)}).Step})
	}
	return all
}

// loads counts what the workloads saw, both together.
type loads struct {
	lock                        sync.Mutex
	committed, refused, unknown int64
	witness                     []string
}

func (l *loads) add(w load.Window) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.committed += w.Counts.Committed
	l.refused += w.Counts.Refused
	l.unknown += w.Counts.Unknown
	l.witness = append(l.witness, w.Witness[:min(len(w.Witness), whyMax)]...)
}

func commands(report backup.Report) []string {
	if report.Command == "" {
		return nil
	}
	return strings.Split(report.Command, "\n")
}
