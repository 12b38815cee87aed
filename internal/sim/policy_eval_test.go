package sim

import (
	"testing"
	"time"
)

// testContext makes a context for the evaluation tests.
func testContext() evalContext {
	ctx := newContext(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC))
	ctx.set("aws:SourceIp", "10.1.2.3")
	ctx.set("aws:username", "robot")
	ctx.set("aws:PrincipalArn", "arn:aws:iam::123456789012:role/ci/deploy")
	ctx.set("aws:TagKeys", "owner", "purpose")
	ctx.set("s3:max-keys", "10")
	ctx.set("aws:SecureTransport", "false")
	ctx.set("x:binary", "QUJD")
	return ctx
}

func TestConditions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		condition string
		want      bool
	}{
		"StringEquals":                   {`"StringEquals":{"aws:username":"robot"}`, true},
		"StringEquals case":              {`"StringEquals":{"aws:username":"Robot"}`, false},
		"StringEquals any value":         {`"StringEquals":{"aws:username":["a","robot"]}`, true},
		"StringEquals missing":           {`"StringEquals":{"aws:none":"x"}`, false},
		"StringEquals no wildcard":       {`"StringEquals":{"aws:username":"rob*"}`, false},
		"key without case":               {`"StringEquals":{"AWS:UserName":"robot"}`, true},
		"operator without case":          {`"stringequals":{"aws:username":"robot"}`, true},
		"StringNotEquals":                {`"StringNotEquals":{"aws:username":"human"}`, true},
		"StringNotEquals none of":        {`"StringNotEquals":{"aws:username":["human","robot"]}`, false},
		"StringNotEquals missing":        {`"StringNotEquals":{"aws:none":"x"}`, true},
		"StringEqualsIgnoreCase":         {`"StringEqualsIgnoreCase":{"aws:username":"ROBOT"}`, true},
		"StringNotEqualsIgnoreCase":      {`"StringNotEqualsIgnoreCase":{"aws:username":"ROBOT"}`, false},
		"StringLike star":                {`"StringLike":{"aws:username":"r*t"}`, true},
		"StringLike question":            {`"StringLike":{"aws:username":"rob?t"}`, true},
		"StringLike question needs one":  {`"StringLike":{"aws:username":"robot?"}`, false},
		"StringNotLike":                  {`"StringNotLike":{"aws:username":"r*"}`, false},
		"variable":                       {`"StringEquals":{"aws:username":"${aws:username}"}`, true},
		"variable fallback":              {`"StringEquals":{"aws:username":"${aws:none, 'robot'}"}`, true},
		"variable missing":               {`"StringLike":{"aws:username":"${aws:none}*"}`, false},
		"variable star is literal":       {`"StringLike":{"aws:username":"${*}"}`, false},
		"NumericEquals":                  {`"NumericEquals":{"s3:max-keys":"10.0"}`, true},
		"NumericNotEquals":               {`"NumericNotEquals":{"s3:max-keys":"10"}`, false},
		"NumericLessThan":                {`"NumericLessThan":{"s3:max-keys":10}`, false},
		"NumericLessThanEquals":          {`"NumericLessThanEquals":{"s3:max-keys":10}`, true},
		"NumericGreaterThan":             {`"NumericGreaterThan":{"s3:max-keys":9}`, true},
		"NumericGreaterThanEquals":       {`"NumericGreaterThanEquals":{"s3:max-keys":11}`, false},
		"Numeric on text":                {`"NumericEquals":{"aws:username":1}`, false},
		"DateEquals":                     {`"DateEquals":{"aws:CurrentTime":"2026-03-01T12:00:00Z"}`, true},
		"DateEquals zone":                {`"DateEquals":{"aws:CurrentTime":"2026-03-01T13:00:00+01:00"}`, true},
		"DateNotEquals":                  {`"DateNotEquals":{"aws:CurrentTime":"2026-03-01"}`, true},
		"DateLessThan":                   {`"DateLessThan":{"aws:CurrentTime":"2026-03-01T12:00:00Z"}`, false},
		"DateLessThanEquals":             {`"DateLessThanEquals":{"aws:CurrentTime":"2026-03-01T12:00:00Z"}`, true},
		"DateGreaterThan":                {`"DateGreaterThan":{"aws:CurrentTime":"2026-03-01T11:59:59Z"}`, true},
		"DateGreaterThanEquals":          {`"DateGreaterThanEquals":{"aws:CurrentTime":"2026-03-01T12:00Z"}`, true},
		"date against epoch":             {`"DateLessThan":{"aws:CurrentTime":"1900000000"}`, true},
		"epoch key":                      {`"DateGreaterThan":{"aws:EpochTime":"2026-02-28"}`, true},
		"epoch key numeric":              {`"NumericLessThan":{"aws:EpochTime":1900000000}`, true},
		"Bool":                           {`"Bool":{"aws:SecureTransport":false}`, true},
		"Bool true":                      {`"Bool":{"aws:SecureTransport":"true"}`, false},
		"Bool missing":                   {`"Bool":{"aws:MultiFactorAuthPresent":"false"}`, false},
		"BoolIfExists":                   {`"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}`, true},
		"BinaryEquals":                   {`"BinaryEquals":{"x:binary":"QUJD"}`, true},
		"IpAddress":                      {`"IpAddress":{"aws:SourceIp":["192.168.0.0/16","10.0.0.0/8"]}`, true},
		"IpAddress single":               {`"IpAddress":{"aws:SourceIp":"10.1.2.4"}`, false},
		"NotIpAddress":                   {`"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}`, false},
		"ArnLike":                        {`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/ci/*"}`, true},
		"ArnEquals wildcard":             {`"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::*:role/ci/deploy"}`, true},
		"ArnLike not across parts":       {`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam:*:role/ci/deploy"}`, false},
		"ArnNotLike":                     {`"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/*"}`, false},
		"ArnNotEquals":                   {`"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/other"}`, true},
		"Arn on text":                    {`"ArnLike":{"aws:username":"*"}`, false},
		"Null true":                      {`"Null":{"aws:none":"true"}`, true},
		"Null false":                     {`"Null":{"aws:none":"false"}`, false},
		"Null present":                   {`"Null":{"aws:username":"false"}`, true},
		"IfExists missing":               {`"StringEqualsIfExists":{"aws:none":"x"}`, true},
		"IfExists present":               {`"StringEqualsIfExists":{"aws:username":"x"}`, false},
		"ForAllValues":                   {`"ForAllValues:StringEquals":{"aws:TagKeys":["owner","purpose","more"]}`, true},
		"ForAllValues not all":           {`"ForAllValues:StringEquals":{"aws:TagKeys":["owner"]}`, false},
		"ForAllValues missing":           {`"ForAllValues:StringEquals":{"aws:none":["x"]}`, true},
		"ForAnyValue":                    {`"ForAnyValue:StringEquals":{"aws:TagKeys":["owner"]}`, true},
		"ForAnyValue none":               {`"ForAnyValue:StringLike":{"aws:TagKeys":["x*"]}`, false},
		"ForAnyValue missing":            {`"ForAnyValue:StringEquals":{"aws:none":["x"]}`, false},
		"ForAnyValue not":                {`"ForAnyValue:StringNotEquals":{"aws:TagKeys":["owner"]}`, true},
		"ForAllValues not":               {`"ForAllValues:StringNotEquals":{"aws:TagKeys":["owner"]}`, false},
		"ForAnyValue IfExists":           {`"ForAnyValue:StringEqualsIfExists":{"aws:none":["x"]}`, true},
		"two keys":                       {`"StringEquals":{"aws:username":"robot","aws:SourceIp":"10.9.9.9"}`, false},
		"two operators":                  {`"StringEquals":{"aws:username":"robot"},"IpAddress":{"aws:SourceIp":"10.1.2.3/32"}`, true},
		"an empty list allows nothing":   {`"StringEquals":{"aws:username":[]}`, false},
		"an empty list negated is a yes": {`"StringNotEquals":{"aws:username":[]}`, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := parsePolicy(identityPolicy, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{`+tt.condition+`}}}`)
			if err != nil {
				t.Fatal(err)
			}
			if got := evaluate([]*document{d}, "s3:GetObject", "arn:aws:s3:::b/k", testContext()).allowed; got != tt.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestStatements(t *testing.T) {
	t.Parallel()
	const action, resource = "s3:GetObject", "arn:aws:s3:::data/robot/key"
	tests := map[string]struct {
		statement string
		want      bool
	}{
		"action":             {`"Action":"s3:GetObject","Resource":"*"`, true},
		"action case":        {`"Action":"S3:getobject","Resource":"*"`, true},
		"action wildcard":    {`"Action":["ec2:*","s3:Get*"],"Resource":"*"`, true},
		"other action":       {`"Action":"s3:Put*","Resource":"*"`, false},
		"NotAction":          {`"NotAction":"s3:Put*","Resource":"*"`, true},
		"NotAction hit":      {`"NotAction":"s3:*","Resource":"*"`, false},
		"resource":           {`"Action":"*","Resource":"arn:aws:s3:::data/*"`, true},
		"resource case":      {`"Action":"*","Resource":"arn:aws:s3:::Data/*"`, false},
		"resource variable":  {`"Action":"*","Resource":"arn:aws:s3:::data/${aws:username}/*"`, true},
		"resource unknown":   {`"Action":"*","Resource":"arn:aws:s3:::data/${aws:none}/*"`, false},
		"resource wildcards": {`"Action":"*","Resource":"arn:*:s3:*:*:data/*"`, true},
		"NotResource":        {`"Action":"*","NotResource":"arn:aws:s3:::other/*"`, true},
		"NotResource hit":    {`"Action":"*","NotResource":"arn:aws:s3:::data/*"`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := parsePolicy(identityPolicy, `{"Version":"2012-10-17","Statement":{"Effect":"Allow",`+tt.statement+`}}`)
			if err != nil {
				t.Fatal(err)
			}
			if got := evaluate([]*document{d}, action, resource, testContext()).allowed; got != tt.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestGlob(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true},
		{"*", "", true},
		{"?", "", false},
		{"a*b*c", "aXXbYYc", true},
		{"a*b*c", "aXXcYYb", false},
		{"*ab", "aab", true},
		{"ü?*", "üxy", true},
		{"**", "x", true},
		{"abc", "abcd", false},
	} {
		if got := globMatch(globTokens(tt.pattern), tt.text); got != tt.want {
			t.Errorf("%q on %q: %t", tt.pattern, tt.text, got)
		}
	}
}
