package iampolicy

import (
	"errors"
	"regexp"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/workload"
)

// EKSServiceAccount lets the pods of one Kubernetes service account assume the
// role through the cluster's OIDC provider (IAM roles for service accounts).
type EKSServiceAccount struct {
	// OIDCProviderARN is the ARN of the IAM OIDC provider of the cluster.
	OIDCProviderARN string
	// Namespace and Name are those of the service account.
	Namespace, Name string
}

// EKSPodIdentity lets EKS Pod Identity assume the role for pods. All three
// fields are optional, but a service account needs its namespace; what is left
// empty is not restricted by the trust policy, only by who may create pod
// identity associations in the account.
//
// The restrictions are on the session tags that Pod Identity sets, as in
// "Create IAM role with trust policy required by EKS Pod Identity" in the EKS
// User Guide. An association that disables session tags is refused by them.
type EKSPodIdentity struct {
	// ClusterARN is the ARN of the cluster.
	ClusterARN string
	// Namespace and ServiceAccount are those of the pods.
	Namespace, ServiceAccount string
}

var (
	// oidc-eks.<region>.api.aws is the dual-stack form of the issuer.
	eksIssuer = regexp.MustCompile(`^(oidc\.eks\.[a-z0-9-]+\.[a-z0-9.-]+|oidc-eks\.[a-z0-9-]+\.api\.[a-z0-9.-]+)/id/[A-Za-z0-9]+$`)
	// "Constraints" of the EKS API: 1 to 100 characters, beginning with an
	// alphanumeric one.
	eksClusterARN = regexp.MustCompile(`^` + partitionPattern + `:eks:[a-z0-9-]+:[0-9]{12}:cluster/[0-9A-Za-z][A-Za-z0-9_-]{0,99}$`)
)

// Statements implements Preset.
func (p EKSServiceAccount) Statements() ([]Statement, error) {
	c := &checker{preset: "EKSServiceAccount"}
	const example = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
	const fix = oidcARNFix + example + "."
	issuer := c.issuer("oidc_provider_arn", p.OIDCProviderARN, example)
	if issuer != "" && !eksIssuer.MatchString(issuer) {
		c.add("oidc_provider_arn", fix, "The provider of %s is not that of an EKS cluster.", quote(p.OIDCProviderARN))
	}
	c.namespace(p.Namespace)
	c.serviceAccount("name", p.Name)
	if len(c.problems) > 0 {
		return nil, errors.Join(c.problems...)
	}
	return webIdentity(c.preset, p.OIDCProviderARN, Condition{"StringEquals": {
		issuer + ":aud": {stsAudience},
		issuer + ":sub": {"system:serviceaccount:" + p.Namespace + ":" + p.Name},
	}}), nil
}

// Statements implements Preset.
func (p EKSPodIdentity) Statements() ([]Statement, error) {
	c := &checker{preset: "EKSPodIdentity"}
	tags := map[string][]string{}
	if p.ClusterARN != "" {
		const fix = "Give the ARN of one cluster, such as arn:aws:eks:eu-west-1:111122223333:cluster/prod."
		if c.literal("cluster_arn", p.ClusterARN, fix) && !eksClusterARN.MatchString(p.ClusterARN) {
			c.add("cluster_arn", fix, "The value %s is not the ARN of an EKS cluster.", quote(p.ClusterARN))
		}
		tags["aws:RequestTag/eks-cluster-arn"] = []string{p.ClusterARN}
	}
	if p.Namespace != "" {
		c.namespace(p.Namespace)
		tags["aws:RequestTag/kubernetes-namespace"] = []string{p.Namespace}
	}
	if p.ServiceAccount != "" {
		c.serviceAccount("service_account", p.ServiceAccount)
		tags["aws:RequestTag/kubernetes-service-account"] = []string{p.ServiceAccount}
		if p.Namespace == "" {
			c.add("namespace", "Set namespace as well.",
				"Without a namespace a service account called %s in any namespace could use the role.", quote(p.ServiceAccount))
		}
	}
	if len(c.problems) > 0 {
		return nil, errors.Join(c.problems...)
	}
	var condition Condition
	if len(tags) > 0 {
		condition = Condition{"StringEquals": tags}
	}
	return []Statement{{
		SID:       c.preset,
		Effect:    Allow,
		Principal: &Principal{Service: []string{podIdentityService}},
		Action:    []string{"sts:AssumeRole", "sts:TagSession"},
		Condition: condition,
	}}, nil
}

func (c *checker) namespace(value string) {
	const fix = "Give a namespace such as billing: at most 63 lower-case letters, digits and hyphens."
	if c.literal("namespace", value, fix) && !workload.IsNamespace(value) {
		c.add("namespace", fix, "The value %s is not the name of a Kubernetes namespace.", quote(value))
	}
}

func (c *checker) serviceAccount(field, value string) {
	const fix = "Give a service account such as invoice-export: at most 253 lower-case letters, digits, hyphens and dots."
	if c.literal(field, value, fix) && !workload.IsServiceAccount(value) {
		c.add(field, fix, "The value %s is not the name of a Kubernetes service account.", quote(value))
	}
}
