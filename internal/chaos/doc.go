// Package chaos is the fault matrix: every call that the provider makes in the life of everything that it offers fails in
// every way, Terraform runs once more, and the clouds are found as a run without a fault leaves them. It has tests only.
//
// All cases run with make chaos; a part of them, chosen by the hash of the name, with the other tests. One case runs by its
// name:
//
//	go test ./internal/chaos -run 'TestMatrix/aws_role/create/iam:CreateRole.1/denied' -args -one-in 1
package chaos
