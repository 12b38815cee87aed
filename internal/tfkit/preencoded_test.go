package tfkit_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// TestPreencoded puts an attribute into a result, and nothing where it does not belong.
func TestPreencoded(t *testing.T) {
	t.Parallel()
	if tfkit.Preencode(t.Context(), "large", []byte{0x01}) {
		t.Error("an attribute was taken by nobody")
	}
	taken := tfkit.Preencoded{}
	if !tfkit.Preencode(taken.Within(t.Context()), "large", []byte{0x92, 0x01, 0x02}) {
		t.Fatal("an attribute was not taken")
	}
	encode := func(value any) []byte {
		encoded, err := msgpack.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return encoded
	}
	whole, err := taken.Into(encode(map[string]any{"large": nil, "small": "text", "zero": nil}))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := msgpack.Unmarshal(whole, &got); err != nil {
		t.Fatal(err)
	}
	large, _ := got["large"].([]any)
	if delete(got, "large"); len(large) != 2 || !maps.Equal(got, map[string]any{"small": "text", "zero": nil}) {
		t.Errorf("result: %v with %v", got, large)
	}
	same := encode("anything")
	if untouched, err := (tfkit.Preencoded{}).Into(same); err != nil || string(untouched) != string(same) {
		t.Errorf("result: %q, %v", untouched, err)
	}
	for name, of := range map[string]struct {
		object []byte
		want   string
	}{
		"set already":  {encode(map[string]any{"large": []int{1}}), "does not have null for large"},
		"not there":    {encode(map[string]any{"small": nil}), "does not have null for large"},
		"no object":    {encode("text"), "reading a result"},
		"no name":      {[]byte{0x81, 0x01}, "reading a result"},
		"cut off":      {encode(map[string]any{"small": "text"})[:9], "reading small of a result"},
		"without keys": {[]byte{0x81}, "reading a result"},
	} {
		if _, err := taken.Into(of.object); err == nil || !strings.Contains(err.Error(), of.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
