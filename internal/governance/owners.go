package governance

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// OwnerFields name people or teams, and are held against the directories of owners.
var OwnerFields = []Field{FieldOwner, FieldBusinessOwner, FieldTechnicalOwner}

// Owner is an entry of a directory: a team or a person that can answer for identities.
type Owner struct {
	Name string
	// Aliases mean the same owner, such as an e-mail address or a former name.
	Aliases []string
	// Inactive marks one who is recorded but answers for nothing any more.
	Inactive bool
	// Left is the day from which on the owner is gone; zero where none is recorded.
	Left time.Time
}

// there tells whether the owner answers for identities at an instant.
func (o *Owner) there(now time.Time) bool {
	return !o.Inactive && (o.Left.IsZero() || now.Before(o.Left))
}

// OwnerDirectory says who can be an owner. A name counts as it is written, letter case included, so that an owner is
// spelt the same on every identity. It does not change once it is made.
type OwnerDirectory struct {
	source string
	owners map[string]*Owner
	names  []string
}

// NewOwnerDirectory takes owners whose names and aliases are unique; of two that share one, the first counts. The source
// is what messages call the directory, such as owners.yaml.
func NewOwnerDirectory(source string, owners []Owner) *OwnerDirectory {
	d := &OwnerDirectory{source: source, owners: make(map[string]*Owner, len(owners))}
	for i := range owners {
		for _, name := range append([]string{owners[i].Name}, owners[i].Aliases...) {
			if _, taken := d.owners[name]; !taken {
				d.owners[name] = &owners[i]
				d.names = append(d.names, name)
			}
		}
	}
	return d
}

// has tells whether an owner is there at an instant.
func (d *OwnerDirectory) has(name string, now time.Time) bool {
	owner, known := d.owners[name]
	return known && owner.there(now)
}

// absence says of an owner why it is not there at an instant; it is empty when it is.
func (d *OwnerDirectory) absence(name string, now time.Time) string {
	owner, known := d.owners[name]
	switch {
	case !known:
		return "is not in the owner directory " + d.source
	case owner.there(now):
		return ""
	case owner.Left.IsZero() || now.Before(owner.Left):
		return fmt.Sprintf("the owner directory %s marks as inactive", d.source)
	}
	return fmt.Sprintf("the owner directory %s marks as gone since %s", d.source, owner.Left.Format(time.DateOnly))
}

// OwnerAbsence says, to follow "which", why an owner is not in a directory of the policy at an instant, or is gone. It is
// empty when the owner is in all of them, when the policy has none, and when no owner is given.
func (p Policy) OwnerAbsence(name string, now time.Time) string {
	if blank(name) {
		return ""
	}
	for _, directory := range p.ownerDirectories {
		if absence := directory.absence(name, now); absence != "" {
			return absence
		}
	}
	return ""
}

// checkOwnerDirectory wants owners that exist. One who has gone is a warning on an existing identity that keeps its owner:
// a departure shows in the next plan, and stops no unrelated change.
func (p Policy) checkOwnerDirectory(subject Subject, now time.Time) []Violation {
	var found []Violation
	for _, field := range OwnerFields {
		name := subject.Metadata.Text(field)
		if subject.Unknown[field] || blank(name) {
			continue
		}
		for _, directory := range p.ownerDirectories {
			absence := directory.absence(name, now)
			if absence == "" {
				continue
			}
			violation := p.violation(RuleOwnerUnknown, string(field),
				fmt.Sprintf("%s is %q, which %s, so nobody could tell %s", field, name, absence, fieldMeaning[field]), p.knownOwner(directory, name, now))
			if subject.Prior != nil && subject.Prior.Text(field) == name && violation.Enforcement == EnforceError {
				violation.Enforcement = EnforceWarn
			}
			found = append(found, violation)
		}
	}
	return found
}

// knownOwner says what to write instead of an owner that is not in a directory.
func (p Policy) knownOwner(directory *OwnerDirectory, name string, now time.Time) string {
	if _, known := directory.owners[name]; known {
		return "Hand it over: write an owner that is still there."
	}
	switch near := p.nearestOwner(directory, name, now); {
	case near == "":
		return "Write an owner that is in the directory, or have this one added to it."
	case strings.EqualFold(near, name):
		return fmt.Sprintf("Write it as %q: letter case counts.", near)
	default:
		return fmt.Sprintf("Write an owner that is in the directory; the nearest is %q.", near)
	}
}

// What is near enough to be what was meant: so many changed characters at most, in a name that is short enough to be
// compared.
const (
	nearestEdits   = 2
	comparedLength = 64
)

// nearestOwner is the name in a directory that is most like another, of an owner who is there in all of them; empty when
// none is near.
func (p Policy) nearestOwner(directory *OwnerDirectory, name string, now time.Time) string {
	if len(name) > comparedLength {
		return ""
	}
	own := utf8.RuneCountInString(name)
	nearest, fewest := "", nearestEdits+1
	for _, candidate := range directory.names {
		length := utf8.RuneCountInString(candidate)
		if len(candidate) > comparedLength || max(length-own, own-length) >= fewest {
			continue
		}
		edits := EditDistance(name, candidate)
		if edits < fewest && edits*2 < length && !slices.ContainsFunc(p.ownerDirectories, func(d *OwnerDirectory) bool { return !d.has(candidate, now) }) {
			nearest, fewest = candidate, edits
		}
	}
	return nearest
}
