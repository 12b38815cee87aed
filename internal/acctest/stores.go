package acctest

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// SecretsManager is a client with which a test changes the simulator's default account behind Terraform's back.
func SecretsManager(server *sim.Server) *secretsmanager.Client {
	return SecretsManagerOf(server, sim.DefaultAccount)
}

// SecretsManagerOf is the same for another account.
func SecretsManagerOf(server *sim.Server, account string) *secretsmanager.Client {
	key := server.Account(account).Administrator()
	return secretsmanager.New(secretsmanager.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(server.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(key.AccessKeyID, key.SecretAccessKey, ""),
	})
}

// SSM is the same for Systems Manager.
func SSM(server *sim.Server) *ssm.Client {
	key := server.Account(sim.DefaultAccount).Administrator()
	return ssm.New(ssm.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(server.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(key.AccessKeyID, key.SecretAccessKey, ""),
	})
}
