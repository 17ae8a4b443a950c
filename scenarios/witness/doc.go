// Package witness says whether a window can be believed: an endpoint that answers at
// once, on which a generator proves itself, and canaries, small jobs that move when the
// machine does. It imports only reports/result, and knows nothing of stores or loads.
package witness
