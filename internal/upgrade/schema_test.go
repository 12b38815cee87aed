package upgrade

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/nhi-governance/terraform-provider-governed/internal/provider"
)

// shape is all of a schema that states depend on: of each resource and each resource identity the version and the attributes.
type shape map[string]part

// part is a resource or a resource identity.
type part struct {
	version int64
	// attributes are by path, such as aws_role.trust.aws_services.
	attributes map[string]attribute
}

// attribute is its type, and what else a state and its protection depend on.
type attribute struct{ flags, kind string }

// shapeOf is the schema of today.
func shapeOf(t *testing.T) shape {
	t.Helper()
	server := provider.NewServer("test")
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	must(t, err)
	identities, err := server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	must(t, err)
	found := shape{}
	for name, schema := range schemas.ResourceSchemas {
		if len(schema.Block.BlockTypes) > 0 {
			t.Fatalf("%s has blocks, of which this test knows nothing", name)
		}
		one := part{schema.Version, map[string]attribute{}}
		one.add("", schema.Block.Attributes)
		found["resource "+name] = one
	}
	for name, schema := range identities.IdentitySchemas {
		one := part{schema.Version, map[string]attribute{}}
		for _, a := range schema.IdentityAttributes {
			one.attributes[a.Name] = attribute{"-", typeName(a.Type.String())}
		}
		found["identity "+name] = one
	}
	return found
}

func (p part) add(prefix string, attributes []*tfprotov6.SchemaAttribute) {
	for _, a := range attributes {
		var flags []string
		for _, flag := range []struct {
			name string
			set  bool
		}{{"required", a.Required}, {"optional", a.Optional}, {"computed", a.Computed}, {"sensitive", a.Sensitive}, {"write_only", a.WriteOnly}} {
			if flag.set {
				flags = append(flags, flag.name)
			}
		}
		path := prefix + a.Name
		if a.NestedType == nil {
			p.attributes[path] = attribute{strings.Join(flags, ","), typeName(a.Type.String())}
			continue
		}
		p.attributes[path] = attribute{strings.Join(flags, ","), strings.ToLower(a.NestedType.Nesting.String()) + " of objects"}
		p.add(path+".", a.NestedType.Attributes)
	}
}

func typeName(text string) string { return strings.ReplaceAll(text, "tftypes.", "") }

// String is a line for each attribute, sorted.
func (s shape) String() string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(&text, "%s %d\n", name, s[name].version)
		for _, path := range slices.Sorted(maps.Keys(s[name].attributes)) {
			fmt.Fprintf(&text, "  %s %s %s\n", path, s[name].attributes[path].flags, s[name].attributes[path].kind)
		}
	}
	return text.String()
}

// parseShape reads what String writes.
func parseShape(t *testing.T, text string) shape {
	t.Helper()
	read, name := shape{}, ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		fields := strings.SplitN(strings.TrimPrefix(line, "  "), " ", 3)
		if len(fields) != 3 {
			t.Fatalf("this is no line of a recorded schema: %q", line)
		}
		if strings.HasPrefix(line, "  ") {
			read[name].attributes[fields[0]] = attribute{fields[1], fields[2]}
			continue
		}
		name = fields[0] + " " + fields[1]
		one := part{0, map[string]attribute{}}
		_, err := fmt.Sscan(fields[2], &one.version)
		must(t, err)
		read[name] = one
	}
	return read
}

// TestSchema holds today's schema against that of every release, and against the record of the one that is being made.
func TestSchema(t *testing.T) {
	t.Parallel()
	today := shapeOf(t)
	for _, version := range recordedVersions(t) {
		recorded := parseShape(t, read(t, filepath.Join("testdata", version, schemaFile)))
		for _, problem := range today.breaks(recorded) {
			t.Errorf("the schema of %s: %s", version, problem)
		}
		for _, addition := range today.additions(recorded) {
			if version == currentVersion(t) && !released(t, version) {
				t.Errorf("the schema of %s, which is not released: %s. States can be read all the same; record it with make record-states", version, addition)
			}
		}
	}
}

// TestRecords wants the version that is being made to have a record.
func TestRecords(t *testing.T) {
	t.Parallel()
	version := currentVersion(t)
	if _, err := os.Stat(filepath.Join("testdata", version, schemaFile)); err != nil {
		t.Errorf("nothing is recorded of %s: run make record-states (%s)", version, err)
	}
}
