package iampolicy

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	fuzzEnd = time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC)
	boxEnd  = fuzzEnd
)

const (
	early = "2027-01-01T00:00:00Z"
	late  = "2028-01-01T00:00:00Z"
)

// boxShapes are conditions of a statement's own. strippable are those where
// taking the box off gives the document back.
var boxShapes = []struct {
	name, condition string
	strippable      bool
}{
	{"none", ``, true},
	{"another operator", `{"StringEquals":{"sts:ExternalId":"x"}}`, true},
	{"same operator, another key", `{"DateLessThan":{"aws:TokenIssueTime":"` + late + `"}}`, true},
	{"a key that looks like it", `{"DateLessThan":{"awſ:CurrentTime":"` + late + `"}}`, true},
	{"starts later", `{"DateGreaterThan":{"aws:CurrentTime":"` + early + `"}}`, true},
	{"starts after the end", `{"DateGreaterThan":{"aws:CurrentTime":"` + late + `"}}`, true},
	{"earlier", `{"DateLessThan":{"aws:CurrentTime":"` + early + `"}}`, true},
	{"later", `{"DateLessThan":{"aws:CurrentTime":"` + late + `"}}`, false},
	{"same", `{"DateLessThan":{"aws:CurrentTime":"2027-04-01T00:00:00Z"}}`, false},
	{"same, with an offset", `{"DateLessThan":{"aws:CurrentTime":"2027-04-01T02:00:00+02:00"}}`, true},
	{"a fraction later", `{"DateLessThan":{"aws:CurrentTime":"2027-04-01T00:00:00.5Z"}}`, false},
	{"a day", `{"DateLessThan":{"aws:CurrentTime":"2027-01-01"}}`, true},
	{"minutes", `{"DateLessThan":{"aws:CurrentTime":"2027-01-01T12:30Z"}}`, true},
	{"epoch, earlier", `{"DateLessThan":{"aws:CurrentTime":1798761600}}`, true},
	{"epoch, later", `{"DateLessThan":{"aws:CurrentTime":"1830297600"}}`, false},
	{"several, all earlier", `{"DateLessThan":{"aws:CurrentTime":["2026-01-01T00:00:00Z","` + early + `"]}}`, true},
	{"several, one later", `{"DateLessThan":{"aws:CurrentTime":["` + early + `","` + late + `"]}}`, false},
	{"key in lower case, earlier", `{"DateLessThan":{"aws:currenttime":"` + early + `"}}`, true},
	{"key in upper case, later", `{"DateLessThan":{"AWS:CURRENTTIME":"` + late + `"}}`, false},
	{"two cases of the key, both later", `{"DateLessThan":{"aws:CurrentTime":"` + late + `","aws:currenttime":"2029-01-01"}}`, false},
	{"two cases of the key, one earlier", `{"DateLessThan":{"aws:CurrentTime":"` + late + `","aws:currenttime":"` + early + `"}}`, false},
	{"two cases of the operator", `{"DateLessThan":{"aws:CurrentTime":"` + late + `"},"datelessthan":{"aws:CurrentTime":"` + early + `","x:y":"` + late + `"}}`, false},
	{"operator in lower case, other key", `{"datelessthan":{"aws:TokenIssueTime":"` + late + `"}}`, true},
	{"or equal, earlier", `{"DateLessThanEquals":{"aws:CurrentTime":"` + early + `"}}`, true},
	{"or equal, same", `{"DateLessThanEquals":{"aws:CurrentTime":"2027-04-01T00:00:00Z"}}`, true},
	{"or equal, later", `{"DateLessThanEquals":{"aws:CurrentTime":"` + late + `"}}`, true},
	{"equals", `{"DateEquals":{"aws:CurrentTime":["2027-03-31T23:59:59Z","` + late + `"]}}`, true},
	{"not equals", `{"DateNotEquals":{"aws:CurrentTime":"2027-03-31T23:59:59Z"}}`, true},
	{"if exists, earlier", `{"DateLessThanIfExists":{"aws:CurrentTime":"` + early + `"}}`, true},
	{"if exists, later", `{"DateLessThanIfExists":{"aws:CurrentTime":"` + late + `"}}`, true},
	{"for any value", `{"ForAnyValue:DateLessThan":{"aws:CurrentTime":["` + early + `","` + late + `"]}}`, true},
	{"for all values", `{"ForAllValues:DateLessThan":{"aws:CurrentTime":"` + late + `"}}`, true},
	{"epoch key, date", `{"DateLessThan":{"aws:EpochTime":"` + late + `"}}`, true},
	{"epoch key, number", `{"NumericLessThan":{"aws:EpochTime":1798761600}}`, true},
	{"epoch key, number or equal", `{"NumericLessThanEquals":{"aws:EpochTime":"1806537600"}}`, true},
	{"key must be missing", `{"Null":{"aws:CurrentTime":"true"}}`, true},
	{"both spellings", `{"DateLessThan":{"aws:CurrentTime":"` + late + `","aws:EpochTime":"` + early + `"}}`, false},
}

func shapeDocument(t *testing.T, condition string) Document {
	t.Helper()
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	return mustParse(t, `{"Version":"2012-10-17","Statement":[
		{"Sid":"Open","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"`+condition+`},
		{"Sid":"No","Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`)
}

// TestTimeBoxMeaning evaluates every shape, before and after boxing, in every
// request around every instant that matters: the box must take away exactly
// what is at or after the end.
func TestTimeBoxMeaning(t *testing.T) {
	t.Parallel()
	for _, shape := range boxShapes {
		t.Run(shape.name, func(t *testing.T) {
			t.Parallel()
			d := shapeDocument(t, shape.condition)
			before := d.JSON()
			boxed, err := TimeBox(d, boxEnd)
			if err != nil {
				t.Fatal(err)
			}
			if d.JSON() != before {
				t.Error("TimeBox changed its argument")
			}
			if diff := cmp.Diff(d.Statements[1], boxed.Statements[1]); diff != "" {
				t.Errorf("the Deny statement changed: %s", diff)
			}
			for _, now := range instants() {
				for _, r := range requests(now) {
					want := grants(t, d.Statements[0], r) && now.Before(boxEnd)
					if got := grants(t, boxed.Statements[0], r); got != want {
						t.Errorf("at %s with %v: got %v, want %v\n%s", now, r, got, want, boxed.JSON())
					}
				}
			}
			if !IsTimeBoxed(boxed, boxEnd) {
				t.Errorf("not boxed: %s", boxed.JSON())
			}
			if IsTimeBoxed(boxed, boxEnd.AddDate(-5, 0, 0)) {
				t.Error("boxed five years earlier too")
			}
			twice, err := TimeBox(boxed, boxEnd)
			if diff := cmp.Diff(boxed, twice); diff != "" || err != nil {
				t.Errorf("not idempotent: %v %s", err, diff)
			}
			stripped := StripTimeBox(boxed, boxEnd)
			if same := Equivalent(stripped.JSON(), before); same != shape.strippable {
				t.Errorf("stripped: %s\noriginal: %s", stripped.JSON(), before)
			}
			if other := StripTimeBox(boxed, boxEnd.Add(time.Second)); !cmp.Equal(boxed, other) {
				t.Errorf("stripping another end changed the document: %s", other.JSON())
			}
		})
	}
}

// TestIsTimeBoxedIsSure checks that a yes is never wrong.
func TestIsTimeBoxedIsSure(t *testing.T) {
	t.Parallel()
	yes := 0
	for _, shape := range boxShapes {
		d := shapeDocument(t, shape.condition)
		if !IsTimeBoxed(d, boxEnd) {
			continue
		}
		yes++
		for _, now := range instants() {
			for _, r := range requests(now) {
				if !now.Before(boxEnd) && grants(t, d.Statements[0], r) {
					t.Errorf("%s: grants at %s", shape.name, now)
				}
			}
		}
	}
	if yes < 10 {
		t.Errorf("only %d shapes count as boxed", yes)
	}
}

func TestIsTimeBoxed(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]bool{
		``: false,
		`{"DateLessThan":{"aws:CurrentTime":"2027-04-01T00:00:00Z"}}`:                 true,
		`{"DateLessThan":{"aws:CurrentTime":"2027-04-01T00:00:01Z"}}`:                 false,
		`{"DateLessThanEquals":{"aws:CurrentTime":"2027-04-01T00:00:00Z"}}`:           false,
		`{"DateLessThanEquals":{"aws:CurrentTime":"2027-03-31T23:59:59Z"}}`:           true,
		`{"DateEquals":{"aws:CurrentTime":"2027-03-31"}}`:                             true,
		`{"DateLessThan":{"aws:EpochTime":"2027-04-01"}}`:                             true,
		`{"NumericLessThan":{"aws:EpochTime":1806537600}}`:                            true,
		`{"NumericLessThan":{"aws:EpochTime":1806537601}}`:                            false,
		`{"NumericLessThanEquals":{"aws:EpochTime":1806537600}}`:                      false,
		`{"NumericLessThan":{"aws:CurrentTime":1806537600}}`:                          false,
		`{"NumericLessThan":{"aws:EpochTime":"1.5"}}`:                                 false,
		`{"DateLessThanIfExists":{"aws:CurrentTime":"` + early + `"}}`:                false,
		`{"ForAllValues:DateLessThan":{"aws:CurrentTime":"` + early + `"}}`:           false,
		`{"ForAnyValue:DateLessThan":{"aws:CurrentTime":"` + early + `"}}`:            true,
		`{"DateLessThan":{"aws:CurrentTime":["` + early + `","` + late + `"]}}`:       false,
		`{"DateLessThan":{"aws:CurrentTime":"` + early + `","aws:currenttime":[]}}`:   false,
		`{"DateLessThan":{"aws:CurrentTime":"2027"}}`:                                 false,
		`{"DateLessThan":{"aws:CurrentTime":"tomorrow"}}`:                             false,
		`{"DateLessThan":{"aws:CurrentTime":[]}}`:                                     false,
		`{"DateGreaterThan":{"aws:CurrentTime":"` + early + `"}}`:                     false,
		`{"DateLessThan":{"aws:TokenIssueTime":"` + early + `"}}`:                     false,
		`{"DateNotEquals":{"aws:CurrentTime":"` + early + `"}}`:                       false,
		`{"DateLessThan":{"x:y":"` + late + `","AWS:currenttime":"` + early + `"}}`:   true,
		`{"StringLike":{"aws:CurrentTime":"2026*"}}`:                                  false,
		`{"datelessthan":{"aws:CurrentTime":"` + early + `"},"Null":{"a:b":"false"}}`: true,
	} {
		if got := IsTimeBoxed(shapeDocument(t, condition), boxEnd); got != want {
			t.Errorf("%s: got %v", condition, got)
		}
	}
	if !IsTimeBoxed(Document{}, boxEnd) {
		t.Error("a document that grants nothing is not boxed")
	}
}

func TestTimeBoxText(t *testing.T) {
	t.Parallel()
	end := time.Date(2027, 4, 1, 2, 0, 0, 999, time.FixedZone("", 7200))
	boxed, err := TimeBox(shapeDocument(t, ""), end)
	if err != nil {
		t.Fatal(err)
	}
	want := `"Action":"sts:AssumeRole","Condition":{"DateLessThan":{"aws:CurrentTime":"2027-04-01T00:00:00Z"}}}`
	if !strings.Contains(boxed.JSON(), want) {
		t.Errorf("got %s", boxed.JSON())
	}
	if !IsTimeBoxed(boxed, end) {
		t.Error("an end with a fraction and an offset is not seen")
	}
	if diff := cmp.Diff(shapeDocument(t, ""), StripTimeBox(boxed, end)); diff != "" {
		t.Error(diff)
	}
}

func TestTimeBoxErrors(t *testing.T) {
	t.Parallel()
	for _, values := range []string{
		`"tomorrow"`, `"2027"`, `2027`, `1798761600000`, `"2027-01-01T00:00:00"`, `["` + early + `","x"]`,
		`[]`, `true`, `-1`, `"${aws:CurrentTime}"`,
	} {
		d := shapeDocument(t, `{"DateLessThan":{"aws:CurrentTime":`+values+`}}`)
		if boxed, err := TimeBox(d, boxEnd); err == nil {
			t.Errorf("%s: %s", values, boxed.JSON())
		} else if !strings.Contains(err.Error(), `statement 1 (Sid "Open")`) {
			t.Errorf("the error does not name the statement: %v", err)
		}
	}
	d := mustParse(t, `{"Statement":{"Effect":"Allow","Action":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"x"}}}}`)
	if _, err := TimeBox(d, boxEnd); err == nil || !strings.Contains(err.Error(), "statement 1:") {
		t.Errorf("got %v", err)
	}
	for _, end := range []time.Time{{}, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if _, err := TimeBox(Document{}, end); err == nil {
			t.Errorf("%s was accepted", end)
		}
	}
}

func TestTimeBoxKeepsTheEarlierEnd(t *testing.T) {
	t.Parallel()
	first, err := TimeBox(shapeDocument(t, ""), boxEnd)
	if err != nil {
		t.Fatal(err)
	}
	second, err := TimeBox(first, boxEnd.AddDate(1, 0, 0))
	if diff := cmp.Diff(first, second); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	third, err := TimeBox(first, boxEnd.AddDate(0, -1, 0))
	if err != nil || !IsTimeBoxed(third, boxEnd.AddDate(0, -1, 0)) {
		t.Errorf("%v %s", err, third.JSON())
	}
}

// instants are those around the end and around every limit in boxShapes.
func instants() []time.Time {
	var out []time.Time
	for _, base := range []time.Time{
		boxEnd, boxEnd.AddDate(0, -3, 0), boxEnd.AddDate(0, 9, 0), boxEnd.AddDate(-2, 0, 0), boxEnd.AddDate(3, 0, 0),
	} {
		for _, step := range []time.Duration{-time.Second, 0, time.Second} {
			out = append(out, base.Add(step))
		}
	}
	return out
}

// requests are request contexts at an instant, with the other keys of the
// shapes missing, good and bad.
func requests(now time.Time) []map[string]string {
	base := func(more ...string) map[string]string {
		out := map[string]string{"aws:currenttime": now.Format(time.RFC3339), "aws:epochtime": fmt.Sprint(now.Unix())}
		for i := 0; i < len(more); i += 2 {
			out[more[i]] = more[i+1]
		}
		return out
	}
	return []map[string]string{
		base(),
		base("sts:externalid", "x", "aws:tokenissuetime", early, "x:y", early),
		base("sts:externalid", "z", "aws:tokenissuetime", late, "x:y", late),
	}
}
