package sim

import (
	"net/url"
	"regexp"
	"strings"
)

// Limits of an OIDC provider (IAM quotas).
const (
	maxClientIDs   = 100
	maxThumbprints = 5
)

var thumbprintPattern = regexp.MustCompile(`^[0-9A-Fa-f]{40}$`)

func createOIDCProvider(r *request) ([]node, error) {
	address := r.required("Url", urlRule)
	clientIDs := r.list("ClientIDList")
	for _, c := range clientIDs {
		r.constrain(c, "ClientIDList", urlRule)
	}
	thumbprints := r.list("ThumbprintList")
	for _, t := range thumbprints {
		if !thumbprintPattern.MatchString(t) {
			r.problem(t, "ThumbprintList", "Member must be 40 hexadecimal characters")
		}
	}
	tags, err := r.tagList()
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.Port() != "" {
		return nil, errValidation("Invalid Open ID Connect Provider URL")
	}
	if len(thumbprints) > maxThumbprints {
		return nil, errInvalidInput("Thumbprint list must contain fewer than 5 entries.")
	}
	if len(clientIDs) > maxClientIDs {
		return nil, errLimitExceeded("Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: %d", maxClientIDs)
	}
	a := r.account
	p := &oidcProvider{
		account: a, host: providerHost(address),
		clientIDs: clientIDs, thumbprints: thumbprints, tags: tags, created: r.now,
	}
	if a.providers.get(p.arn()) != nil {
		return nil, errAlreadyExists("Provider with url %s already exists.", address)
	}
	a.providers.put(p.arn(), p, r.server.lag)
	return []node{text("OpenIDConnectProviderArn", p.arn()), tagsIfAny(tags)}, nil
}

// providerHost is an issuer's URL without scheme and trailing slash, as it
// stands in the provider's ARN and in condition keys.
func providerHost(address string) string {
	return strings.TrimSuffix(strings.TrimPrefix(address, "https://"), "/")
}

// providerARN checks the OpenIDConnectProviderArn parameter.
func (r *request) providerARN() (string, error) {
	arn := r.required("OpenIDConnectProviderArn", arnRule)
	if err := r.checked(); err != nil {
		return "", err
	}
	if !strings.HasPrefix(arn, "arn:aws:iam::"+r.account.id+":oidc-provider/") {
		return "", errInvalidInput("Invalid ARN: %s", arn)
	}
	return arn, nil
}

func getOIDCProvider(r *request) ([]node, error) {
	arn, err := r.providerARN()
	if err != nil {
		return nil, err
	}
	p := r.account.providers.read(arn)
	if p == nil {
		return nil, errNoSuchEntity("OpenIDConnect Provider not found for arn %s", arn)
	}
	return []node{
		text("Url", p.host),
		stringList("ClientIDList", p.clientIDs),
		stringList("ThumbprintList", p.thumbprints),
		date("CreateDate", p.created),
		tagsNode(p.tags),
	}, nil
}

// deleteOIDCProvider does not look for roles that trust the provider; they
// stop working (IAM API reference, DeleteOpenIDConnectProvider). Deleting one
// that is not there succeeds, for the same page calls it idempotent.
func deleteOIDCProvider(r *request) ([]node, error) {
	arn, err := r.providerARN()
	if err != nil {
		return nil, err
	}
	r.account.providers.remove(arn, r.server.lag)
	return nil, nil
}

func listOIDCProviders(r *request) ([]node, error) {
	var arns []string
	for _, key := range r.account.providers.from("") {
		if p := r.account.providers.read(key); p != nil {
			arns = append(arns, p.arn())
		}
	}
	return []node{list("OpenIDConnectProviderList", arns, func(arn string) node {
		return el("member", text("Arn", arn))
	})}, nil
}
