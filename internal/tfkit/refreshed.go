package tfkit

// KeepRefreshed keeps what a refresh has read of an object, for the plan that Terraform makes of it right afterwards: what takes
// half a dozen calls to read is read once for both.
func (d *Data) KeepRefreshed(id string, read any) {
	if d.onlyPlans() {
		d.refreshed.Store(id, read)
	}
}

// TakeRefreshed is what KeepRefreshed has kept, for one plan, and nil for any further one. Terraform plans and applies in
// processes of their own; in one that has begun to change anything, nothing is kept and everything is read anew.
func (d *Data) TakeRefreshed(id string) any {
	read, _ := d.refreshed.LoadAndDelete(id)
	if !d.onlyPlans() {
		return nil
	}
	return read
}

// onlyPlans tells whether nothing has been changed yet for sure.
func (d *Data) onlyPlans() bool { return d.Changing != nil && !d.Changing.Load() }
