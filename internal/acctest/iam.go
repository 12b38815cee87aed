package acctest

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// IAM is a client with which a test changes the simulator's default account behind Terraform's back.
func IAM(server *sim.Server) *iam.Client {
	key := server.Account(sim.DefaultAccount).Administrator()
	return NewIAM(server.URL(), key.AccessKeyID, key.SecretAccessKey)
}

// NewIAM is a client of an endpoint.
func NewIAM(url, accessKey, secretKey string) *iam.Client {
	return iam.New(iam.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(url), Credentials: credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = time.Millisecond }),
	})
}
