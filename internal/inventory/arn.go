package inventory

import (
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// ParseARN reads the ARN of an IAM role or user, in any partition; IAM has no regions.
func ParseARN(text string) (governance.ID, bool) {
	fields := strings.SplitN(text, ":", 6)
	if len(fields) != 6 || fields[0] != "arn" || !strings.HasPrefix(fields[1], "aws") || fields[2] != "iam" || fields[3] != "" {
		return governance.ID{}, false
	}
	id, err := governance.ParseID(string(governance.PlatformAWS) + ":" + fields[4] + ":" + fields[5])
	return id, err == nil
}
