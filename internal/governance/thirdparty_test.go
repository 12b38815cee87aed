package governance_test

import (
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

func TestThirdParty(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		name, contact string
		want          string // rule, attribute and part of the message; empty for none
	}{
		"address":            {"Acme Monitoring", "security@monitoring.acme.example", ""},
		"page":               {"Acme Monitoring", "https://acme.example/security.txt", ""},
		"one generic word":   {"Acme Partner", "soc@acme.example", ""},
		"no name":            {"", "soc@acme.example", "text third_party.name third_party.name is empty, so nobody could tell who uses"},
		"blank name":         {" ", "soc@acme.example", "text third_party.name white space only"},
		"control character":  {"Acme\n", "soc@acme.example", "text third_party.name U+000A"},
		"placeholder name":   {"TBD", "soc@acme.example", "third_party third_party.name names nobody"},
		"generic name":       {"External Vendor", "soc@acme.example", "third_party third_party.name names nobody"},
		"no contact":         {"Acme", "", "text third_party.contact third_party.contact is empty"},
		"sentence":           {"Acme", "ask Bob", "third_party third_party.contact neither an e-mail address nor a URL"},
		"telephone":          {"Acme", "+49 30 1234567", "third_party third_party.contact neither an e-mail address nor a URL"},
		"name and address":   {"Acme", "Bob <bob@acme.example>", "third_party third_party.contact neither an e-mail address nor a URL"},
		"other scheme":       {"Acme", "ftp://acme.example", "third_party third_party.contact neither an e-mail address nor a URL"},
		"placeholder domain": {"Acme", "security@example.com", "third_party third_party.contact is a placeholder"},
		"placeholder page":   {"Acme", "https://www.example.org/x", "third_party third_party.contact is a placeholder"},
		"placeholder box":    {"Acme", "test@acme.example", "third_party third_party.contact is a placeholder"},
		"nobody reads it":    {"Acme", "no-reply@acme.example", "third_party third_party.contact which nobody reads"},
		"bare host":          {"Acme", "bob@intranet", "third_party third_party.contact not one of the Internet"},
		"bare page":          {"Acme", "https://intranet/", "third_party third_party.contact not one of the Internet"},
		"no host":            {"Acme", "https:///x", "third_party third_party.contact not one of the Internet"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			subject := valid()
			subject.Category = governance.CategoryExternal
			subject.Metadata.ThirdParty, subject.Metadata.ThirdPartyContact = c.name, c.contact
			found := mustPolicy(t).Evaluate(subject, now)
			if c.want == "" {
				if len(found) > 0 {
					t.Errorf("found %+v", found)
				}
				return
			}
			want := strings.SplitN(c.want, " ", 3)
			if len(found) != 1 || string(found[0].Rule) != want[0] || strings.Join(found[0].Attribute, ".") != want[1] || !strings.Contains(found[0].Message, want[2]) || found[0].Remedy == "" {
				t.Errorf("found %+v", found)
			}
			subject.Unknown = map[governance.Field]bool{governance.FieldThirdParty: true, governance.FieldThirdPartyContact: true}
			if found := mustPolicy(t).Evaluate(subject, now); len(found) > 0 {
				t.Errorf("what is not known is blamed: %+v", found)
			}
			subject.Unknown, subject.Category = nil, governance.CategoryShared
			if found := mustPolicy(t).Evaluate(subject, now); len(found) > 0 {
				t.Errorf("of another category: %+v", found)
			}
		})
	}
}

func TestCategoryOfMetadata(t *testing.T) {
	t.Parallel()
	if got := (governance.Metadata{}).Category(governance.KindAWSRole); got != governance.CategoryShared {
		t.Errorf("without a third party it is %s", got)
	}
	if got := (governance.Metadata{ThirdParty: "Acme"}).Category(governance.KindAWSRole); got != governance.CategoryExternal {
		t.Errorf("with one it is %s", got)
	}
}
