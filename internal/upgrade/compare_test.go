package upgrade

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

const (
	bump = "Raise the schema's Version, add a StateUpgrader that reads the state of version %d (resource.ResourceWithUpgradeState), and run make record-states once the version of the provider is a new one"
	// bumpIdentity is the same for a resource identity.
	bumpIdentity = "Raise the identity schema's Version, add an IdentityUpgrader that reads version %d (resource.ResourceWithUpgradeIdentity), and run make record-states once the version of the provider is a new one"
)

// breaks tells what a state of a release cannot be read with any more, and what to do about each.
func (s shape) breaks(release shape) []string {
	var problems []string
	for _, name := range slices.Sorted(maps.Keys(release)) {
		was, is := release[name], s[name]
		way := fmt.Sprintf(bump, was.version)
		if strings.HasPrefix(name, "identity ") {
			way = fmt.Sprintf(bumpIdentity, was.version)
		}
		_, there := s[name]
		switch {
		case !there:
			problems = append(problems, name+" is gone, and states that have it cannot be read. Keep it, deprecated, until no supported release has it")
		case is.version < was.version:
			problems = append(problems, fmt.Sprintf("%s went back from version %d to %d, and newer states cannot be read. A version never falls", name, was.version, is.version))
		case is.version > was.version: // Whether the upgraders work, the recorded states tell.
		default:
			for _, problem := range is.breaks(was) {
				problems = append(problems, fmt.Sprintf("%s: %s. %s", name, problem, way))
			}
		}
	}
	return problems
}

func (p part) breaks(release part) []string {
	var problems []string
	for _, path := range slices.Sorted(maps.Keys(release.attributes)) {
		was := release.attributes[path]
		is, there := p.attributes[path]
		switch {
		case !there:
			problems = append(problems, path+" is gone, or has another name")
		case is.kind != was.kind:
			problems = append(problems, fmt.Sprintf("%s was %s and is %s", path, was.kind, is.kind))
		case is.has("write_only") != was.has("write_only"):
			problems = append(problems, path+" is write-only in one of both, so that a state has or lacks its value")
		case was.has("sensitive") && !is.has("sensitive"):
			problems = append(problems, path+" is no longer sensitive, so that the value in older states would be shown")
		}
	}
	return problems
}

func (a attribute) has(flag string) bool { return slices.Contains(strings.Split(a.flags, ","), flag) }

// additions are the differences that states of the release survive.
func (s shape) additions(release shape) []string {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(s)) {
		was, there := release[name]
		if !there {
			found = append(found, name+" is new")
			continue
		}
		if s[name].version > was.version {
			found = append(found, fmt.Sprintf("%s has version %d and had %d", name, s[name].version, was.version))
		}
		for _, path := range slices.Sorted(maps.Keys(s[name].attributes)) {
			is := s[name].attributes[path]
			had, there := was.attributes[path]
			switch {
			case !there:
				found = append(found, fmt.Sprintf("%s: %s is new", name, path))
			case had.flags != is.flags:
				found = append(found, fmt.Sprintf("%s: %s was %s and is %s", name, path, had.flags, is.flags))
			}
		}
	}
	return found
}

// TestSchemaCanFail keeps the check itself honest.
func TestSchemaCanFail(t *testing.T) {
	t.Parallel()
	const name = "resource governed_thing"
	const release = name + " 1\n  id computed String\n  key optional,sensitive String\n  names optional List[String]\n  token optional,write_only String\nidentity governed_thing 0\n  id - String\n"
	for change, c := range map[string]struct{ old, new, want, addition string }{
		"nothing":               {"", "", "", ""},
		"a new attribute":       {"  key", "  extra optional,computed String\n  key", "", name + ": extra is new"},
		"another mode":          {"names optional", "names optional,computed", "", name + ": names was optional and is optional,computed"},
		"one more that hides":   {"id computed", "id computed,sensitive", "", name + ": id was computed and is computed,sensitive"},
		"removed":               {"  names optional List[String]\n", "", name + ": names is gone, or has another name. Raise the schema's Version, add a StateUpgrader that reads the state of version 1", ""},
		"renamed":               {"names", "titles", name + ": names is gone, or has another name. Raise", name + ": titles is new"},
		"another type":          {"List[", "Set[", name + ": names was List[String] and is Set[String]. Raise", ""},
		"stored from now on":    {",write_only", "", name + ": token is write-only in one of both", name + ": token was"},
		"shown from now on":     {",sensitive", "", name + ": key is no longer sensitive", name + ": key was"},
		"a lower version":       {name + " 1", name + " 0", name + " went back from version 1 to 0", ""},
		"with a version":        {name + " 1\n  id computed String\n", name + " 2\n", "", name + " has version 2 and had 1"},
		"an identity's removed": {"  id - String\n", "", "identity governed_thing: id is gone, or has another name. Raise the identity schema's Version, add an IdentityUpgrader that reads version 0", ""},
		"a resource removed":    {name + " 1", "resource governed_other 1", name + " is gone, and states", "resource governed_other is new"},
	} {
		was, is := parseShape(t, release), parseShape(t, strings.Replace(release, c.old, c.new, 1))
		if got := strings.Join(is.breaks(was), "\n"); (c.want == "") != (got == "") || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: breaks are %q, not %q", change, got, c.want)
		}
		if got := strings.Join(is.additions(was), "\n"); (c.addition == "") != (got == "") || !strings.HasPrefix(got, c.addition) {
			t.Errorf("%s: additions are %q, not %q", change, got, c.addition)
		}
		if written := is.String(); parseShape(t, written).String() != written {
			t.Errorf("%s: %q is not read as it is written", change, written)
		}
	}
}
