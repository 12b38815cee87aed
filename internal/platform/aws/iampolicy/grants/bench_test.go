package grants

import (
	"strings"
	"testing"
)

// typical is a role of some 6 KB, as a managed policy can be at most.
func typical() string {
	var statements []string
	for i := range 12 {
		suffix := string(rune('a' + i))
		statements = append(statements,
			allow("s3:GetObject s3:PutObject s3:DeleteObject", "arn:aws:s3:::shop-"+suffix+"/* arn:aws:s3:::shop-"+suffix+"-logs/*"),
			allow("dynamodb:*Item dynamodb:Query", "arn:aws:dynamodb:eu-west-1:111111111111:table/"+suffix+"*", `{"StringEquals":{"aws:PrincipalTag/team":"shop"}}`),
		)
	}
	return strings.Join(append(statements, allow("ecr:GetAuthorizationToken logs:CreateLogStream logs:PutLogEvents", "*"), deny("s3:Delete*", "arn:aws:s3:::shop-a/*")), ",")
}

func BenchmarkClassify(b *testing.B) {
	for name, policy := range map[string]string{"typical": typical(), "AdministratorAccess": administratorAccess, "PowerUserAccess": powerUserAccess} {
		have := identity(b, policy)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Classify(New(have, today))
			}
		})
		b.Run(name+" in outline", func(b *testing.B) {
			for b.Loop() {
				Outline(New(have, today))
			}
		})
	}
}

func BenchmarkGains(b *testing.B) {
	for name, policy := range map[string]string{"typical": typical(), "AdministratorAccess": administratorAccess} {
		now := New(identity(b, policy), today)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Gains(&Set{}, now)
			}
		})
	}
}
