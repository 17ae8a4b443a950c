// Package stats turns samples into intervals. Each function names the assumption it
// rests on. Too few samples is a value that says how many are needed, never an error
// and never a guess.
//
// Opinion: requests of one run are correlated, so a comparison of two loads is made
// over blocks of windows, not over requests; nothing here is fitted or extrapolated.
// All of it is pure, and repeats to the bit from its seed.
// Arrow: stats imports nothing of ours.
package stats
