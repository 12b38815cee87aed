package azuresim

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"time"
)

// object is a JSON object of a request or an answer.
type object map[string]any

// str returns a member that is a text, or "".
func (o object) str(name string) string {
	s, _ := o[name].(string)
	return s
}

// flag returns a member that is true or false.
func (o object) flag(name string) bool {
	b, _ := o[name].(bool)
	return b
}

// texts returns a member that is a list of texts.
func (o object) texts(name string) []string {
	switch items := o[name].(type) {
	case []string:
		return items
	case []any:
		var out []string
		for _, i := range items {
			s, _ := i.(string)
			out = append(out, s)
		}
		return out
	}
	return nil
}

// object returns a member that is an object, or nil.
func (o object) object(name string) object { return asObject(o[name]) }

// objects returns a member that is a list of objects.
func (o object) objects(name string) []object {
	switch items := o[name].(type) {
	case []object:
		return items
	case []any:
		var out []object
		for _, i := range items {
			out = append(out, asObject(i))
		}
		return out
	}
	return nil
}

func asObject(v any) object {
	switch v := v.(type) {
	case object:
		return v
	case map[string]any:
		return v
	}
	return nil
}

// names returns the members in order.
func (o object) names() []string { return slices.Sorted(maps.Keys(o)) }

// stamp writes a time as Graph does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// sensitive stands in recorded calls for a value that is a secret.
const sensitive = "(sensitive)"

// hide returns a JSON value in which members of these names, at any depth, are
// replaced.
func hide(value any, secret []string) any {
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, member := range v {
			if out[name] = hide(member, secret); slices.Contains(secret, name) && member != nil {
				out[name] = sensitive
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = hide(item, secret)
		}
		return out
	}
	return value
}

// recorded returns the query and the top-level members of the body for the
// record of calls: texts as they are, anything else as JSON.
func (r *request) recorded() url.Values {
	out := url.Values{}
	maps.Copy(out, r.query)
	maps.Copy(out, r.form)
	for _, name := range r.service.secrets {
		if out.Has(name) {
			out.Set(name, sensitive)
		}
	}
	hidden, _ := hide(map[string]any(r.body), r.service.secrets).(map[string]any)
	for name, value := range hidden {
		text, ok := value.(string)
		if !ok {
			// What was read as JSON can be written as JSON.
			raw, _ := json.Marshal(value)
			text = string(raw)
		}
		out.Set(name, text)
	}
	return out
}
