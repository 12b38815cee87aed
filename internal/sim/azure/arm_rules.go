package azuresim

import (
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
)

// regions are those that the simulator has.
var regions = []string{
	"australiaeast", "brazilsouth", "canadacentral", "centralindia", "centralus", "chinaeast2", "chinanorth3", "eastasia", "eastus", "eastus2",
	"francecentral", "germanywestcentral", "italynorth", "japaneast", "koreacentral", "northcentralus", "northeurope", "norwayeast", "polandcentral",
	"southafricanorth", "southcentralus", "southeastasia", "spaincentral", "swedencentral", "switzerlandnorth", "uaenorth", "uksouth", "ukwest",
	"usgovarizona", "usgovtexas", "usgovvirginia", "westcentralus", "westeurope", "westus", "westus2", "westus3",
}

// normalLocation writes a location as Resource Manager keeps it: "West Europe"
// is westeurope.
func normalLocation(text string) string { return strings.ToLower(strings.ReplaceAll(text, " ", "")) }

// location reads where a resource is to be.
func (r *request) location() (string, error) {
	text := r.body.str("location")
	if text == "" {
		return "", newError("LocationRequired", http.StatusBadRequest, "The location property is required for this definition.")
	}
	location := normalLocation(text)
	if !slices.Contains(regions, location) {
		return "", newError("LocationNotAvailableForResourceType", http.StatusBadRequest, "The provided location '%s' is not available for resource type '%s'. "+
			"List of available regions for the resource type is '%s'.", text, kindIdentity, strings.Join(regions, ","))
	}
	return location, nil
}

// The bounds of tags (Resource Manager, "Use tags to organize your Azure
// resources").
const (
	maxTags      = 50
	maxTagName   = 512
	maxTagValue  = 256
	notInTagName = `<>%&\?/`
)

// tags reads the tags of a resource. Names are told apart without regard to
// case.
func (r *request) tags() (map[string]string, error) {
	refuse := func(code, format string, args ...any) (map[string]string, error) {
		return nil, newError(code, http.StatusBadRequest, format, args...)
	}
	switch r.body["tags"].(type) {
	case nil, map[string]any:
	default:
		return refuse("InvalidRequestContent", "The request content was invalid and could not be deserialized: the tags are not an object.")
	}
	sent := r.body.object("tags")
	if len(sent) > maxTags {
		return refuse("InvalidTags", "The number of tags '%d' exceeds the maximum of '%d'.", len(sent), maxTags)
	}
	out, seen := map[string]string{}, map[string]bool{}
	for _, name := range sent.names() {
		value, ok := sent[name].(string)
		switch {
		case !ok:
			return refuse("InvalidRequestContent", "The request content was invalid and could not be deserialized: the value of tag '%s' is not a string.", name)
		case name == "" || units(name) > maxTagName:
			return refuse("InvalidTagName", "The length of the tag name '%s' has to be between 1 and %d characters.", name, maxTagName)
		case strings.ContainsAny(name, notInTagName), strings.ContainsFunc(name, unicode.IsControl):
			return refuse("InvalidTagNameCharacters", "The tag names '%s' have reserved characters '%s' or control characters.", name, strings.Join(strings.Split(notInTagName, ""), ","))
		case units(value) > maxTagValue:
			return refuse("InvalidTagValueLength", "The value of the tag '%s' exceeds the maximum length of '%d' characters.", name, maxTagValue)
		case seen[strings.ToLower(name)]:
			return refuse("DuplicateTagNames", "The tag name '%s' is given more than once; names do not differ by case.", name)
		}
		seen[strings.ToLower(name)] = true
		out[name] = value
	}
	return out, nil
}

// units is the length of a text as Resource Manager counts it.
func units(text string) int { return len(utf16.Encode([]rune(text))) }
