// Package governance is the domain of the provider: what a non-human identity is, what must be known of it, how
// long it lives, and what a policy says about that. It knows no cloud and no Terraform, does no I/O, takes the time
// as an argument, and uses the standard library only.
package governance
