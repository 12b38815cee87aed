// Package ownerfile reads a directory of owners from a file: a list in YAML or JSON, a table in CSV, a CODEOWNERS file,
// or plain lines. The file's name tells which.
package ownerfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

const (
	// maxFileSize in bytes keeps a wrong file from filling the memory.
	maxFileSize = 10 << 20
	// mostProblems are shown at once.
	mostProblems = 20
	// longestText of a file that a problem shows, in characters.
	longestText = 300
)

// Error says why a file is no directory of owners.
type Error struct {
	File string
	// Problems are what is wrong in the file, each with its line and column where it has one. There are none when the file
	// cannot be read.
	Problems []string
	cause    error
}

func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("the owner directory %s cannot be read: %s", e.File, e.cause)
	}
	return fmt.Sprintf("%s is not a valid owner directory:\n  - %s", e.File, strings.Join(e.Problems, "\n  - "))
}

// Unwrap is the file system's error.
func (e *Error) Unwrap() error { return e.cause }

// Read reads a file, whose path is also what messages call the directory. The error is an *Error.
func Read(file string) (*governance.OwnerDirectory, error) {
	parse := parserOf(file)
	if parse == nil {
		return nil, &Error{File: file, Problems: []string{"its name does not tell its format: it has to end with .yaml, .yml, .json, .csv or .txt, or be CODEOWNERS"}}
	}
	text, err := read(file)
	if err != nil {
		var atPath *fs.PathError
		if errors.As(err, &atPath) {
			err = atPath.Err // The path is in the message already.
		}
		return nil, &Error{File: file, cause: err}
	}
	var l list
	if len(text) > maxFileSize {
		l.problems = []string{fmt.Sprintf("it is too large; an owner directory has %d bytes at most", maxFileSize)}
	} else if at := invalidUTF8(text); at >= 0 {
		before := text[:at]
		l.problem(bytes.Count(before, []byte("\n"))+1, utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])+1, "found a byte that is not UTF-8; save the file as UTF-8")
	} else if parse(&l, bytes.TrimPrefix(text, []byte("\ufeff"))); len(l.problems) == 0 && len(l.owners) == 0 {
		l.problems = []string{"it has no owners, so every owner would count as gone"}
	}
	if more := len(l.problems) - mostProblems; more > 0 {
		l.problems = append(l.problems[:mostProblems], fmt.Sprintf("and %d more", more))
	}
	if len(l.problems) > 0 {
		return nil, &Error{File: file, Problems: l.problems}
	}
	return governance.NewOwnerDirectory(file, l.owners), nil
}

// read reads a regular file up to a little more than its limit. A pipe would keep Terraform waiting.
func read(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a file")
	}
	opened, err := os.Open(file) //nolint:gosec // the user names the file
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	return io.ReadAll(io.LimitReader(opened, maxFileSize+1))
}

// parserOf finds the format of a file by its name; nil when it has none.
func parserOf(file string) func(*list, []byte) {
	if filepath.Base(file) == "CODEOWNERS" {
		return (*list).parseCodeowners
	}
	switch strings.ToLower(filepath.Ext(file)) {
	case ".yaml", ".yml":
		return (*list).parseYAML
	case ".json":
		return (*list).parseJSON
	case ".csv":
		return (*list).parseCSV
	case ".txt":
		return (*list).parseLines
	}
	return nil
}

func invalidUTF8(text []byte) int {
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

// list is a directory while it is read.
type list struct {
	owners   []governance.Owner
	problems []string
	// lines are where the names stand.
	lines map[string]int
}

func (l *list) problem(line, column int, format string, args ...any) {
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = governance.Excerpt(text, longestText)
		}
	}
	l.problems = append(l.problems, fmt.Sprintf("line %d, column %d: ", line, column)+fmt.Sprintf(format, args...))
}

// text is what messages and tags can hold of a text; ok tells that there is something.
func (l *list) text(text, what string, line, column int) (trimmed string, ok bool) {
	trimmed = strings.TrimSpace(text)
	if at := strings.IndexFunc(trimmed, unicode.IsControl); at >= 0 {
		r, _ := utf8.DecodeRuneInString(trimmed[at:])
		l.problem(line, column, "found the control character U+%04X in %s; write it on one line, without tabs", r, what)
		return "", false
	}
	if trimmed == "" {
		l.problem(line, column, "found an empty text where %s should be", what)
		return "", false
	}
	return trimmed, true
}

// add takes an owner whose name and aliases nobody else has.
func (l *list) add(owner governance.Owner, line, column int) {
	if l.lines == nil {
		l.lines = map[string]int{}
	}
	names := slices.Compact(slices.Sorted(slices.Values(append([]string{owner.Name}, owner.Aliases...))))
	for _, name := range names {
		if first, taken := l.lines[name]; taken {
			l.problem(line, column, "found %q, which line %d has already; keep one of them", name, first)
			return
		}
	}
	for _, name := range names {
		l.lines[name] = line
	}
	l.owners = append(l.owners, owner)
}

// leaving is the day of a date, from which on an owner is gone.
func (l *list) leaving(text string, line, column int) time.Time {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		l.problem(line, column, "found %q where left should be a date; write it as 2026-09-30", text)
	}
	return day
}
