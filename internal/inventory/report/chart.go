package report

import (
	"fmt"
	"strings"
	"time"
)

// instant is the zero time for what is no time.
func instant(text Text) time.Time {
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// newest is the latest time at which anything was made or used. Ages count from there, because a report has no clock.
func newest(identities []Identity) time.Time {
	var latest time.Time
	see := func(texts ...Text) {
		for _, text := range texts {
			if at := instant(text); at.After(latest) {
				latest = at
			}
		}
	}
	for _, identity := range identities {
		see(identity.CreatedAt, identity.LastUsedAt)
		for _, credential := range identity.Credentials {
			see(credential.CreatedAt, credential.LastUsedAt)
		}
	}
	return latest
}

func days(from, to time.Time) int { return int(to.Sub(from) / (24 * time.Hour)) }

// The spans of a chart, each with its longest age in days. Behind them come what never happened and what is not known.
var spans = []struct {
	label string
	days  int
}{
	{"up to 30 days", 30}, {"31 to 90 days", 90}, {"91 to 180 days", 180}, {"181 to 365 days", 365}, {"1 to 2 years", 730}, {"over 2 years", 1 << 30},
}

const (
	neverLabel   = "never seen"
	unknownLabel = "not known"
)

// A chart is a horizontal bar chart in the units of its SVG.
type chart struct {
	ID, Title, Description string
	Height                 int
	Bars                   []bar
}

type bar struct {
	Label, Class            string
	Count                   int
	Y, TextY, Width, CountX int
}

// The measures of a chart: where bars begin, how long the longest is, and how far apart they are.
const (
	barX     = 118
	barWidth = 182
	barStep  = 26
)

// ageChart counts identities by when they were made.
func ageChart(identities []Identity, now time.Time) chart {
	bars := emptyBars(unknownLabel)
	for _, identity := range identities {
		bars[span(identity.CreatedAt, now, len(spans))].Count++
	}
	return draw("ages", "Age", bars)
}

// useChart counts identities by when they were last used.
func useChart(identities []Identity, now time.Time) chart {
	bars := emptyBars(neverLabel, unknownLabel)
	for _, identity := range identities {
		otherwise := len(spans) + 1
		if identity.LastUsedKnown && identity.LastUsedAt == "" {
			otherwise = len(spans)
		}
		bars[span(identity.LastUsedAt, now, otherwise)].Count++
	}
	return draw("uses", "Last use", bars)
}

// emptyBars are the spans and what comes behind them.
func emptyBars(further ...string) []bar {
	var bars []bar
	for _, span := range spans {
		bars = append(bars, bar{Label: span.label, Class: "bar"})
	}
	for _, label := range further {
		bars = append(bars, bar{Label: label, Class: "bar " + strings.ReplaceAll(label, " ", "-")})
	}
	return bars
}

// span is the index of the span in which a time lies.
func span(text Text, now time.Time, otherwise int) int {
	at := instant(text)
	if at.IsZero() {
		return otherwise
	}
	index := 0
	for days(at, now) > spans[index].days {
		index++
	}
	return index
}

func draw(id, title string, bars []bar) chart {
	most := 1
	for _, one := range bars {
		most = max(most, one.Count)
	}
	said := make([]string, len(bars))
	for i := range bars {
		one := &bars[i]
		one.Y, one.TextY = i*barStep+4, i*barStep+18
		one.Width = one.Count * barWidth / most
		if one.Count > 0 {
			one.Width = max(one.Width, 2)
		}
		one.CountX = barX + one.Width + 6
		said[i] = fmt.Sprintf("%s: %d", one.Label, one.Count)
	}
	return chart{ID: id, Title: title, Description: strings.Join(said, ", "), Height: len(bars) * barStep, Bars: bars}
}
