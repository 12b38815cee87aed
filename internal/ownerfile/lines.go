package ownerfile

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// lines calls a function with every line that is neither empty nor a comment, and with the column of its first character.
func lines(text []byte, each func(content string, line, column int)) {
	number := 0
	for line := range bytes.Lines(text) {
		number++
		content := strings.TrimSpace(string(line))
		if content != "" && !strings.HasPrefix(content, "#") {
			indent := len(line) - len(bytes.TrimLeftFunc(line, unicode.IsSpace))
			each(content, number, utf8.RuneCount(line[:indent])+1)
		}
	}
}

// parseLines reads an owner from each line.
func (l *list) parseLines(text []byte) {
	lines(text, func(content string, line, column int) {
		if name, ok := l.text(content, "an owner", line, column); ok {
			l.add(governance.Owner{Name: name}, line, column)
		}
	})
}

// parseCodeowners reads who is named in a CODEOWNERS file of GitHub, GitLab or Bitbucket, whatever they own there. Who is
// named often is one owner.
func (l *list) parseCodeowners(text []byte) {
	seen := map[string]bool{}
	lines(text, func(content string, line, column int) {
		words := fields(content)
		if section := strings.TrimPrefix(content, "^"); strings.HasPrefix(section, "[") {
			words = l.sectionOwners(content, line, column)
		} else if len(words) > 0 {
			words = words[1:] // the pattern
		}
		for _, word := range words {
			if strings.HasPrefix(word.text, "#") {
				return
			}
			text, ok := l.text(word.text, "an owner", line, column+word.at)
			if !ok {
				continue
			}
			owner, ok := codeowner(text)
			if !ok {
				l.problem(line, column+word.at, "found %q where an owner should be; write @payments, @acme/payments or an e-mail address", word.text)
			}
			if ok && owner.Name != "" && !seen[owner.Name] {
				seen[owner.Name] = true
				l.owners = append(l.owners, owner)
			}
		}
	})
}

// sectionOwners are the default owners behind the heading of a GitLab section, such as [Database][2] @acme/dba.
func (l *list) sectionOwners(content string, line, column int) []word {
	end := strings.IndexByte(content, ']')
	if end < 0 {
		l.problem(line, column, "found a section without its closing bracket; write [Section]")
		return nil
	}
	if rest := content[end+1:]; strings.HasPrefix(rest, "[") {
		end += 1 + max(strings.IndexByte(rest, ']'), 0)
	}
	words := fields(content[end+1:])
	for i := range words {
		words[i].at += utf8.RuneCountInString(content[:end+1])
	}
	return words
}

// codeowner knows @acme/payments also as acme/payments and payments. A role of GitLab (@@maintainer) names nobody: it is
// valid, and without a name.
func codeowner(text string) (owner governance.Owner, ok bool) {
	name, at := strings.CutPrefix(text, "@")
	switch {
	case at && strings.HasPrefix(name, "@"):
		return governance.Owner{}, len(name) > 1
	case at && strings.Trim(name, "/") == name && name != "" && !strings.Contains(name, "@"):
		aliases := []string{name}
		if i := strings.LastIndexByte(name, '/'); i >= 0 {
			aliases = append(aliases, name[i+1:])
		}
		return governance.Owner{Name: text, Aliases: aliases}, true
	default:
		mailbox, domain, email := strings.Cut(text, "@")
		return governance.Owner{Name: text}, email && mailbox != "" && domain != ""
	}
}

// word is a part of a line, with how many characters are before it.
type word struct {
	text string
	at   int
}

// fields divides a line at white space, unless a backslash is before it, as in a pattern.
func fields(line string) []word {
	var words []word
	at, start, first, escaped := 0, -1, 0, false
	for i, r := range line {
		switch space := unicode.IsSpace(r) && !escaped; {
		case space && start >= 0:
			words, start = append(words, word{line[start:i], first}), -1
		case !space && start < 0:
			start, first = i, at
		}
		escaped = r == '\\' && !escaped
		at++
	}
	if start >= 0 {
		words = append(words, word{line[start:], first})
	}
	return words
}
