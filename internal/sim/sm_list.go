package sim

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// secretFilters are the keys of ListSecrets filters (service model,
// FilterNameStringType), with what of a secret they look at.
var secretFilters = map[string]func(*secret) []string{
	"name":           func(s *secret) []string { return []string{s.name} },
	"description":    func(s *secret) []string { return strings.Fields(s.description) },
	"tag-key":        func(s *secret) []string { return tagParts(s.tags, true) },
	"tag-value":      func(s *secret) []string { return tagParts(s.tags, false) },
	"primary-region": func(s *secret) []string { return []string{s.region} },
	"owning-service": func(*secret) []string { return nil },
	"all": func(s *secret) []string {
		return slices.Concat([]string{s.name}, strings.Fields(s.description), tagParts(s.tags, true), tagParts(s.tags, false))
	},
}

func tagParts(tags []tag, keys bool) []string {
	var out []string
	for _, t := range tags {
		if keys {
			out = append(out, t.key)
		} else {
			out = append(out, t.value)
		}
	}
	return out
}

// secretFilter is one filter: any of its values has to match, by prefix; one
// with a leading ! has not to. Descriptions, and everything together, match
// without regard to case (Secrets Manager API reference, Filter).
type secretFilter struct {
	key    string
	values []string
}

func (f secretFilter) matches(s *secret) bool {
	fold := f.key == "description" || f.key == "all"
	for _, v := range f.values {
		want, negated := strings.CutPrefix(v, "!")
		hit := slices.ContainsFunc(secretFilters[f.key](s), func(have string) bool {
			if fold {
				return strings.HasPrefix(strings.ToLower(have), strings.ToLower(want))
			}
			return strings.HasPrefix(have, want)
		})
		if hit != negated {
			return true
		}
	}
	return false
}

func (r *request) secretFilters() ([]secretFilter, error) {
	var out []secretFilter
	for _, f := range r.input.objects("Filters") {
		key, values := f.str("Key"), f.list("Values")
		if secretFilters[key] == nil || len(values) == 0 || len(values) > 10 {
			return nil, errParameter("The filter %q is not valid.", key)
		}
		out = append(out, secretFilter{key, values})
	}
	return out, nil
}

// listSecrets gives the secrets of the region in order of their names;
// SortBy and SortOrder are not evaluated.
func listSecrets(r *request) (object, error) {
	r.account.purge(r.now)
	p, err := r.jsonPage(100, 100, "InvalidNextTokenException")
	if err != nil {
		return nil, err
	}
	filters, err := r.secretFilters()
	if err != nil {
		return nil, err
	}
	planned := r.input.flag("IncludePlannedDeletion")
	secrets := r.account.secretsOf(r.region)
	entries := []object{}
	pagedKeys(p, secrets.from(p.after), func(name string) bool {
		s := secrets.read(name)
		if s == nil || !s.deletion.IsZero() && !planned {
			return false
		}
		if slices.ContainsFunc(filters, func(f secretFilter) bool { return !f.matches(s.source()) }) {
			return false
		}
		o := s.describe()
		o["SecretVersionsToStages"] = s.source().stages()
		entries = append(entries, o)
		return true
	})
	out := object{"SecretList": entries}
	p.nextToken(out)
	return out, nil
}

// Characters of a random password (Secrets Manager API reference,
// GetRandomPassword).
var passwordClasses = []struct{ exclude, characters string }{
	{"ExcludeLowercase", "abcdefghijklmnopqrstuvwxyz"},
	{"ExcludeUppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
	{"ExcludeNumbers", "0123456789"},
	{"ExcludePunctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"},
}

func getRandomPassword(r *request) (object, error) {
	n := r.mayNumber("PasswordLength", 1, 4096, 32)
	excluded := r.mayText("ExcludeCharacters", rule{0, 4096, nil, "", ""})
	if err := r.checked(); err != nil {
		return nil, err
	}
	var classes []string
	for _, c := range passwordClasses {
		kept := strings.Map(func(x rune) rune {
			if strings.ContainsRune(excluded, x) {
				return -1
			}
			return x
		}, c.characters)
		if !r.input.flag(c.exclude) && kept != "" {
			classes = append(classes, kept)
		}
	}
	if r.input.flag("IncludeSpace") {
		classes = append(classes, " ")
	}
	each := !r.input.has("RequireEachIncludedType") || r.input.flag("RequireEachIncludedType")
	if len(classes) == 0 || each && n < len(classes) {
		return nil, errParameter("The password length is too short, or no characters are left to make it of.")
	}
	r.server.serial++
	all := strings.Join(classes, "")
	var out strings.Builder
	for i := range n {
		sum := sha256.Sum256(fmt.Appendf(nil, "password/%d/%d", r.server.serial, i))
		from := all
		if each && i < len(classes) {
			from = classes[i]
		}
		out.WriteByte(from[int(sum[0])%len(from)])
	}
	r.server.remember(out.String())
	return object{"RandomPassword": out.String()}, nil
}
