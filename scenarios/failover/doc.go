// Package failover loses the primary of a streaming pair, again and again, while an
// application writes through one address, and asks what an operator needs to know of the
// real loss: how long could nobody write, and is every write there that was acknowledged.
//
// Drill is one run: a primary and a standby on loopback; the primary is killed, the loss is
// noticed, the standby is promoted and the application's address leads to it; then another
// standby is made of the new primary. The application is told nothing: its pools find out.
//
// Opinion: the time counts from the kill to the first write that was begun and acknowledged
// after it, of the store that came last. A write whose outcome is unknown counts as neither
// kept nor lost. What decides that a primary is lost is part of the time and ours: an
// operator's own manager may take longer, so the parts are told apart.
// Arrow: failover imports scenarios/dataset, scenarios/road, scenarios/traffic, drivers and reports/result.
package failover
