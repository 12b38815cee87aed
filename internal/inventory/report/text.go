package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tooLow is what gaps mean.
const tooLow = "Identities or findings can be missing below, so the counts may be too low:"

// hidden tells that a reader would not see a character, or would see others in another order because of it: controls,
// bidirectional marks, zero widths, tags, spaces that look like the ordinary one, what Unicode has not assigned.
func hidden(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7f
	}
	return !unicode.IsGraphic(r) || unicode.Is(unicode.Zs, r) ||
		unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Variation_Selector, r)
}

// visible writes hidden characters by their names: a right-to-left override as ⟨U+202E⟩.
func visible[T ~string](text T) string {
	if strings.IndexFunc(string(text), hidden) < 0 {
		return string(text)
	}
	var b strings.Builder
	for _, r := range string(text) {
		if hidden(r) {
			fmt.Fprintf(&b, "⟨U+%04X⟩", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// or is what to show where nothing is known.
func (t Text) or(otherwise string) string {
	if t == "" {
		return otherwise
	}
	return visible(t)
}

// Shown is what is known, or a dash.
func (t Text) Shown() string { return t.or("—") }

// day is the date of a time.
func (t Text) day(otherwise string) string {
	if at := instant(t); !at.IsZero() {
		return at.Format("2006-01-02")
	}
	return t.or(otherwise)
}

// lastUse is a day, or which of the two sorts of nothing there is: unknown is not unused.
func lastUse(at Text, known bool) string {
	if known {
		return at.day("never seen")
	}
	return at.day("not known")
}

// labels are sorted by key.
func (i Identity) labels() []string {
	labels := make([]string, 0, len(i.Labels))
	for key, value := range i.Labels {
		labels = append(labels, key+"="+value)
	}
	slices.Sort(labels)
	return labels
}

// String says who it is and what narrows it.
func (t Trustee) String() string {
	notes := make([]string, 0, 6)
	if t.External {
		notes = append(notes, "another account")
	}
	if t.ExternalID {
		notes = append(notes, "with an external id")
	}
	if t.Organization != "" {
		notes = append(notes, "only of "+string(t.Organization))
	}
	if len(t.Subjects) > 0 {
		notes = append(notes, "subjects "+strings.Join(t.Subjects, " "))
	}
	if len(t.Audiences) > 0 {
		notes = append(notes, "audiences "+strings.Join(t.Audiences, " "))
	}
	if t.Conditioned {
		notes = append(notes, "on further conditions")
	}
	return described(t.Kind, t.Name, notes)
}

// String says which it is, and how old and how used.
func (c Credential) String() string {
	state := "inactive"
	if c.Active {
		state = "active"
	}
	notes := []string{state, "made " + c.CreatedAt.day("not known")}
	if c.ExpiresAt != "" {
		notes = append(notes, "ends "+c.ExpiresAt.day(""))
	}
	notes = append(notes, "last used "+lastUse(c.LastUsedAt, c.LastUsedKnown))
	if c.LastUsedService != "" {
		notes = append(notes, "for "+string(c.LastUsedService))
	}
	if c.LastUsedRegion != "" {
		notes = append(notes, "in "+string(c.LastUsedRegion))
	}
	if c.Store != "" {
		notes = append(notes, "kept in "+string(c.Store))
	}
	return described(c.Kind, c.ID, notes)
}

// credentialEnd is when the first of the active credentials ends by itself; empty where none does.
func (i Identity) credentialEnd() Text {
	var first Text
	for _, c := range i.Credentials {
		if c.Active && c.ExpiresAt != "" && (first == "" || instant(c.ExpiresAt).Before(instant(first))) {
			first = c.ExpiresAt
		}
	}
	return first
}

func described(kind, name Text, notes []string) string {
	text := strings.TrimSpace(string(kind) + " " + string(name))
	if len(notes) > 0 {
		text += " (" + strings.Join(notes, ", ") + ")"
	}
	return text
}

// texts are the visible forms of a list.
func texts[T any](list []T, text func(T) string) []string {
	shown := make([]string, len(list))
	for i, element := range list {
		shown[i] = visible(text(element))
	}
	return shown
}

func same(text string) string { return text }
