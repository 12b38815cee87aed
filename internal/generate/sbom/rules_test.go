package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The rules of the SPDX specification 2.3 for the sections that a bill has, each with its clause. They share nothing with the
// generator: the document is read as plain JSON.
var (
	spdxID       = regexp.MustCompile(`^SPDXRef-[A-Za-z0-9.-]+$`)                    // 6.3, 7.2
	absoluteURI  = regexp.MustCompile(`^https?://[^#\s]+$`)                          // 6.5: unique, absolute, without a fragment
	utcTime      = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)           // 6.9
	creator      = regexp.MustCompile(`^(Person|Organization|Tool): \S.*$`)          // 6.8
	supplier     = regexp.MustCompile(`^((Person|Organization): \S.*|NOASSERTION)$`) // 7.5
	location     = regexp.MustCompile(`^(NONE|NOASSERTION|[a-z+]+://\S+)$`)          // 7.7
	sha256Value  = regexp.MustCompile(`^[0-9a-f]{64}$`)                              // 7.10
	licenceID    = regexp.MustCompile(`^(NONE|NOASSERTION|[A-Za-z0-9.-]+)$`)         // 7.13, 7.15
	purlLocator  = regexp.MustCompile(`^pkg:golang/[^@\s]+@[^@\s/+]+$`)              // 7.21, annex F
	purposes     = []string{"APPLICATION", "LIBRARY"}                                // 7.24
	relationsHad = []string{"DESCRIBES", "DEPENDS_ON"}                               // 11.1
)

// rules collects what of a document breaks the specification.
type rules struct{ broken []string }

// text is a required string field of that form.
func (r *rules) text(object map[string]any, field string, form *regexp.Regexp) string {
	value, ok := object[field].(string)
	if !ok || !form.MatchString(value) {
		r.broken = append(r.broken, fmt.Sprintf("%v: %s is %v", object["SPDXID"], field, object[field]))
	}
	return value
}

// objects is a list of objects of at least that many.
func (r *rules) objects(object map[string]any, field string, least int) (all []map[string]any) {
	list, _ := object[field].([]any)
	for _, one := range list {
		if o, ok := one.(map[string]any); ok {
			all = append(all, o)
		}
	}
	if len(all) != len(list) || len(all) < least {
		r.broken = append(r.broken, fmt.Sprintf("%v: %s is %v", object["SPDXID"], field, object[field]))
	}
	return all
}

func violations(t *testing.T, text []byte) []string {
	t.Helper()
	var d map[string]any
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	var r rules
	r.text(d, "spdxVersion", regexp.MustCompile(`^SPDX-2\.3$`))
	r.text(d, "dataLicense", regexp.MustCompile(`^CC0-1\.0$`))
	r.text(d, "SPDXID", regexp.MustCompile(`^SPDXRef-DOCUMENT$`))
	r.text(d, "name", regexp.MustCompile(`\S`))
	r.text(d, "documentNamespace", absoluteURI)
	r.creation(d)
	ids := []string{"SPDXRef-DOCUMENT"}
	for _, p := range r.objects(d, "packages", 1) {
		id := r.text(p, "SPDXID", spdxID)
		if slices.Contains(ids, id) {
			r.broken = append(r.broken, id+" is there twice")
		}
		ids = append(ids, id)
		r.part(p)
	}
	described := false
	for _, one := range r.objects(d, "relationships", 1) {
		from, to, kind := fmt.Sprint(one["spdxElementId"]), fmt.Sprint(one["relatedSpdxElement"]), fmt.Sprint(one["relationshipType"])
		if !slices.Contains(ids, from) || !slices.Contains(ids, to) || !slices.Contains(relationsHad, kind) {
			r.broken = append(r.broken, fmt.Sprintf("%s %s %s", from, kind, to))
		}
		described = described || kind == "DESCRIBES" && from == "SPDXRef-DOCUMENT"
	}
	if !described {
		r.broken = append(r.broken, "the document describes nothing")
	}
	return r.broken
}

func (r *rules) creation(d map[string]any) {
	info, _ := d["creationInfo"].(map[string]any)
	r.text(info, "created", utcTime)
	creators, _ := info["creators"].([]any)
	if len(creators) == 0 {
		r.broken = append(r.broken, "nobody is its creator")
	}
	for _, one := range creators {
		r.text(map[string]any{"creator": one}, "creator", creator)
	}
}

func (r *rules) part(p map[string]any) {
	r.text(p, "name", regexp.MustCompile(`\S`))
	r.text(p, "versionInfo", regexp.MustCompile(`\d`))
	r.text(p, "supplier", supplier)
	r.text(p, "downloadLocation", location)
	r.text(p, "licenseConcluded", licenceID)
	r.text(p, "licenseDeclared", licenceID)
	r.text(p, "copyrightText", regexp.MustCompile(`\S`))
	if analyzed, ok := p["filesAnalyzed"].(bool); !ok || analyzed { // 7.8: true is the default, and wants a verification code
		r.broken = append(r.broken, fmt.Sprintf("%v: filesAnalyzed is %v", p["SPDXID"], p["filesAnalyzed"]))
	}
	if !slices.Contains(purposes, fmt.Sprint(p["primaryPackagePurpose"])) {
		r.broken = append(r.broken, fmt.Sprintf("%v: primaryPackagePurpose is %v", p["SPDXID"], p["primaryPackagePurpose"]))
	}
	for _, sum := range r.objects(p, "checksums", 0) {
		r.text(sum, "algorithm", regexp.MustCompile(`^SHA256$`))
		r.text(sum, "checksumValue", sha256Value)
	}
	for _, reference := range r.objects(p, "externalRefs", 1) {
		r.text(reference, "referenceCategory", regexp.MustCompile(`^PACKAGE-MANAGER$`))
		r.text(reference, "referenceType", regexp.MustCompile(`^purl$`))
		r.text(reference, "referenceLocator", purlLocator)
	}
}

// TestRulesCanFail keeps the check itself honest: every change of the right document breaks a rule.
func TestRulesCanFail(t *testing.T) {
	t.Parallel()
	right, err := describe(made, parse(t, built))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*document){
		"version":       func(d *document) { d.SPDXVersion = "SPDX-2.2" },
		"licence":       func(d *document) { d.DataLicense = "" },
		"name":          func(d *document) { d.Name = "" },
		"namespace":     func(d *document) { d.DocumentNamespace += "#part" },
		"time":          func(d *document) { d.CreationInfo.Created = "2026-11-22T19:30:00+01:00" },
		"creator":       func(d *document) { d.CreationInfo.Creators = []string{"somebody"} },
		"creators":      func(d *document) { d.CreationInfo.Creators = nil },
		"packages":      func(d *document) { d.Packages = nil },
		"relationships": func(d *document) { d.Relationships = nil },
		"undescribed":   func(d *document) { d.Relationships = d.Relationships[1:] },
		"a stranger":    func(d *document) { d.Relationships[1].Related = "SPDXRef-Stranger" },
		"twice":         func(d *document) { d.Packages[3].SPDXID = d.Packages[2].SPDXID },
		"id":            func(d *document) { d.Packages[2].SPDXID = "SPDXRef-a/b" },
		"no name":       func(d *document) { d.Packages[2].Name = "" },
		"no version":    func(d *document) { d.Packages[2].VersionInfo = "" },
		"supplier":      func(d *document) { d.Packages[2].Supplier = "somebody" },
		"location":      func(d *document) { d.Packages[2].DownloadLocation = "" },
		"analyzed":      func(d *document) { d.Packages[2].FilesAnalyzed = true },
		"sum":           func(d *document) { d.Packages[2].Checksums[0].Value = "h1:" },
		"purl":          func(d *document) { d.Packages[3].ExternalRefs[0].Locator = "pkg:golang/lib@v2.0.0+incompatible" },
		"no purl":       func(d *document) { d.Packages[3].ExternalRefs = nil },
		"purpose":       func(d *document) { d.Packages[3].Purpose = "" },
	} {
		text, err := json.Marshal(right)
		if err != nil {
			t.Fatal(err)
		}
		var d document
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatal(err)
		}
		change(&d)
		if text, err = json.Marshal(d); err != nil {
			t.Fatal(err)
		}
		if broken := violations(t, text); len(broken) == 0 {
			t.Errorf("%s breaks no rule: %s", name, strings.TrimSpace(string(text)))
		}
	}
}
