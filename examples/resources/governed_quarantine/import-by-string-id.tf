# The canonical id of the identity, where the state with its quarantine is lost. An ARN works too.
import {
  to = governed_quarantine.checkout
  id = "aws:123456789012:role/checkout-ec2-prod"
}

# Of an application or a service principal it has the tenant and the object id.
import {
  to = governed_quarantine.reports
  id = "entra:3f1a9c52-7d04-4e6b-9a58-c2d1e0f4b7a6:application/5d0c1f7e-3b42-4a86-9e15-c8f27a6d4b30"
}

import {
  to = governed_quarantine.collector
  id = "entra:3f1a9c52-7d04-4e6b-9a58-c2d1e0f4b7a6:service_principal/8e2b6a94-1d57-4c03-b8f9-60a3d7e5c412"
}

# Of a managed identity it is the id of Azure.
import {
  to = governed_quarantine.batch
  id = "azure:/subscriptions/6b2e8d14-90c7-4f35-8a1d-57e3c0b9f2d8/resourceGroups/payments-prod/providers/Microsoft.ManagedIdentity/userAssignedIdentities/batch"
}
