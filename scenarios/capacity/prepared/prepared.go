// Package prepared is a room of deployments with a known answer: each really makes one
// bottleneck on a real server, by settings, data and load, says what the server's own
// statistics show where it is there, and which advice is right.
//
// Opinion: advice that is never tried on deployments whose answer is known is a guess. What
// measures and advises knows nothing of the name: the answer has to come from the windows.
// Arrow: prepared imports capacity, the two workloads, dataset, drivers and reports/result.
package prepared

import (
	"fmt"
	"time"

	"tristore/drivers"
	"tristore/reports/result"
	"tristore/scenarios/capacity"
)

// Deployment is one prepared bottleneck.
type Deployment struct {
	result.Prepared
	// Since is the first PostgreSQL major that it can be made on; 0 means any.
	Since int

	change  func(*capacity.Plan)
	outlook *result.Outlook // what its owner says of the future; nil says nothing
}

// ByName finds one.
func ByName(name string) (Deployment, error) {
	for _, d := range All() {
		if d.Name == name {
			return d, nil
		}
	}
	return Deployment{}, fmt.Errorf("prepared deployment %q is not known; did you mean %s?", name, drivers.Nearest(name, Names()))
}

// Names lists them in the order in which they are tried.
func Names() (all []string) {
	for _, d := range All() {
		all = append(all, d.Name)
	}
	return all
}

// Short windows, and enough of them in little time: what is built in is not subtle.
const (
	warm     = 300 * time.Millisecond
	window   = 1500 * time.Millisecond
	every    = 100 * time.Millisecond
	blocks   = 6
	authRate = 200
)

// Into makes a plan that of the deployment.
func (d Deployment) Into(plan *capacity.Plan) error {
	if plan.Engine.Major < d.Since {
		return fmt.Errorf("the prepared deployment %s needs postgres:%d or later: what makes it is not in %s", d.Name, d.Since, plan.Engine)
	}
	known := d.Prepared
	plan.Prepared, plan.Every, plan.Made = &known, every, &capacity.Made{}
	plan.Blocks, plan.Spare, plan.Warm, plan.Window, plan.AuthRate = blocks, blocks/2, warm, window, authRate
	d.change(plan)
	return nil
}

// Outlook is what its owner says of the future, from that day on.
func (d Deployment) Outlook(today string, seed uint64) *result.Outlook {
	if d.outlook == nil {
		return nil
	}
	o := *d.outlook
	o.Today, o.Seed = today, seed
	return &o
}
