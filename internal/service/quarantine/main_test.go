package quarantine_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

func TestMain(m *testing.M) { acctest.Main(m) }
