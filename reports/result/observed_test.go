package result

// fullObserved is an observation in which nothing is zero.
func fullObserved() *Observed {
	l, rates := map[string]Level{"connections": {1, 2, 0.5}}, map[string]float64{"commits": 1}
	return &Observed{
		Engine: "postgres:16", Account: "watcher", Standby: true, Trusted: true, Seconds: 60, Samples: 13, Cost: ObservedCost{0.3, 0.005, 0.01, 5, 1, 7, 0.1, 0.2, 0.02},
		Stores:    []ObservedStore{{"shop_users", "users", 1, rates, rates, 2, 99, l, []ObservedTable{{"public.users", 1, 2, 3, 4, 5, 6, 7, rates}}}},
		PerSecond: rates, Levels: l, Limits: map[string]float64{"connections": 100}, Waits: []ObservedWait{{"shop_users", "LWLock", "WALWrite", 0.5}},
		Statements: []ObservedStatement{{FromTop, "shop_users", "SELECT ?", 1, 2, 3, 4, 5, 6, 7}}, SlotsAsked: 5, SlotsRefused: 1, NotRead: []NotRun{{"a", "b"}}, Trouble: "t",
	}
}

func fullGround() *Ground { return &Ground{"16.4", 2, 3, "v27", "heavy", "sizes"} }

// fullInterference is a test in which nothing is zero.
func fullInterference(m Measurement) *Interference {
	return &Interference{
		Engine: "postgres:16", Reach: "embedded", Test: GrowthTest, Prepared: "missing-index", AuthRate: 1, CollectionsRate: 2, Hardware: map[string]string{"a": "b"}, Cores: 2,
		Arms:    []Arm{{"small", 1, 2, 3, "cache", "shared_buffers"}},
		Windows: []ArmWindow{{1, 2, "small", &m, &m, map[string]float64{"on_cpu": 1}, "invalid"}}, NotRun: []NotRun{{"a", "b"}}, Trouble: "t", Ground: fullGround(), Run: "id",
	}
}
