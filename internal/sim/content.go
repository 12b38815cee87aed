package sim

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Content says in lines all that the simulator's accounts hold, one object a
// line, whatever the replication lag: what two runs have left behind can be
// compared. mask changes each text, for instance to hide ids, which differ.
// Not in it are records of use, jobs that are over, and values of secrets and
// parameters that are not the current ones.
func (s *Server) Content(mask func(string) string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for _, a := range s.accounts {
		a.purge(s.clock.Now())
		name := "account " + a.id
		lines = append(lines, Describe(name, reflect.ValueOf(a), left, mask)...)
		for region, secrets := range a.secrets {
			for _, one := range secrets.all() {
				if current := one.source().staged(stageCurrent); current != nil {
					lines = append(lines, Describe(name+" current "+region+" "+one.name, reflect.ValueOf(current), left, mask)...)
				}
			}
		}
		for region, parameters := range a.parameters {
			for _, one := range parameters.all() {
				lines = append(lines, Describe(name+" current "+region+" "+one.name, reflect.ValueOf(one.current()), left, mask)...)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// left are the fields that [Server.Content] leaves out, by type: ways back, what
// is derived from others, records of use, and settings of tests.
var left = map[string][]string{
	"Account": {
		"server", "report", "accessJobs", "serviceUses", "deletions", "usage", "attachments", "boundaries", "profilesOf", "arnsByID",
		"quotas", "origin", "admin", "archived", "denied",
	},
	"collection": {"sorted", "live"}, "entry": {"before", "hidden"},
	"role":             {"account", "used", "principalLag", "profileLag"},
	"user":             {"account", "passwordUsed", "principalLag"},
	"group":            {"account", "members"},
	"managedPolicy":    {"account", "doc"},
	"policyText":       {"doc"},
	"trustPolicy":      {"doc"},
	"instanceProfile":  {"account", "useLag"},
	"oidcProvider":     {"account"},
	"accessKey":        {"used", "useLag"},
	"virtualMFA":       {"owner"},
	"secret":           {"account", "accessed", "primary", "suffix", "versions"},
	"secretVersion":    {"accessed", "stages"},
	"parameter":        {"account", "versions"},
	"parameterVersion": {"number"},
	"Time":             {"loc"},
}

// Describe says in lines what a simulator holds: each map or collection that is
// a field of the object has a line for each of its members. Texts go through
// mask. left are fields to leave out, by the name of the type. A time shows as Go
// keeps it: nanoseconds, and seconds since the year 1.
func Describe(name string, of reflect.Value, left map[string][]string, mask func(string) string) []string {
	d := describer{left: left, mask: mask}
	var lines []string
	d.fields(of, func(field string, value reflect.Value) {
		if elements := d.elements(value); elements != nil {
			for _, element := range elements {
				lines = append(lines, name+" "+field+" "+element)
			}
			return
		}
		if text := d.text(value); text != "" {
			lines = append(lines, name+" "+field+" "+text)
		}
	})
	return lines
}

type describer struct {
	left map[string][]string
	mask func(string) string
	path []reflect.Value // pointers on the way, which are not followed again
}

// fields visits the fields of a struct that are not left out, those of embedded
// ones like its own.
func (d *describer) fields(of reflect.Value, visit func(string, reflect.Value)) {
	of = reflect.Indirect(of)
	kind, _, _ := strings.Cut(of.Type().Name(), "[")
	for i := range of.NumField() {
		field := of.Type().Field(i)
		switch {
		case slices.Contains(d.left[kind], field.Name):
		case field.Anonymous:
			d.fields(of.Field(i), visit)
		default:
			visit(field.Name, of.Field(i))
		}
	}
}

// elements are those of a map or of a collection, or nil for anything else.
func (d *describer) elements(value reflect.Value) []string {
	value = reflect.Indirect(value)
	if !value.IsValid() {
		return nil
	}
	if value.Kind() == reflect.Struct {
		if entries := value.FieldByName("entries"); entries.IsValid() {
			return d.elements(entries)
		}
		return nil
	}
	if value.Kind() != reflect.Map {
		return nil
	}
	lines := []string{}
	for key, element := range value.Seq2() {
		if nested := d.elements(element); nested != nil {
			for _, one := range nested {
				lines = append(lines, d.text(key)+" "+one)
			}
		} else if text := d.text(element); text != "" {
			lines = append(lines, d.text(key)+" "+text)
		}
	}
	slices.Sort(lines)
	return lines
}

// text is a value on one line; nothing is "". The order of lists says nothing.
func (d *describer) text(value reflect.Value) string {
	if !value.IsValid() || value.IsZero() {
		return ""
	}
	switch value.Kind() {
	case reflect.String:
		return d.mask(value.String())
	case reflect.Pointer, reflect.Interface:
		if value.Kind() == reflect.Pointer {
			if slices.ContainsFunc(d.path, func(on reflect.Value) bool { return on.Pointer() == value.Pointer() }) {
				return "(see above)"
			}
			d.path = append(d.path, value)
			defer func() { d.path = d.path[:len(d.path)-1] }()
		}
		return d.text(value.Elem())
	case reflect.Struct:
		var parts []string
		d.fields(value, func(field string, value reflect.Value) {
			if text := d.text(value); text != "" {
				parts = append(parts, field+"="+text)
			}
		})
		if len(parts) == 0 {
			return ""
		}
		return "{" + strings.Join(parts, " ") + "}"
	case reflect.Map:
		return "{" + strings.Join(d.elements(value), ", ") + "}"
	case reflect.Slice, reflect.Array:
		if value.Type().Elem().Kind() == reflect.Uint8 {
			return d.mask(fmt.Sprintf("%x", value))
		}
		var items []string
		for _, element := range value.Seq2() {
			items = append(items, d.text(element))
		}
		slices.Sort(items)
		return "[" + strings.Join(items, ", ") + "]"
	}
	return fmt.Sprint(value)
}

// Settle lets every replica catch up with what was changed under a replication
// lag.
func (s *Server) Settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		a.roles.settle(func(r *role) { r.principalLag, r.profileLag = 0, 0 })
		a.users.settle(func(u *user) {
			u.principalLag = 0
			for i := range u.keys {
				u.keys[i].useLag = 0
			}
		})
		a.profiles.settle(func(p *instanceProfile) { p.useLag = 0 })
		a.policies.settle(nil)
		a.providers.settle(nil)
		a.groups.settle(nil)
		a.devices.settle(nil)
		for _, secrets := range a.secrets {
			secrets.settle(nil)
		}
		for _, parameters := range a.parameters {
			parameters.settle(nil)
		}
	}
}
