// Package boundary searches for the highest load at which a cluster keeps its promise,
// from windows that each say only whether the promise was kept, and sometimes wrongly.
//
// A ramp finds roughly where the promise breaks. From there loads are certified one by
// one: the windows of a load go through Wald's sequential test until it is good (windows
// pass with chance 0.8 or more) or bad (0.2 or less), in between it may be answered either
// way. The bracket between the highest good and the lowest bad load is halved until it is
// as narrow as planned. At most ten loads are certified, so that the chance of misfiling
// any of them stays below Plan.Alpha. A guard looks back at the ends of the bracket, and
// takes the say of windows away when the cluster or the machine changed under them. Fresh
// windows at both flanks show whether the bracket is more than luck.
//
// The result is an interval: the bracket, widened on both sides by how far the noise of
// windows reaches on the slope of the latency. It is regular when the bracket is as
// narrow as planned; otherwise irregular, with the reason, and only what was known.
//
// TestRates holds, on a simulated cluster whose boundary is known, over 2,000 searches a
// row (the share of estimates off by more than 5 %, beside bisection that believes every
// window; the share of intervals that hold the truth, beside the bare bracket):
//
//	noise outliers drift | off: ours, bisection | holds: ours, bare | windows | width
//	   5 %      2 %    0 |    0.0 %       2.0 % |  100.0 %     97 % |      33 |  7.7 %
//	  10 %      5 %    0 |    0.0 %       4.8 % |  100.0 %     94 % |      36 |  9.0 %
//	  20 %      5 %    0 |    0.0 %       9.8 % |   99.9 %     87 % |      43 | 11.0 %
//	  20 %     15 %    0 |    0.1 %      18.7 % |   99.8 %     82 % |      46 | 11.4 %
//	  10 %      5 % 10 % |    0.0 %       5.0 % |   99.7 %     84 % |      36 |  9.1 %
//	  35 %     10 %    0 |    0.4 %      28.5 % |   98.7 %     64 % |      62 | 13.2 %
//
// Some 33 to 62 windows of 75 s are 40 to 80 minutes; bisection takes 13 and guesses. A
// cluster that changes by 10 % or more in the middle of a search is found where it is
// now, or not called regular, in 99 of 100 searches.
//
// The package knows no cluster: a Probe measures a window, and a State resumes a search.
// Arrow: boundary imports nothing of ours.
package boundary
