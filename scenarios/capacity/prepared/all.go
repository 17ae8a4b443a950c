package prepared

import (
	"time"

	"tristore/reports/result"
	"tristore/scenarios/auth"
	"tristore/scenarios/capacity"
	"tristore/scenarios/collections"
	"tristore/scenarios/dataset"
)

// All are the prepared deployments, the quick ones first.
func All() []Deployment {
	return []Deployment{idle(), connectionBound(), lockContention(), oneStoreTooBig(), missingIndex(), cpuCollections(), noisyNeighbour(), cacheGrowth(), walBulks()}
}

// busy is a reading of sessions that work.
func busy(cell result.Cell, least, most float64) result.Shown {
	return result.Shown{Cell: cell, Reading: "active", Says: "sessions at work", AtLeast: least, AtMost: most}
}

func idle() Deployment {
	return Deployment{
		Prepared: result.Prepared{Name: "idle", Verdict: "NOT_NEEDED",
			Made:  "two hundred light requests of auth a second and five of collections, on data that fits the cache many times, growing by 2 % a month",
			Proof: []result.Shown{busy(result.SharedCluster, 0, 0.5)}},
		outlook: &result.Outlook{Growth: &result.Growth{Source: result.GrowthRate, Said: "2%/month", LowPerMonth: 0.02, HighPerMonth: 0.02}, HorizonWeeks: 26, LeadWeeks: 8},
		change: func(p *capacity.Plan) {
			p.CollectionsRate, p.Mix, p.Identity, p.Collections = 5, collections.Everyday, dataset.Small(), dataset.SmallCollections()
			p.Search = &capacity.Search{Budget: 200 * time.Second, Quantile: "p95", LimitMs: p.SLO.AuthP99Ms, Highest: 1.5}
		},
	}
}

func connectionBound() Deployment {
	return Deployment{
		Prepared: result.Prepared{Name: "connection-bound", Verdict: "REMEDY_FIRST", Cause: "connections",
			Made:  "max_connections of 60, most of them held by pods at rest, whose pools do not shrink; what is left is less than the pools of one release may open",
			Proof: []result.Shown{{Cell: result.SharedCluster, Reading: "connections_max", Says: "connections of people, of the slots that there are", AtLeast: 0.93, Of: "slots_max"}}},
		change: func(p *capacity.Plan) {
			p.AuthRate, p.CollectionsRate, p.Mix, p.Identity = 400, 150, collections.Heavy, dataset.Small()
			p.Made = &capacity.Made{Settings: map[string]string{"max_connections": "60"}, Free: 4}
		},
	}
}

func oneStoreTooBig() Deployment {
	return Deployment{
		Prepared: result.Prepared{Name: "one-store-too-big", Verdict: "SPLIT_USELESS",
			Made:  "auth alone is asked for 1.4 times as much as the cluster was just seen to serve of it, beside a few collections",
			Proof: []result.Shown{busy(result.AuthAlone, 0.6, 0)}},
		change: func(p *capacity.Plan) {
			p.CollectionsRate, p.Mix, p.AuthMix = 5, collections.Everyday, auth.FanOut
			// Maps of a hundred principals: a list costs the server several times what it costs to read.
			p.Identity, p.Collections = dataset.Modest(), dataset.SmallCollections()
			p.Identity.Members = 100
			p.Made, p.SLO.AuthP99Ms = &capacity.Made{Overload: 1.4}, 300
		},
	}
}
