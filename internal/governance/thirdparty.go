package governance

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// checkThirdParty wants a third party that can be found and reached when its access has to end.
func (p Policy) checkThirdParty(subject Subject, _ time.Time) []Violation {
	if subject.Category != CategoryExternal {
		return nil
	}
	var found []Violation
	wrong := func(field Field, remedy, format string, args ...any) {
		violation := p.violation(RuleThirdParty, "", fmt.Sprintf(format, args...), remedy)
		violation.Attribute = field.Argument()
		found = append(found, violation)
	}
	if name := subject.Metadata.ThirdParty; !subject.Unknown[FieldThirdParty] && !blank(name) && onlyWordsOf(name, placeholderWords, genericParties) {
		wrong(FieldThirdParty, `Write the name that its contract has, for example name = "Acme Monitoring".`,
			"third_party.name is %q, which names nobody", name)
	}
	if contact := subject.Metadata.ThirdPartyContact; !subject.Unknown[FieldThirdPartyContact] && !blank(contact) {
		if reason := unreachable(contact); reason != "" {
			wrong(FieldThirdPartyContact, `Write an address that somebody reads, such as "security@monitoring.acme.example", or the URL of a page that leads to one.`,
				"third_party.contact is %q, %s: nobody could be told that something is wrong or that the access ends", contact, reason)
		}
	}
	return found
}

// genericParties name no particular third party.
var genericParties = wordSet("third party 3rd vendor supplier partner customer company external contractor the a our")

// Nobody is reached at these. Of the names that RFC 2606 reserves, .example is left for documentation.
var (
	nobodysDomain   = regexp.MustCompile(`(?i)(^|\.)(example\.(com|net|org)|test|invalid|localhost)$`)
	nobodysMailbox  = regexp.MustCompile(`(?i)^(no|do[-_.]?not)[-_.]?reply`)
	qualifiedDomain = regexp.MustCompile(`^[^.\s]+(\.[^.\s]+)+$`)
)

// unreachable says why a contact reaches nobody; it is empty when it may reach somebody.
func unreachable(contact string) string {
	if page, err := url.Parse(contact); err == nil && slices.Contains([]string{"http", "https"}, page.Scheme) {
		return unreachableAt(page.Hostname())
	}
	address, err := mail.ParseAddress(contact)
	if err != nil || address.Address != contact {
		return "which is neither an e-mail address nor a URL"
	}
	at := strings.LastIndexByte(contact, '@')
	switch mailbox := contact[:at]; {
	case nobodysMailbox.MatchString(mailbox):
		return "which nobody reads"
	case onlyWordsOf(mailbox, placeholderWords):
		return "which is a placeholder"
	}
	return unreachableAt(contact[at+1:])
}

func unreachableAt(domain string) string {
	switch {
	case nobodysDomain.MatchString(domain):
		return "which is a placeholder"
	case !qualifiedDomain.MatchString(domain):
		return "whose domain is not one of the Internet"
	}
	return ""
}
