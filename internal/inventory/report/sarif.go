package report

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
)

// The parts of SARIF 2.1.0 (OASIS standard, sections 3.13 to 3.58) that a report needs.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations,omitempty"`
		Results     []sarifResult     `json:"results"`
	}
	sarifInvocation struct {
		ExecutionSuccessful bool                `json:"executionSuccessful"`
		Notifications       []sarifNotification `json:"toolExecutionNotifications"`
	}
	sarifNotification struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string          `json:"id"`
		ShortDescription sarifText       `json:"shortDescription"`
		Help             *sarifText      `json:"help,omitempty"`
		Default          sarifLevel      `json:"defaultConfiguration"`
		Properties       sarifRuleDetail `json:"properties"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifRuleDetail struct {
		Tags             []string `json:"tags"`
		SecuritySeverity string   `json:"security-severity,omitempty"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Properties   map[string]string `json:"properties"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifLogical struct {
		Name               string `json:"name,omitempty"`
		FullyQualifiedName string `json:"fullyQualifiedName"`
		Kind               string `json:"kind"`
	}
)

// sarifLevels and securitySeverities are by the rank of a severity; the latter as GitHub's code scanning divides them.
var (
	sarifLevels        = [...]string{"error", "error", "warning", "note", "warning"}
	securitySeverities = [...]string{"9.5", "8.0", "5.5", "2.0", ""}
)

// renderSARIF writes a result for every finding, under a rule for every code, and a notification for every gap.
func renderSARIF(identities []Identity, gaps []string) (string, error) {
	run := sarifRun{
		Tool: sarifTool{sarifDriver{
			Name: "terraform-provider-governed", InformationURI: "https://github.com/nhi-governance/terraform-provider-governed", Rules: []sarifRule{},
		}},
		Invocations: invocations(gaps),
		Results:     []sarifResult{},
	}
	index := map[Text]int{}
	codes := total(identities).Codes
	slices.SortFunc(codes, func(a, b codeTotal) int { return strings.Compare(string(a.Code), string(b.Code)) })
	for i, code := range codes {
		index[code.Code] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, code.rule())
	}
	for _, identity := range identities {
		for _, finding := range identity.Findings {
			run.Results = append(run.Results, identity.result(finding, index[finding.Code]))
		}
	}
	return encode(sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}})
}

// invocations is one with a warning for every gap, which says that results can be missing and those that are there hold
// (section 3.58.6). An error would say that the execution has failed (3.20.21), and consumers refuse such a run.
func invocations(gaps []string) []sarifInvocation {
	if gaps == nil {
		return nil
	}
	invocation := sarifInvocation{ExecutionSuccessful: true, Notifications: make([]sarifNotification, len(gaps))}
	for i, gap := range gaps {
		invocation.Notifications[i] = sarifNotification{"warning", sarifText{message(Text(gap))}}
	}
	return []sarifInvocation{invocation}
}

func (c codeTotal) rule() sarifRule {
	rule := sarifRule{
		ID: c.Code.or(unrated), ShortDescription: sarifText{strings.ReplaceAll(c.Code.or(unrated), "_", " ")},
		Default:    sarifLevel{sarifLevels[rank(c.Severity)]},
		Properties: sarifRuleDetail{Tags: []string{"security", "non-human-identity"}, SecuritySeverity: securitySeverities[rank(c.Severity)]},
	}
	if c.OWASP != "" {
		rule.Properties.Tags = append(rule.Properties.Tags, "OWASP "+visible(c.OWASP))
	}
	if c.Remedy != "" {
		rule.Help = &sarifText{message(c.Remedy)}
	}
	return rule
}

func (i Identity) result(finding Finding, rule int) sarifResult {
	fingerprint := sha256.Sum256([]byte(string(i.ID) + "\x00" + string(finding.Code)))
	text := i.Name.or(i.ID.or("an identity without a name")) + ": " + finding.Message.or(finding.Code.or(unrated))
	properties := map[string]string{"severity": finding.severity()}
	for name, value := range map[string]Text{"owner": i.Owner, "credentialExpiresAt": i.credentialEnd(), "remedy": finding.Remedy, "importId": i.ImportID} {
		if value != "" {
			properties[name] = visible(value)
		}
	}
	return sarifResult{
		RuleID: finding.Code.or(unrated), RuleIndex: rule, Level: sarifLevels[rank(finding.severity())], Message: sarifText{message(Text(text))},
		Locations: []sarifLocation{{
			Physical: sarifPhysical{sarifArtifact{i.uri()}},
			Logical:  []sarifLogical{{Name: visible(i.Name), FullyQualifiedName: i.ID.or("not known"), Kind: "resource"}},
		}},
		Fingerprints: map[string]string{"identityFinding/v1": hex.EncodeToString(fingerprint[:])},
		Properties:   properties,
	}
}

// uri is the id as a relative reference, because GitHub's code scanning leaves out what has no file.
func (i Identity) uri() string {
	segments := []string{"identities"}
	for _, segment := range strings.FieldsFunc(string(i.ID), func(r rune) bool { return r == ':' || r == '/' }) {
		if strings.Trim(segment, ".") != "" {
			segments = append(segments, url.PathEscape(segment))
		}
	}
	return strings.Join(segments, "/")
}

var messageEscapes = strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `{`, `{{`, `}`, `}}`)

// message is a plain text message, in which brackets would be a link and braces a placeholder (sections 3.11.5 and 3.11.6).
func message(text Text) string { return messageEscapes.Replace(visible(text)) }
