// Package chaos is the fault matrix: every call that the provider makes in the life of everything that it offers fails in
// every way, Terraform runs once more, and the clouds are found as a run without a fault leaves them. It has tests only.
//
//	make chaos                                         all cases
//	go test ./internal/chaos -args -all -run-case TEXT those whose name has the text
package chaos
