package governance

import (
	"fmt"
	"strings"
)

// ParseARN reads the ARN of an IAM role or user, in any partition; IAM has no regions.
func ParseARN(text string) (ID, bool) {
	fields := strings.SplitN(text, ":", 6)
	if len(fields) != 6 || fields[0] != "arn" || !strings.HasPrefix(fields[1], "aws") || fields[2] != "iam" || fields[3] != "" {
		return ID{}, false
	}
	id, err := ParseID(string(PlatformAWS) + ":" + fields[4] + ":" + fields[5])
	return id, err == nil
}

// arnReason says what to write in place of an ARN.
func arnReason(text string) string {
	if id, ok := ParseARN(text); ok {
		return fmt.Sprintf("it is an ARN, and the canonical id of that identity is %s", id)
	}
	if _, session, ok := strings.Cut(text, ":assumed-role/"); ok {
		role, _, _ := strings.Cut(session, "/")
		return fmt.Sprintf("it is the ARN of a session, which the role %q is behind: the id of that has its path too", role)
	}
	return "it is an ARN, and not that of an IAM role or user"
}
