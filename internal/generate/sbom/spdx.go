package main

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// What the provider is, as SPDX wants to know it.
const (
	provider     = "terraform-provider-governed"
	organization = "Organization: nhi-governance"
	licence      = "MPL-2.0"
	namespace    = "https://github.com/nhi-governance/terraform-provider-governed/sbom/"
	noAssertion  = "NOASSERTION"
	documentID   = "SPDXRef-DOCUMENT"
	providerID   = "SPDXRef-Provider"
)

// document is a document of SPDX 2.3, with the fields that a bill of Go modules has. Fields are named as in its JSON schema.
type document struct {
	SPDXVersion       string         `json:"spdxVersion"`
	DataLicense       string         `json:"dataLicense"`
	SPDXID            string         `json:"SPDXID"`
	Name              string         `json:"name"`
	DocumentNamespace string         `json:"documentNamespace"`
	CreationInfo      creationInfo   `json:"creationInfo"`
	Comment           string         `json:"comment"`
	Packages          []part         `json:"packages"`
	Relationships     []relationship `json:"relationships"`
}

type creationInfo struct {
	Created  string   `json:"created"`
	Creators []string `json:"creators"`
}

// part is a package of the document.
type part struct {
	Name             string        `json:"name"`
	SPDXID           string        `json:"SPDXID"`
	VersionInfo      string        `json:"versionInfo"`
	PackageFileName  string        `json:"packageFileName,omitempty"`
	Supplier         string        `json:"supplier"`
	DownloadLocation string        `json:"downloadLocation"`
	FilesAnalyzed    bool          `json:"filesAnalyzed"`
	Checksums        []checksum    `json:"checksums,omitempty"`
	LicenseConcluded string        `json:"licenseConcluded"`
	LicenseDeclared  string        `json:"licenseDeclared"`
	CopyrightText    string        `json:"copyrightText"`
	Purpose          string        `json:"primaryPackagePurpose"`
	ExternalRefs     []externalRef `json:"externalRefs"`
}

type checksum struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"checksumValue"`
}

type externalRef struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
}

type relationship struct {
	Element string `json:"spdxElementId"`
	Type    string `json:"relationshipType"`
	Related string `json:"relatedSpdxElement"`
}

// release is an archive of a release. sha256 is in hexadecimal.
type release struct {
	archive, sha256, version string
	created                  time.Time
}

// describe is the bill of what a build has linked: the provider, Go's standard library, and the modules, each as it was
// replaced. It fails where a module has no sum, because then it is not known which code that was.
func describe(r release, info *debug.BuildInfo) (document, error) {
	root := newPart(info.Main.Path, "v"+r.version, "APPLICATION")
	root.Name, root.SPDXID, root.PackageFileName, root.Supplier = provider, providerID, r.archive, organization
	root.LicenseConcluded, root.LicenseDeclared = licence, licence
	root.Checksums = []checksum{{Algorithm: "SHA256", Value: r.sha256}}
	d := document{
		SPDXVersion: "SPDX-2.3", DataLicense: "CC0-1.0", SPDXID: documentID, Name: r.archive,
		DocumentNamespace: namespace + url.PathEscape(r.archive) + "-" + r.sha256,
		CreationInfo:      creationInfo{Created: r.created.UTC().Format(time.RFC3339), Creators: []string{organization, "Tool: " + provider + "-sbom"}},
		Comment:           "The checksum of a module is the one of go.sum (h1), in hexadecimal: a SHA-256 of the list of its files and their sums, and not of an archive.",
		Packages:          []part{root, newPart("stdlib", strings.TrimPrefix(info.GoVersion, "go"), "LIBRARY")},
		Relationships:     []relationship{{Element: documentID, Type: "DESCRIBES", Related: providerID}},
	}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		sum, err := moduleSum(module.Sum)
		if err != nil {
			return document{}, fmt.Errorf("the module %s %s: %w", module.Path, module.Version, err)
		}
		p := newPart(module.Path, module.Version, "LIBRARY")
		p.Checksums = []checksum{{Algorithm: "SHA256", Value: sum}}
		d.Packages = append(d.Packages, p)
	}
	for i := range d.Packages[1:] {
		p := &d.Packages[1+i]
		p.SPDXID = "SPDXRef-Module-" + strconv.Itoa(i)
		d.Relationships = append(d.Relationships, relationship{Element: providerID, Type: "DEPENDS_ON", Related: p.SPDXID})
	}
	return d, nil
}

func newPart(path, version, purpose string) part {
	return part{
		Name: path, VersionInfo: version, Supplier: noAssertion, DownloadLocation: noAssertion,
		LicenseConcluded: noAssertion, LicenseDeclared: noAssertion, CopyrightText: noAssertion, Purpose: purpose,
		ExternalRefs: []externalRef{{Category: "PACKAGE-MANAGER", Type: "purl", Locator: purl(path, version)}},
	}
}

// purl is the package URL of a module. The case of its path stays, although the specification of purl would lower it: Go tells
// modules apart by it, and so do the databases of vulnerabilities.
func purl(path, version string) string {
	segments := strings.Split(path, "/")
	for i := range segments {
		segments[i] = url.PathEscape(segments[i])
	}
	return "pkg:golang/" + strings.Join(segments, "/") + "@" + url.QueryEscape(version)
}

// moduleSum is the SHA-256 of a sum as go.sum writes it, in hexadecimal.
func moduleSum(sum string) (string, error) {
	encoded, ok := strings.CutPrefix(sum, "h1:")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(raw) != 32 {
		return "", fmt.Errorf("its sum %q is no SHA-256 of go.sum", sum)
	}
	return hex.EncodeToString(raw), nil
}
