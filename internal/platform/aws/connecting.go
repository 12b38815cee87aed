package aws

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"sync"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// connecting is a retryer that ends a call without a connection when platform.Reconnect says so: the SDK would take as many tries as
// for a throttling, which is minutes. A host that has been given up is tried just once from then on.
type connecting struct {
	awssdk.RetryerV2
	// longest is the longest pause; 0 is no limit.
	longest time.Duration
	givenUp *sync.Map // of hosts
}

// RetryDelay is the SDK's. An error ends the call.
func (c connecting) RetryDelay(tries int, err error) (time.Duration, error) {
	host := hostOf(err)
	if !platform.Unconnected(err) || metadataService(host) {
		return c.RetryerV2.RetryDelay(tries, err)
	}
	pause, again := platform.Reconnect(err, max(tries, 1))
	if _, before := c.givenUp.Load(host); before || !again {
		c.givenUp.Store(host, true)
		return 0, unreachable(host, err)
	}
	if c.longest > 0 {
		pause = min(pause, c.longest)
	}
	return pause, nil
}

// metadataService tells whether a host gives credentials to the machine or container that asks: not to be there is no fault of its own
// ("Use the Instance Metadata Service to access instance metadata" in the Amazon EC2 User Guide).
func metadataService(host string) bool {
	endpoint := url.URL{Host: host}
	address, err := netip.ParseAddr(endpoint.Hostname())
	return err == nil && (address.IsLinkLocalUnicast() || address == instanceMetadata)
}

var instanceMetadata = netip.MustParseAddr("fd00:ec2::254")

// hostOf is where a request was to go.
func hostOf(err error) string {
	var request *url.Error
	if errors.As(err, &request) {
		if parsed, err := url.Parse(request.URL); err == nil {
			return parsed.Host
		}
	}
	return "its endpoint"
}

func unreachable(host string, err error) error {
	why := &platform.ErrNotConfigured{
		Attribute: []string{"aws", "endpoints"}, Err: err,
		Reason: fmt.Sprintf("AWS cannot be reached at %s: %s", host, platform.WhyUnconnected(err)),
		Remedy: "Check the network, the proxy (HTTPS_PROXY), aws.region, and the endpoint where one is set: in aws.endpoints, AWS_ENDPOINT_URL or the profile.",
	}
	if platform.Untrusted(err) {
		why.Remedy = "If it is the right one, name a file with the certificate of its authority, or of the proxy's, in AWS_CA_BUNDLE. Otherwise correct the endpoint in aws.endpoints, AWS_ENDPOINT_URL or the profile."
	}
	return why
}
