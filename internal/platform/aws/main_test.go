package aws_test

import (
	"os"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

func TestMain(m *testing.M) {
	// Every driver would read it anew, and the tests speak plain HTTP.
	os.Unsetenv("AWS_CA_BUNDLE")
	acctest.Main(m)
}
