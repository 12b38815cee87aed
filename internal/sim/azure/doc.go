// Package azuresim is an embedded simulator of Microsoft Entra ID's token
// endpoint and of what the provider and its inventory ask Microsoft Graph, on
// one HTTPS listener. The real azidentity and azcore reach it through a cloud
// configuration:
//
//	authority  https://127.0.0.1:PORT/{tenant}/oauth2/v2.0/token
//	Graph      https://127.0.0.1:PORT/graph/v1.0 and /graph/beta
//
// The certificate is made anew by every server; [Server.CA] has the authority
// that signed it, and [Server.Client] a client that trusts it.
//
// It says no where Entra ID and Graph say no: lengths, characters and numbers,
// unique names, soft delete, application permissions, the tenant's application
// management policy, secrets and certificates that have ended. It goes by the
// clock of package sim, which one test can move for both clouds, and injects
// faults, records calls and keeps secrets as that package does. Like it, it
// shares no code with the rest of the module.
//
// A service is a [service] with its routes: another one is another file of
// routes, and a line in services.
package azuresim
