// Package deployment places the three stores on clusters and opens them.
//
// A Host is one running cluster that has been migrated once: it holds a template
// of each database and gives every spec its own copies, by CREATE DATABASE …
// TEMPLATE on PostgreSQL and by a fresh migration on MongoDB. A Deployment is three
// opened stores, on one host (shared) or on two (split: users+permissions |
// collections). The stores are opened as the application role, which owns nothing
// but what it made and is never a superuser.
//
// Arrow: deployment imports drivers, store, postgres, mongo and cluster.
package deployment

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tristore/drivers"
	"tristore/drivers/store"
)

// Deployment is three opened stores. The caller owns it and must Close it.
type Deployment struct {
	Engine      drivers.Engine
	Users       store.Users
	Permissions store.Permissions
	Collections store.Collections

	places map[store.Name]place
	opened []func(context.Context) error // close the stores
	closes []func(context.Context) error // remove what they were opened on
}

// Reopen closes the stores and opens them anew, with none of their connections left, as a
// restart of the platform does. The stores that were there before are not to be used again.
func (d *Deployment) Reopen(ctx context.Context) error {
	err := d.closeStores(ctx)
	if err == nil {
		err = d.open(ctx)
	}
	if err != nil {
		return fmt.Errorf("opening the stores anew: %w", err)
	}
	return nil
}

func (d *Deployment) closeStores(ctx context.Context) error {
	var all []error
	for _, end := range slices.Backward(d.opened) {
		all = append(all, end(ctx))
	}
	d.opened = nil
	return errors.Join(all...)
}

// place is where one store lives.
type place struct {
	host   *Host
	target drivers.Target // as the application role
}

// Target is how the application reaches one store.
func (d *Deployment) Target(name store.Name) drivers.Target { return d.places[name].target }

// AdminTarget is how the administrator reaches one store's database.
func (d *Deployment) AdminTarget(name store.Name) drivers.Target {
	at := d.places[name]
	return at.host.admin(at.target.URL.Database())
}

// Host is the cluster that holds one store.
func (d *Deployment) Host(name store.Name) *Host { return d.places[name].host }

// Close closes the stores and drops their databases; every error is returned.
func (d *Deployment) Close(ctx context.Context) error {
	all := []error{d.closeStores(ctx)}
	for _, end := range slices.Backward(d.closes) {
		all = append(all, end(ctx))
	}
	d.closes = nil
	return errors.Join(all...)
}
