package aws

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestEncodeTag(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, encoded string }{
		{"", ""},
		{"Nightly export", "Nightly export"},
		{"a_b.c:d/e=f+g-h@i", "a_b.c:d/e=f+g-h@i"},
		{"invoices (EU), all", "invoices =28EU=29=2C all"},
		{"=2C", "=3D2C"},
		{"=2c", "=2c"},
		{"==2C", "==3D2C"},
		{"=2=2C", "=2=3D2C"},
		{"=,", "==2C"},
		{"請求書", "請求書"},
		{"🚀", "=F0=9F=9A=80"},
		{"e\u0301", "e=CC=81"},
		{"a\u00a0b", "a\u00a0b"},
		{"a\nb", "a=0Ab"},
	} {
		if got := encodeTag(test.text); got != test.encoded {
			t.Errorf("encodeTag(%q) = %q, want %q", test.text, got, test.encoded)
		}
		if got := decodeTag(test.encoded); got != test.text {
			t.Errorf("decodeTag(%q) = %q, want %q", test.encoded, got, test.text)
		}
	}
}

// TestDecodeForeign reads values that somebody else has written: what encodeTag would not have written stays as it is.
func TestDecodeForeign(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"=2c", "=FF", "=C3", "=41", "a=20b", "=3D", "=3D2", "=F0=9F=9A", "=E2=82", "=ED=A0=80", "100=", "=", "a=2Cb=41", "a,b", "=C0=AC",
	} {
		if got := decodeTag(value); got != value {
			t.Errorf("decodeTag(%q) = %q", value, got)
		}
	}
}

// TestEveryCharacter has each character of Unicode come back, also behind an equals sign and as a system, by characters that IAM
// takes.
func TestEveryCharacter(t *testing.T) {
	t.Parallel()
	const page = 1 << 8
	for first := rune(0); first <= unicode.MaxRune; first += page {
		var text strings.Builder
		for r := first; r < first+page; r++ {
			if utf8.ValidRune(r) {
				text.WriteString("=" + string(r))
			}
		}
		encoded := encodeTag(text.String())
		if strings.ContainsFunc(encoded, func(r rune) bool { return !legalInTag(r) }) || decodeTag(encoded) != text.String() {
			t.Errorf("the page from U+%04X came back as %q by way of %q", first, decodeTag(encoded), encoded)
		}
		if systems := []string{"a" + text.String(), "b"}; !slices.Equal(decodeSystems(encodeSystems(systems)), systems) {
			t.Errorf("the page from U+%04X came back as %q", first, decodeSystems(encodeSystems(systems)))
		}
	}
}

func FuzzTagEncoding(f *testing.F) {
	for _, seed := range []string{"", "plain", "a, b (c)", "=2C", "==3D2C", "=E2=82=AC", "請求書 🚀", "a\u2028b", "\xff", "=\xff2", "=3D3D"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// As a value that somebody else has written.
		if decoded := decodeTag(text); decoded != text && encodeTag(decoded) != text {
			t.Errorf("decodeTag(%q) = %q, which loses the value", text, decoded)
		}
		if encoded := encodeTag(text); encoded != encodeTag(string([]rune(text))) || len(encoded) > 9*len(text) {
			t.Errorf("encodeTag(%q) = %q", text, encoded)
		}
		// A byte that is no text is written as the character that stands for such.
		text = string([]rune(text))
		encoded := encodeTag(text)
		if i := strings.IndexFunc(encoded, func(r rune) bool { return !legalInTag(r) }); i >= 0 {
			t.Errorf("encodeTag(%q) = %q has an illegal character at %d", text, encoded, i)
		}
		if decoded := decodeTag(encoded); decoded != text {
			t.Errorf("%q came back as %q by way of %q", text, decoded, encoded)
		}
		if text == "" {
			return
		}
		systems := []string{text, "b c", text + ", d"}
		if decoded := decodeSystems(encodeSystems(systems)); !slices.Equal(decoded, systems) {
			t.Errorf("%q came back as %q by way of %q", systems, decoded, encodeSystems(systems))
		}
	})
}

func TestSystems(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		systems []string
		encoded string
	}{
		{nil, ""},
		{[]string{"billing-db", "data-lake"}, "billing-db data-lake"},
		{[]string{"billing db", "a,b"}, "billing=20db a=2Cb"},
		{[]string{"=20", "a\u00a0b\u3000c"}, "=3D20 a=C2=A0b=E3=80=80c"},
	} {
		if got := encodeSystems(test.systems); got != test.encoded {
			t.Errorf("encodeSystems(%q) = %q, want %q", test.systems, got, test.encoded)
		}
		if got := decodeSystems(test.encoded); !slices.Equal(got, test.systems) {
			t.Errorf("decodeSystems(%q) = %q, want %q", test.encoded, got, test.systems)
		}
	}
	if got := decodeSystems("  a   b "); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("spaces of somebody else's gave %q", got)
	}
}

func TestTagLength(t *testing.T) {
	t.Parallel()
	for text, length := range map[string]int{"": 0, "abc": 3, "é": 1, "𝔘": 2} {
		if got := tagLength(text); got != length {
			t.Errorf("tagLength(%q) = %d, want %d", text, got, length)
		}
	}
}
