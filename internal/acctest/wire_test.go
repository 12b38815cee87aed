package acctest

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// network is what requests go to that no simulator of this process answers.
type network struct{ asked int }

var errNobody = errors.New("nobody is there")

func (n *network) Do(*http.Request) (*http.Response, error) {
	n.asked++
	return nil, errNobody
}

// TestWire has a simulator answer as long as it listens, and drop what it is to drop.
func TestWire(t *testing.T) {
	t.Parallel()
	server := NewSim(t)
	key := server.Account(sim.DefaultAccount).Administrator()
	elsewhere := &network{}
	ask := func(url string) error {
		_, err := sts.New(sts.Options{
			Region: "eu-west-1", BaseEndpoint: &url, HTTPClient: onWire(elsewhere), Retryer: aws.NopRetryer{},
			Credentials: credentials.NewStaticCredentialsProvider(key.AccessKeyID, key.SecretAccessKey, ""),
		}).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		return err
	}
	url := server.URL()
	if err := ask(url); err != nil || elsewhere.asked != 0 || server.CountCalls("sts:GetCallerIdentity") != 1 {
		t.Fatalf("the simulator was not asked: %v", err)
	}
	server.InjectFault(sim.Fault{Kind: sim.FaultDropBefore})
	if err := ask(url); !errors.Is(err, io.EOF) {
		t.Errorf("a dropped connection is %v", err)
	}
	server.Close()
	if err := ask(url); !errors.Is(err, errNobody) || elsewhere.asked != 1 {
		t.Errorf("a simulator that has stopped gives %v", err)
	}
	if err := ask("http://127.0.0.1:1"); !errors.Is(err, errNobody) || elsewhere.asked != 2 {
		t.Errorf("another place gives %v", err)
	}
}
