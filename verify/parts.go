package verify

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// compareParts compares a block of the stack with what the SDK has in its place. It notes each value that differs, by its place in the
// block, such as "statement.rate_based_statement.limit".
func (d *differences) compareParts(name string, want, got any) {
	wanted, found := flat(want), flat(got)
	for place, value := range sorted(wanted) {
		d.compare(placed(name, place), value, found[place])
	}
	for place, value := range sorted(found) {
		if _, declared := wanted[place]; !declared {
			d.compare(placed(name, place), "", value)
		}
	}
}

// placed names a value of a block, which may be the block's only one.
func placed(name, place string) string { return strings.TrimSuffix(name+": "+place, ": ") }

// treeOf is a value of the SDK as JSON has it, with the members by the SDK's names.
func treeOf(value any) any {
	var tree any
	if written, err := json.Marshal(value); err == nil { // the SDK's values are plain data
		_ = json.Unmarshal(written, &tree)
	}
	return tree
}

// flat are the values of a block by their places. The stack and the SDK have their own forms of one block, which become the same here:
// names in snake case or in camel case, of one or of many; one block, or a list of one; and what is false, 0 or empty, or left out.
func flat(value any) map[string]string {
	found := map[string]string{}
	flatten(found, "", value)
	return found
}

func flatten(found map[string]string, at string, value any) {
	switch value := value.(type) {
	case nil:
	case map[string]any:
		flattenMembers(found, at, value)
	case []any:
		flattenList(found, at, value)
	default:
		if shown := shownValue(value); shown != "" && shown != "false" && shown != "0" {
			found[at] = shown
		}
	}
}

// flattenMembers gives a block with a name a place of its own. A block without values, such as block {}, is one that is there. Only a
// configuration without values says nothing: the provider sends an empty captcha_config with each rule.
func flattenMembers(found map[string]string, at string, members map[string]any) {
	if name := nameOf(members); name != "" {
		at += "[" + name + "]"
	}
	before := len(found)
	for name, one := range members {
		place := member(name)
		if encoded, ok := one.(string); ok && name == "SearchString" { // JSON has the SDK's bytes in base64
			if decoded, err := base64.StdEncoding.DecodeString(encoded); err == nil {
				one = string(decoded)
			}
		}
		if at != "" {
			place = at + "." + place
		}
		flatten(found, place, one)
	}
	if len(found) == before && at != "" && !strings.HasSuffix(at, "_config") {
		found[at] = "{}"
	}
}

// flattenList puts blocks with names at places of their own. The order of others plays no part.
func flattenList(found map[string]string, at string, values []any) {
	var others []string
	for _, one := range values {
		if members, ok := one.(map[string]any); len(values) == 1 || ok && nameOf(members) != "" {
			flatten(found, at, one)
			continue
		}
		others = append(others, settingsText(flat(one)))
	}
	if len(others) > 0 {
		slices.Sort(others)
		found[at] = strings.Join(others, "; ")
	}
}

func nameOf(members map[string]any) string {
	if name := text(members["name"]); name != "" {
		return name
	}
	return text(members["Name"])
}

// Words of a name in camel case begin with a capital after a small letter, or with the last of several capitals.
var (
	afterSmall   = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	afterCapital = regexp.MustCompile(`([A-Z])([A-Z][a-z])`)
)

// member is the name of a block's member as the provider has it, without the plural that the SDK gives to lists.
func member(name string) string {
	name = strings.ToLower(afterCapital.ReplaceAllString(afterSmall.ReplaceAllString(name, "${1}_${2}"), "${1}_${2}"))
	return strings.TrimSuffix(strings.ReplaceAll(name, "cloud_watch", "cloudwatch"), "s")
}
