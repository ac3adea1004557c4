package verify

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// comparePolicy notes the statements of a policy that are missing, and those that are too many. The order of statements and of lists
// plays no part, nor does whether one value is in a list: IAM and S3 store both.
func (d *differences) comparePolicy(name, want, got string) {
	wanted, err := statementsOf(want)
	if err != nil {
		d.add(name+" as JSON", name+" in the stack: "+oneLine(err))
		return
	}
	found, err := statementsOf(got)
	if err != nil {
		d.add(name+" as JSON", name+": "+oneLine(err))
		return
	}
	for _, statement := range wanted {
		if i := slices.IndexFunc(found, func(one string) bool { return like(statement, one) }); i >= 0 {
			found = slices.Delete(found, i, i+1)
			continue
		}
		d.add(name+" has the statement "+strings.ReplaceAll(statement, anyText, "…"), name+" lacks it")
	}
	for _, statement := range found {
		d.add(name+" has only the stack's statements", name+" also has "+statement)
	}
}

// like compares a text with one in which anyText stands for any text.
func like(pattern, value string) bool {
	if !strings.Contains(pattern, anyText) {
		return pattern == value
	}
	parts := strings.Split(pattern, anyText)
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	matched, _ := regexp.MatchString("^"+strings.Join(parts, `[^"]*`)+"$", value) // quoted parts always compile
	return matched
}

// statementsOf are a policy's statements, each as JSON in one form.
func statementsOf(policy string) ([]string, error) {
	var document struct {
		Statement any
	}
	if policy == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(policy), &document); err != nil {
		return nil, err
	}
	var statements []string
	for _, one := range many(document.Statement) {
		statement, ok := one.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("a statement is %v", one)
		}
		written, err := json.Marshal(oneForm(statement))
		if err != nil {
			return nil, err
		}
		statements = append(statements, string(written))
	}
	slices.Sort(statements)
	return statements, nil
}

// many is a list; one value is a list of one.
func many(value any) []any {
	switch value := value.(type) {
	case nil:
		return nil
	case []any:
		return value
	}
	return []any{value}
}

// oneForm is a statement in which each value is a sorted list of texts, and the names of conditions have one case (IAM user guide,
// "IAM JSON policy elements: Condition": names of keys are not case-sensitive).
func oneForm(statement map[string]any) map[string]any {
	formed := map[string]any{}
	for name, value := range statement {
		switch name {
		case "Sid", "Effect":
			formed[name] = value
		case "Principal", "NotPrincipal":
			formed[name] = value
			if value == "*" {
				formed[name] = map[string]any{"AWS": []string{"*"}}
			} else if kinds, ok := value.(map[string]any); ok {
				formed[name] = sortedValues(numbered(kinds), func(kind string) string { return kind })
			}
		case "Condition":
			operators, _ := value.(map[string]any)
			all := map[string]any{}
			for operator, keys := range operators {
				compared, _ := keys.(map[string]any)
				all[operator] = sortedValues(compared, strings.ToLower)
			}
			formed[name] = all
		default:
			formed[name] = sortedTexts(value)
		}
	}
	return formed
}

// accountRoot is an account as IAM stores one that a policy names by its number (IAM user guide, "AWS JSON policy elements: Principal").
var accountRoot = regexp.MustCompile(`^arn:[a-z-]+:iam::(\d{12}):root$`)

// numbered are principals in which an account has its number.
func numbered(kinds map[string]any) map[string]any {
	formed := maps.Clone(kinds)
	if accounts := many(kinds["AWS"]); len(accounts) > 0 {
		accounts = slices.Clone(accounts)
		for i, one := range accounts {
			if root := accountRoot.FindStringSubmatch(text(one)); root != nil {
				accounts[i] = root[1]
			}
		}
		formed["AWS"] = accounts
	}
	return formed
}

func sortedValues(values map[string]any, name func(string) string) map[string]any {
	sorted := map[string]any{}
	for key, value := range values {
		sorted[name(key)] = sortedTexts(value)
	}
	return sorted
}

func sortedTexts(value any) []string {
	texts := []string{}
	for _, one := range many(value) {
		texts = append(texts, fmt.Sprint(one))
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// unescaped is a policy as IAM returns it: URL-encoded (API reference, GetRolePolicy).
func unescaped(document string) string {
	if plain, err := url.PathUnescape(document); err == nil {
		return plain
	}
	return document
}
