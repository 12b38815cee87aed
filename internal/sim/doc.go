// Package sim is an embedded simulator of AWS IAM, STS, Secrets Manager, the
// Parameter Store of Systems Manager, and of what an inventory asks IAM Access
// Analyzer, AWS Organizations and the aggregators of AWS Config. The real AWS
// SDKs, the AWS CLI and Terraform talk to it over HTTP through an endpoint
// override.
//
// It says no where the real services say no: names, tag character sets and
// lengths, quotas, delete order, ghost principals, policy grammar. It evaluates
// trust policies, identity policies, permissions boundaries, session policies
// and their conditions against its own clock, which a test can move, so that an
// expired identity can be watched being refused. Throttling, failures, dropped
// connections, replication lag and short pages can be injected, and every
// request is recorded, without its secrets; [Server.Secrets] gives those, so that
// a test can look for leaks.
//
// The simulator shares no code with the rest of the module: two independent
// implementations that agree prove more than one.
package sim
