package main

import "testing"

func TestScheduleMeasuresAlone(t *testing.T) {
	for name, test := range map[string]struct {
		phases         []phase
		last           []bool
		slots          int
		start, measure int
	}{
		"the first of all":                     {[]phase{queued, queued}, []bool{false, false}, 2, 0, -1},
		"a free slot":                          {[]phase{working, queued}, []bool{false, false}, 2, 1, -1},
		"no free slot":                         {[]phase{working, queued}, []bool{false, false}, 1, -1, -1},
		"who waits gives the slot back":        {[]phase{waiting, queued}, []bool{false, false}, 1, 1, -1},
		"nobody measures while one works":      {[]phase{waiting, working}, []bool{false, false}, 2, -1, -1},
		"nobody measures while one measures":   {[]phase{waiting, measuring}, []bool{false, false}, 2, -1, -1},
		"nobody measures while one must start": {[]phase{waiting, queued}, []bool{false, false}, 0, -1, -1},
		"all wait: the first measures":         {[]phase{waiting, waiting}, []bool{false, false}, 2, -1, 0},
		"the ended do not disturb":             {[]phase{ended, waiting}, []bool{false, false}, 2, -1, 1},
		"the last one starts last":             {[]phase{ended, waiting, queued}, []bool{false, false, true}, 2, -1, 1},
		"the last one starts alone":            {[]phase{ended, ended, queued}, []bool{false, false, true}, 2, 2, -1},
		"the last one measures":                {[]phase{ended, ended, waiting}, []bool{false, false, true}, 2, -1, 2},
		"nothing is left":                      {[]phase{ended, ended}, []bool{false, true}, 2, -1, -1},
	} {
		start, measure := schedule(test.phases, test.last, test.slots)
		if start != test.start || measure != test.measure {
			t.Errorf("%s: start %d, measure %d; wanted %d, %d", name, start, measure, test.start, test.measure)
		}
	}
}
