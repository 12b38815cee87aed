package aws

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// smtpPassword derives the password for the SMTP interface of Amazon SES in a region from a secret access key (Amazon SES
// Developer Guide, "Obtaining SES SMTP credentials by converting existing AWS credentials").
func smtpPassword(secretAccessKey, region string) string {
	const version = 0x04
	signature := []byte("AWS4" + secretAccessKey)
	for _, text := range []string{"11111111", region, "ses", "aws4_request", "SendRawEmail"} {
		mac := hmac.New(sha256.New, signature)
		mac.Write([]byte(text))
		signature = mac.Sum(nil)
	}
	return base64.StdEncoding.EncodeToString(append([]byte{version}, signature...))
}
