// Package availability takes a part of a deployment away and looks what still works.
//
// Apart places collections on a cluster of their own, behind a wire, as after a split. The
// wire is then cut, as when that server is down, and silenced, as when the network to it is
// lost: sign-ins and workspace checks must go on as if nothing had happened, and whoever
// asks for a product binding must be told nothing, until the wire is whole again.
//
// Arrow: availability imports scenarios, drivers and reports/result.
package availability
