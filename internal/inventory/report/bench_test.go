package report_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/inventory/report"
)

// BenchmarkRender writes a large estate down in every format.
func BenchmarkRender(b *testing.B) {
	identities := many(10_000)
	for _, format := range report.Formats() {
		b.Run(string(format), func(b *testing.B) {
			for b.Loop() {
				if _, err := report.Render(report.Inventory{Identities: identities}, format); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
