package governance

import (
	"fmt"
	"slices"
	"strings"
	"sync"
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
// spelt the same on every identity. It does not change once it is read.
type OwnerDirectory struct {
	source string
	owners map[string]*Owner
	names  []string
	// load reads the owners when somebody first asks for them; nil where they are there already. failure is why they are not.
	load    func() ([]Owner, error)
	once    sync.Once
	failure error
}

// NewRemoteOwnerDirectory is read when an owner is first held against it. Where it cannot be read, nobody is taken for gone:
// that is a violation of its own, and a gap of an inventory.
func NewRemoteOwnerDirectory(source string, load func() ([]Owner, error)) *OwnerDirectory {
	return &OwnerDirectory{source: source, load: load}
}

// read makes sure that the owners are there, or says why they are not.
func (d *OwnerDirectory) read() error {
	if d.load != nil {
		d.once.Do(func() {
			var owners []Owner
			if owners, d.failure = d.load(); d.failure == nil {
				made := NewOwnerDirectory(d.source, owners)
				d.owners, d.names = made.owners, made.names
			}
		})
	}
	return d.failure
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
	if d.read() != nil {
		return true
	}
	owner, known := d.owners[name]
	return known && owner.there(now)
}

// absence says of an owner why it is not there at an instant; it is empty when it is.
func (d *OwnerDirectory) absence(name string, now time.Time) string {
	if d.read() != nil {
		return ""
	}
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

// OwnersUnread says of each directory that cannot be read why.
func (p Policy) OwnersUnread() []string {
	var unread []string
	for _, directory := range p.ownerDirectories {
		if err := directory.read(); err != nil {
			unread = append(unread, fmt.Sprintf("the owner directory %s cannot be read: %s", directory.source, strings.TrimSuffix(err.Error(), ".")))
		}
	}
	return unread
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
			var violation Violation
			if err := directory.read(); err != nil {
				violation = p.violation(RuleOwnerUnknown, string(field),
					fmt.Sprintf("%s is %q, and the owner directory %s cannot be read, so nobody could tell whether they are there: %s", field, name, directory.source, strings.TrimSuffix(err.Error(), ".")),
					"Let the provider's credentials read it, as the guide \"Owners\" has it.")
			} else if absence := directory.absence(name, now); absence != "" {
				violation = p.violation(RuleOwnerUnknown, string(field),
					fmt.Sprintf("%s is %q, which %s, so nobody could tell %s", field, name, absence, fieldMeaning[field]), p.knownOwner(directory, name, now))
			} else {
				continue
			}
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
