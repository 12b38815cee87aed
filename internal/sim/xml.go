package sim

import (
	"bytes"
	"encoding/xml"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// node is one element of an XML answer. A node without a name is left out, so
// that optional members can be written in place.
type node struct {
	name string
	text string
	kids []node
}

func el(name string, kids ...node) node { return node{name: name, kids: kids} }

func text(name, value string) node { return node{name: name, text: value} }

// opt is text, or nothing when the value is empty.
func opt(name, value string) node {
	if value == "" {
		return node{}
	}
	return text(name, value)
}

func number(name string, value int) node { return text(name, strconv.Itoa(value)) }

func boolean(name string, value bool) node { return text(name, strconv.FormatBool(value)) }

// date writes a timestamp as IAM and STS do: ISO 8601, UTC, whole seconds.
func date(name string, t time.Time) node {
	return text(name, t.UTC().Format("2006-01-02T15:04:05Z"))
}

// documentNode writes a policy document percent-encoded after RFC 3986, as IAM
// returns every policy document.
func documentNode(name, policy string) node {
	return text(name, escapeRFC3986(policy))
}

// list writes a list of items as <name><member>…</member></name>; an empty
// list is an empty element.
func list[T any](name string, items []T, member func(T) node) node {
	kids := make([]node, len(items))
	for i, item := range items {
		m := member(item)
		m.name = "member"
		kids[i] = m
	}
	return el(name, kids...)
}

// stringList is list for plain strings.
func stringList(name string, items []string) node {
	return list(name, items, func(s string) node { return text("member", s) })
}

func (n node) write(b *bytes.Buffer) {
	if n.name == "" {
		return
	}
	if n.text == "" && len(n.kids) == 0 {
		b.WriteString("<" + n.name + "/>")
		return
	}
	b.WriteString("<" + n.name + ">")
	if n.text != "" {
		// The only failure of EscapeText is the writer's, and a buffer has none.
		_ = xml.EscapeText(b, []byte(n.text))
	}
	for _, k := range n.kids {
		k.write(b)
	}
	b.WriteString("</" + n.name + ">")
}

// XML namespaces of the two services (botocore service models, metadata
// xmlNamespace).
const (
	iamNamespace = "https://iam.amazonaws.com/doc/2010-05-08/"
	stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"
)

func namespaceOf(service string) string {
	if service == "sts" {
		return stsNamespace
	}
	return iamNamespace
}

// successBody renders the answer to a successful call.
func successBody(service, action string, result []node, hasResult bool, requestID string) []byte {
	var b bytes.Buffer
	root := action + "Response"
	b.WriteString("<" + root + ` xmlns="` + namespaceOf(service) + `">`)
	if hasResult {
		el(action+"Result", result...).write(&b)
	}
	el("ResponseMetadata", text("RequestId", requestID)).write(&b)
	b.WriteString("</" + root + ">")
	return b.Bytes()
}

// errorBody renders the answer to a failed call.
func errorBody(service string, e *apiError, requestID string) []byte {
	var b bytes.Buffer
	b.WriteString(`<ErrorResponse xmlns="` + namespaceOf(service) + `">`)
	kind := "Sender"
	if e.status >= 500 {
		kind = "Receiver"
	}
	el("Error", text("Type", kind), text("Code", e.code), text("Message", e.message)).write(&b)
	text("RequestId", requestID).write(&b)
	b.WriteString("</ErrorResponse>")
	return b.Bytes()
}

// escapeRFC3986 percent-encodes everything but the unreserved characters of
// RFC 3986.
func escapeRFC3986(s string) string {
	s = url.QueryEscape(s)
	s = strings.ReplaceAll(s, "+", "%20")
	return strings.ReplaceAll(s, "%7E", "~")
}
