// Package judge turns saved facts into findings. It is pure: the same run file
// gives the same findings, with every server gone.
//
// Opinion: a rule says three things about an observation: what must hold for it to
// be worth anything (Valid, broken means INVALID), what the store promised (Limits
// and Cases, broken means FAIL), and how much must have been compared (Floors and
// MinCases, below means INCONCLUSIVE). A fact that was not recorded, or is not a
// number, is never assumed. Arrow: judge imports reports/result, reports/stats and
// reports/latency.
package judge
