// Package azuresim is an embedded simulator of Microsoft Entra ID's token
// endpoint and of what the provider and its inventory ask Microsoft Graph, Azure
// Resource Manager and Key Vault, on one HTTPS listener. The real azidentity and azcore reach it through a cloud
// configuration:
//
//	authority  https://127.0.0.1:PORT/{tenant}/oauth2/v2.0/token
//	Graph      https://127.0.0.1:PORT/graph/v1.0 and /graph/beta
//	Azure      https://127.0.0.1:PORT/arm
//	Key Vault  https://127.0.0.1:PORT/vault/{vault}
//
// Whoever uses azidentity sets DisableInstanceDiscovery, because it would ask
// Microsoft about an authority that it does not know.
//
// A test starts it and hands both to the clients:
//
//	s, err := azuresim.New(azuresim.WithClock(start))
//	err = s.Start()
//	options := policy.ClientOptions{
//		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: s.AuthorityHost()},
//		Transport: s.Client(),
//	}
//
// The certificate is made anew by every server; [Server.CA] has the authority
// that signed it, and [Server.Client] a client that trusts it.
//
// In Resource Manager there are managed identities with their federated
// credentials, roles and role assignments (time-bound ones too), queries of
// Resource Graph, and whatever else a test puts there. What a caller may do is
// what its roles allow; [Tenant.May] answers the same question for a test. A
// condition of a role assignment is not evaluated, and so allows nothing.
//
// It says no where Entra ID, Graph and Azure say no: lengths, characters and numbers,
// unique names, soft delete, application permissions, the tenant's application
// management policy, secrets and certificates that have ended. It goes by the
// clock of package sim, which one test can move for both clouds, and injects
// faults, records calls and keeps secrets as that package does. Like it, it
// shares no code with the rest of the module.
//
// A service is a [service] with its routes: another one is another file of
// routes, and a line in services.
package azuresim
