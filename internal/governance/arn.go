package governance

import "strings"

// ParseARN reads the ARN of an IAM role or user, in any partition; IAM has no regions.
func ParseARN(text string) (ID, bool) {
	fields := strings.SplitN(text, ":", 6)
	if len(fields) != 6 || fields[0] != "arn" || !strings.HasPrefix(fields[1], "aws") || fields[2] != "iam" || fields[3] != "" {
		return ID{}, false
	}
	id, err := ParseID(string(PlatformAWS) + ":" + fields[4] + ":" + fields[5])
	return id, err == nil
}
