package actions

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLookup(t *testing.T) {
	t.Parallel()
	for _, want := range []Action{
		{Service: "s3", Name: "GetObject", Level: Read},
		{Service: "s3", Name: "ListBucket", Level: List},
		{Service: "s3", Name: "ListAllMyBuckets", Level: List, WildcardOnly: true},
		{Service: "s3", Name: "PutObject", Level: Write},
		{Service: "s3", Name: "PutObjectTagging", Level: Tagging},
		{Service: "s3", Name: "PutBucketPolicy", Level: PermissionsManagement},
		{Service: "iam", Name: "PassRole", Level: Write},
		{Service: "iam", Name: "CreateRole", Level: Write},
		{Service: "iam", Name: "CreateAccessKey", Level: Write},
		{Service: "iam", Name: "AttachRolePolicy", Level: PermissionsManagement},
		{Service: "iam", Name: "CreatePolicyVersion", Level: PermissionsManagement},
		{Service: "iam", Name: "UpdateAssumeRolePolicy", Level: PermissionsManagement},
		{Service: "iam", Name: "TagRole", Level: Tagging},
		{Service: "iam", Name: "ListRoles", Level: List, WildcardOnly: true},
		{Service: "sts", Name: "AssumeRole", Level: Write},
		{Service: "sts", Name: "GetCallerIdentity", Level: Read, WildcardOnly: true},
		{Service: "kms", Name: "CreateKey", Level: Write, WildcardOnly: true},
		{Service: "kms", Name: "CreateGrant", Level: PermissionsManagement},
		{Service: "secretsmanager", Name: "GetSecretValue", Level: Read},
		{Service: "ec2", Name: "DescribeInstances", Level: List, WildcardOnly: true},
		{Service: "lambda", Name: "UpdateFunctionCode", Level: Write},
	} {
		for _, name := range []string{want.Name, strings.ToLower(want.Name), strings.ToUpper(want.Name)} {
			if got, ok := Lookup(strings.ToUpper(want.Service), name); !ok || got != want {
				t.Errorf("%s: %+v, %v, want %+v", name, got, ok, want)
			}
		}
	}
	for _, unknown := range [][2]string{{"s3", "GetObjekt"}, {"s4", "GetObject"}, {"", ""}, {"s3", ""}, {"s3", "Get*"}, {"s3", "*"}, {"\u212ams", "Decrypt"}} {
		if got, ok := Lookup(unknown[0], unknown[1]); ok || got != (Action{}) {
			t.Errorf("%q: %+v, want nothing", unknown, got)
		}
	}
}

func TestKnown(t *testing.T) {
	t.Parallel()
	for service, want := range map[string]bool{"s3": true, "IAM": true, "ec2-instance-connect": true, "s33": false, "": false, "*": false, "s?": false} {
		if got := Known(service); got != want {
			t.Errorf("%q: %v", service, got)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for level, want := range map[Level]string{
		0: "unknown", List: "List", Read: "Read", Write: "Write", Tagging: "Tagging", PermissionsManagement: "Permissions management", 6: "unknown", 255: "unknown",
	} {
		if got := level.String(); got != want {
			t.Errorf("%d: %s", level, got)
		}
	}
	if got := (Action{Service: "s3", Name: "GetObject"}).String(); got != "s3:GetObject" {
		t.Error(got)
	}
}

// TestTable keeps what the searches rely on, and the table from shrinking unnoticed when the dataset is damaged.
func TestTable(t *testing.T) {
	t.Parallel()
	all := All()
	if len(all) < 20_000 || len(load().names) < 400 {
		t.Errorf("%d actions of %d services", len(all), len(load().names))
	}
	if !slices.IsSortedFunc(all, func(a, b Action) int {
		if a.Service != b.Service {
			return strings.Compare(a.Service, b.Service)
		}
		return compareFold(a.Name, b.Name)
	}) {
		t.Error("the actions are out of order")
	}
	levels := map[Level]int{}
	for _, a := range all {
		levels[a.Level]++
		if a.Service == "" || a.Name == "" {
			t.Errorf("%+v", a)
		}
	}
	if len(levels) != 5 || levels[0] != 0 {
		t.Errorf("levels: %v", levels)
	}
}

func TestSource(t *testing.T) {
	t.Parallel()
	source := Source()
	sum := sha256.Sum256([]byte(text))
	if got := hex.EncodeToString(sum[:]); got != source.SHA256 {
		t.Errorf("actions.txt has the SHA-256 %s, and source.json says %s: run make actions", got, source.SHA256)
	}
	if !strings.Contains(text, "# Made by `make actions` from "+source.Package+" "+source.Version+".") {
		t.Errorf("actions.txt is not of version %s", source.Version)
	}
	if _, err := time.Parse(time.DateOnly, source.Updated); err != nil {
		t.Error(err)
	}
	notice, err := os.ReadFile("LICENSE.iam-data")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{source.Licence + " License", "Copyright (c)", "The above copyright notice and this permission notice shall be included"} {
		if !strings.Contains(string(notice), part) {
			t.Errorf("the licence has no %q", part)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for damaged, want := range map[string]string{
		"W Get\n":                        `line 1: "W Get" is no action`,
		"# x\ns3:\nGet\n":                `line 3: "Get" is no action`,
		"s3:\nX Get\n":                   `line 2: "X Get" is no action`,
		"s3:\nRW Get\n":                  `line 2: "RW Get" is no action`,
		"s3:\nR \n":                      `line 2: "R " is no action`,
		"s3:\n\n":                        `line 2: "" is no action`,
		"s3:\nR Put\nR Get\n":            `line 3: action "Get" is out of order`,
		"s3:\nR Get\nR get\n":            `line 3: action "get" is out of order`,
		"s3:\nR Get\niam:\nR Get\n":      `line 3: service "iam" is out of order`,
		"s3:\nR Get\ns3:\nR Put\n":       `line 3: service "s3" is out of order`,
		"iam:\nR* Get\ns3:\nR** GetIt\n": `line 4: "R** GetIt" is no action`,
	} {
		if _, err := decode(damaged); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", damaged, err, want)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decode(text); err != nil {
			b.Fatal(err)
		}
	}
}
