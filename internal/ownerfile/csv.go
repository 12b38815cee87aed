package ownerfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

const headerExample = "the first line names the columns, separated by commas, of which name is needed and aliases, email, active and left can be: name,email,left"

// parseCSV reads a table whose first line names the columns.
func (l *list) parseCSV(text []byte) {
	reader := csv.NewReader(bytes.NewReader(text))
	header, err := reader.Read()
	if err != nil {
		if !errors.Is(err, io.EOF) {
			l.malformedRow(err)
		}
		return
	}
	for i := range header {
		header[i] = strings.ToLower(strings.TrimSpace(header[i]))
		line, column := reader.FieldPos(i)
		if !slices.Contains(keys, header[i]) {
			l.problem(line, column, "found the column %q; %s", header[i], headerExample)
		} else if slices.Contains(header[:i], header[i]) {
			l.problem(line, column, "found the column %q twice; keep one of them", header[i])
		}
	}
	if len(l.problems) == 0 && !slices.Contains(header, keyName) {
		l.problem(1, 1, "found no column name; %s", headerExample)
	}
	if len(l.problems) > 0 {
		return
	}
	for len(l.problems) <= mostProblems {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			l.malformedRow(err)
			return
		}
		l.row(reader, header, row)
	}
}

func (l *list) malformedRow(err error) {
	var malformed *csv.ParseError
	if !errors.As(err, &malformed) {
		l.problems = append(l.problems, err.Error())
		return
	}
	reason := malformed.Err.Error()
	if errors.Is(err, csv.ErrFieldCount) {
		reason = "found more or fewer columns than the first line has; put a text with commas in quotes"
	}
	l.problem(malformed.Line, malformed.Column, "%s", reason)
}

func (l *list) row(reader *csv.Reader, header, row []string) {
	before := len(l.problems)
	var owner governance.Owner
	nameLine, nameColumn := 0, 0
	for i, key := range header {
		line, column := reader.FieldPos(i)
		value := strings.TrimSpace(row[i])
		if value == "" && key != keyName {
			continue
		}
		switch key {
		case keyName:
			owner.Name, _ = l.text(value, keyName, line, column)
			nameLine, nameColumn = line, column
		case keyAliases:
			for alias := range strings.SplitSeq(value, ";") {
				if alias, ok := l.text(alias, "an alias", line, column); ok {
					owner.Aliases = append(owner.Aliases, alias)
				}
			}
		case keyEmail:
			if email, ok := l.text(value, keyEmail, line, column); ok {
				owner.Aliases = append(owner.Aliases, email)
			}
		case keyActive:
			active, err := strconv.ParseBool(strings.ToLower(value))
			if err != nil {
				l.problem(line, column, "found %q where active should be true or false", value)
			}
			owner.Inactive = !active
		case keyLeft:
			owner.Left = l.leaving(value, line, column)
		}
	}
	if len(l.problems) == before {
		l.add(owner, nameLine, nameColumn)
	}
}
