package report

import (
	"crypto/sha256"
	_ "embed" // the page's parts
	"encoding/base64"
	"html/template"
	"slices"
	"strconv"
	"strings"
)

var (
	//go:embed assets/page.html.tmpl
	pageText string
	//go:embed assets/page.css
	styleText string
	//go:embed assets/page.js
	scriptText string

	pageTemplate = template.Must(template.New("page").Parse(pageText))
)

// page is what the template shows. Everything in it but Style and Script comes from the data and is escaped by
// html/template for the place where it stands.
type page struct {
	Style template.CSS
	// Script is the page's own, and its only one.
	Script template.JS
	// Policy lets in that style and that script, and nothing else.
	Policy string
	// Now is the day from which ages count; empty where nothing in the data has a time.
	Now string
	// Gaps are what could not be read: the first of them, and in MoreGaps the others. Complete says that there are none.
	Complete       bool
	TooLow         string
	Gaps, MoreGaps []string
	Totals         totals
	Severities     []severityView
	Charts         []chart
	// Owners are those of identities with findings, and MoreOwners how many of them the page does not list.
	Owners     []ownerView
	MoreOwners int
	Rows       []row
	// Shown is how many rows the page shows at first, and more at a time. A browser takes seconds to lay out thousands.
	Shown int
}

type severityView struct {
	Name  string
	Count int
}

// ownerView is an owner with a bar of 100 units for the one with the most findings.
type ownerView struct {
	Owner      string
	Nobody     bool
	Identities int
	Counts     []severityView
	Parts      []part
}

type part struct {
	Class    string
	X, Width float64
}

// row is an identity in the table; empty texts are left out.
type row struct {
	Name, ID                     string
	Score                        string
	Rank                         int
	Owner, Expiry, Created, Used string
	// Age and Idle are in days.
	Age, Idle string
	Findings  []findingView
	// What only the details show.
	Purpose, Kind, Environment, Ticket, Systems, Labels                         string
	Trust, Credentials, CredentialEnd, Privileges, UsedFor, ManagedBy, ImportID string
}

type findingView struct{ Severity, Code, Rating, Message, Remedy string }

// maxOwners bounds the list of owners, which a reader can only take in so far. The table has all.
const maxOwners = 15

// maxGaps bounds the gaps that stand open above everything else.
const maxGaps = 10

func renderHTML(identities []Identity, gaps []string) (string, error) {
	now := newest(identities)
	p := page{
		Style: template.CSS(styleText), Script: template.JS(scriptText), //nolint:gosec // both are embedded, and no part of them is data
		Policy:   "default-src 'none'; style-src " + source(styleText) + "; script-src " + source(scriptText) + "; base-uri 'none'; form-action 'none'",
		Complete: gaps != nil && len(gaps) == 0, TooLow: tooLow,
		Totals: total(identities),
		Charts: []chart{ageChart(identities, now), useChart(identities, now)},
		Rows:   make([]row, len(identities)),
		Shown:  200,
	}
	shown := texts(gaps, same)
	p.Gaps, p.MoreGaps = shown[:min(maxGaps, len(shown))], shown[min(maxGaps, len(shown)):]
	if !now.IsZero() {
		p.Now = now.Format("2006-01-02")
	}
	p.Severities = severityViews(p.Totals.BySeverity)
	owners := slices.DeleteFunc(slices.Clone(p.Totals.Owners), func(o ownerTotal) bool { return o.BySeverity.sum() == 0 })
	p.Owners = ownerViews(owners)
	p.MoreOwners = len(owners) - len(p.Owners)
	for i, identity := range identities {
		p.Rows[i] = identity.row(func(t Text) string {
			if at := instant(t); !at.IsZero() {
				return strconv.Itoa(days(at, now))
			}
			return ""
		})
	}
	var b strings.Builder
	err := pageTemplate.Execute(&b, p)
	return b.String(), err
}

// source is how a Content-Security-Policy names an inline style or script.
func source(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// severityViews leaves out unrated where nothing is.
func severityViews(by counts) []severityView {
	var views []severityView
	for i, name := range severities {
		if name != unrated || by[i] > 0 {
			views = append(views, severityView{name, by[i]})
		}
	}
	return views
}

func ownerViews(owners []ownerTotal) []ownerView {
	most := 1
	for _, owner := range owners {
		most = max(most, owner.BySeverity.sum())
	}
	views := make([]ownerView, 0, maxOwners)
	for _, owner := range owners[:min(maxOwners, len(owners))] {
		view := ownerView{
			Owner: owner.Owner.or("nobody named"), Nobody: owner.Owner == "",
			Identities: owner.Identities, Counts: severityViews(owner.BySeverity),
		}
		x := 0.0
		for i, count := range owner.BySeverity {
			if width := float64(count) * 100 / float64(most); width > 0 {
				view.Parts = append(view.Parts, part{severities[i], x, width})
				x += width
			}
		}
		views = append(views, view)
	}
	return views
}

func (i Identity) row(age func(Text) string) row {
	r := row{
		Name: i.Name.or(i.ID.or("without a name")), ID: i.ID.or("—"), Score: "—", Rank: i.worst(),
		Owner: visible(i.Owner), Expiry: i.Expiry.day("—"),
		Created: i.CreatedAt.day("not known"), Used: lastUse(i.LastUsedAt, i.LastUsedKnown), Age: age(i.CreatedAt), Idle: age(i.LastUsedAt),
		Findings: make([]findingView, len(i.Findings)),
		Purpose:  i.Purpose.or("not known"), Kind: known(i.Kind, i.Category, i.Account),
		Environment: visible(i.Environment), Ticket: visible(i.Ticket), Systems: strings.Join(texts(i.Systems, same), ", "),
		Labels: strings.Join(texts(i.labels(), same), ", "), Trust: strings.Join(texts(i.Trust, Trustee.String), "; "),
		Credentials: strings.Join(texts(i.Credentials, Credential.String), "; "), CredentialEnd: i.credentialEnd().day(""), Privileges: strings.Join(texts(i.Privileges, same), "; "),
		UsedFor: known(i.LastUsedService, i.LastUsedRegion), ManagedBy: visible(i.ManagedBy), ImportID: visible(i.ImportID),
	}
	if i.RiskScore != nil {
		r.Score = strconv.FormatInt(*i.RiskScore, 10)
	}
	for at, finding := range i.Findings {
		r.Findings[at] = findingView{
			finding.severity(), finding.Code.or(unrated), known(Text(finding.severity()), finding.OWASP), finding.Message.or("—"), visible(finding.Remedy),
		}
	}
	return r
}

// known joins what there is of some texts.
func known(parts ...Text) string {
	there := make([]string, 0, len(parts))
	for _, one := range parts {
		if one != "" {
			there = append(there, visible(one))
		}
	}
	return strings.Join(there, ", ")
}
