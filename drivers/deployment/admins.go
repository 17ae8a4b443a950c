package deployment

import (
	"context"
	"errors"
)

// adminsMax is how many databases are made or dropped at once on one cluster: more than
// a handful wait for each other's checkpoints.
const adminsMax = 3

// admins lends out administrators, each of which serves one caller at a time. They are
// opened when first needed and closed together.
type admins[A interface{ Close(context.Context) error }] struct {
	open  func(context.Context) (A, error)
	seats chan *A // nil: nobody sits there yet
}

func newAdmins[A interface{ Close(context.Context) error }](open func(context.Context) (A, error)) *admins[A] {
	all := &admins[A]{open: open, seats: make(chan *A, adminsMax)}
	for range adminsMax {
		all.seats <- nil
	}
	return all
}

// with lends an administrator for one piece of work; it waits until one is free. One
// that failed is closed and not lent again, since its session may be gone.
func (a *admins[A]) with(ctx context.Context, work func(A) error) (err error) {
	var seat *A
	select {
	case seat = <-a.seats:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { a.seats <- seat }()
	if seat == nil {
		opened, err := a.open(ctx)
		if err != nil {
			return err
		}
		seat = &opened
	}
	if err := work(*seat); err != nil {
		broken := *seat
		seat = nil
		return errors.Join(err, broken.Close(context.WithoutCancel(ctx)))
	}
	return nil
}

// Close waits for the work in progress and closes every administrator.
func (a *admins[A]) Close(ctx context.Context) error {
	var all []error
	for range adminsMax {
		if seat := <-a.seats; seat != nil {
			all = append(all, (*seat).Close(ctx))
		}
	}
	return errors.Join(all...)
}
