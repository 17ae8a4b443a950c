package mongo

// OpenCursors are the cursors that the sender left open on the server.
func (r *Raw) OpenCursors() (ids []int64) {
	for _, all := range r.open {
		for _, id := range all {
			ids = append(ids, id.(int64))
		}
	}
	return ids
}
