package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// renderMarkdown writes GitHub Flavored Markdown, as job summaries and comments of GitHub and GitLab show it.
func renderMarkdown(identities []Identity, gaps []string) string {
	t := total(identities)
	var b strings.Builder
	b.WriteString("# Non-human identities\n\n")
	writeGaps(&b, gaps)
	fmt.Fprintf(&b, "**%d** identities, **%d** of them with findings, **%d** findings.\n", t.Identities, t.WithFindings, t.Findings)
	if t.Findings > 0 {
		b.WriteString("\n## Findings\n\n| Severity | Finding | OWASP | Identities | Remedy |\n|---|---|---|--:|---|\n")
		for _, code := range t.Codes {
			fmt.Fprintf(&b, "| %s | %s | %s | %d | %s |\n", code.Severity, markdown(code.Code, "—"), markdown(code.OWASP, "—"), code.Identities, markdown(code.Remedy, "—"))
		}
		b.WriteString("\n## Owners\n\n| Owner | Identities | Critical | High | Medium | Low |\n|---|--:|--:|--:|--:|--:|\n")
		for _, owner := range t.Owners {
			by := owner.BySeverity
			fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d |\n", markdown(owner.Owner, "*nobody named*"), owner.Identities, by[0], by[1], by[2], by[3])
		}
	}
	if len(identities) == 0 {
		return b.String()
	}
	b.WriteString("\n## Identities\n\n| Score | Identity | Owner | Purpose | Expiry | Credential ends | Last used | Findings |\n|--:|---|---|---|---|---|---|---|\n")
	for _, identity := range identities {
		score := "—"
		if identity.RiskScore != nil {
			score = fmt.Sprint(*identity.RiskScore)
		}
		findings := make([]string, len(identity.Findings))
		for i, finding := range identity.Findings {
			findings[i] = fmt.Sprintf("**%s** %s: %s", finding.severity(), markdown(finding.Code, "—"), markdown(finding.Message, "—"))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", score, markdown(identity.ID, "—"), markdown(identity.Owner, "—"), markdown(identity.Purpose, "—"),
			markdown(identity.Expiry, "—"), markdown(Text(identity.credentialEnd().day("")), "—"), markdown(Text(lastUse(identity.LastUsedAt, identity.LastUsedKnown)), ""), or(strings.Join(findings, "<br>"), "none"))
	}
	return b.String()
}

// writeGaps says what could not be read, or that everything was, before anything else is said.
func writeGaps(b *strings.Builder, gaps []string) {
	switch {
	case len(gaps) > 0:
		b.WriteString("## Not everything could be read\n\n" + tooLow + "\n\n")
		for _, gap := range gaps {
			fmt.Fprintf(b, "- %s\n", item(gap))
		}
		b.WriteString("\n## What was read\n\n")
	case gaps != nil:
		b.WriteString("Everything was read.\n\n")
	}
}

// item is a text that stands in a list, where a dash or a number at its beginning would be a list in the list.
func item(text string) string {
	shown := markdown(Text(text), "—")
	if first, _ := utf8.DecodeRuneInString(shown); first == '`' || unicode.IsLetter(first) {
		return shown
	}
	word, rest, _ := strings.Cut(shown, " ")
	return strings.TrimSpace(code(word) + " " + rest)
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// markdown is a text that no renderer takes for markup, a link, a mention or HTML. Words in which nothing can be taken for
// anything stand as they are; all others are code, in which nothing counts but backticks and, in a table, the pipe.
func markdown(text Text, otherwise string) string {
	words := strings.Fields(visible(text))
	if len(words) == 0 {
		return otherwise
	}
	for i, word := range words {
		if !plain(word) {
			inner := strings.TrimRight(word, ".,:;")
			words[i] = code(inner) + word[len(inner):]
		}
	}
	return strings.Join(words, " ")
}

// plain tells that a word has only letters, digits, hyphens and apostrophes, and ordinary punctuation around them.
func plain(word string) bool {
	inner := strings.Trim(word, `(),;"`)
	inner = strings.TrimRight(inner, ".:")
	return strings.IndexFunc(inner, func(r rune) bool {
		return r != '-' && r != '\'' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	}) < 0
}

// code is a code span, fenced by more backticks than the word has in a row.
func code(word string) string {
	word = strings.ReplaceAll(word, "|", "⟨U+007C⟩")
	fence := "`"
	for strings.Contains(word, fence) {
		fence += "`"
	}
	if strings.Contains(word, "`") {
		return fence + " " + word + " " + fence
	}
	return fence + word + fence
}
