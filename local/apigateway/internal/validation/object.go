package validation

import (
	"fmt"
	"slices"
	"strings"

	"cdk.tf/go/ingest/local/apigateway/internal/jsontape"
	"cdk.tf/go/ingest/local/apigateway/internal/jsontext"
)

// member is a member of an object. Of several with the same name only the last counts, as in Java's maps.
type member struct {
	name  string
	value jsontape.Value
}

// enterMembers returns an object's members in the order of their names, in room that the caller returns with c.leaveMembers.
func (c *checker) enterMembers(v jsontape.Value) []member {
	first, n := len(c.members), v.Len()
	c.spend(2 * n)
	c.members = slices.Grow(c.members, n)
	for name, value := range v.Members() {
		c.members = append(c.members, member{c.text(name), value})
	}
	all := c.members[first:]
	slices.SortStableFunc(all, func(a, b member) int { return strings.Compare(a.name, b.name) })
	kept := all[:0]
	for i, m := range all {
		if i == len(all)-1 || all[i+1].name != m.name {
			kept = append(kept, m)
		}
	}
	c.members = c.members[:first+len(kept)]
	return kept
}

func (c *checker) leaveMembers(members []member) { c.members = c.members[:len(c.members)-len(members)] }

func has(members []member, name string) bool {
	_, found := slices.BinarySearchFunc(members, name, func(m member, name string) int { return strings.Compare(m.name, name) })
	return found
}

// object checks an object's number of members and their names.
func (c *checker) object(s *schema, v jsontape.Value) bool {
	if !s.asksCount(v.Len()) && len(s.required)+len(s.dependencies) == 0 && !s.closed {
		return true
	}
	members := c.enterMembers(v)
	defer c.leaveMembers(members)
	valid := c.count(s, len(members))
	if missing := absent(members, s.required); len(missing) > 0 {
		valid = c.wrong(s, "required", func() string {
			return fmt.Sprintf("object has missing required properties (%s)", jsontext.Of(missing))
		})
	}
	if s.closed {
		valid = c.noOthers(s, members) && valid
	}
	for _, asked := range s.dependencies {
		valid = c.dependency(s, asked, v, members) && valid
	}
	return valid
}

// asksCount reports whether the members of an object must be counted. The object has most members, some of which may have the
// same name.
func (s *schema) asksCount(most int) bool {
	return s.minProps != nil && (*s.minProps > 1 || most < *s.minProps) || s.maxProps != nil && most > *s.maxProps
}

func (c *checker) count(s *schema, n int) bool {
	valid := true
	if s.minProps != nil && n < *s.minProps {
		valid = c.wrong(s, "minProperties", func() string {
			return fmt.Sprintf("object has too few properties (found %d but schema requires at least %d)", n, *s.minProps)
		})
	}
	if s.maxProps != nil && n > *s.maxProps {
		valid = c.wrong(s, "maxProperties", func() string {
			return fmt.Sprintf("object has too many properties (found %d but schema requires at most %d)", n, *s.maxProps)
		})
	}
	return valid
}

func absent(members []member, names []string) []string {
	var missing []string
	for _, name := range names {
		if !has(members, name) {
			missing = append(missing, name)
		}
	}
	return missing
}

// noOthers lists the members that a closed schema does not allow, up to the bound on findings.
func (c *checker) noOthers(s *schema, members []member) bool {
	var others []string
	more := 0
	for _, m := range members {
		if s.properties[m.name] != nil || c.anyPattern(s, m.name) {
			continue
		}
		if len(others) < maxFindings {
			others = append(others, cut(m.name))
		} else {
			more++
		}
	}
	if len(others) == 0 {
		return true
	}
	return c.wrong(s, "additionalProperties", func() string {
		text := "object instance has properties which are not allowed by the schema: " + jsontext.Of(others)
		if more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		return text
	})
}

func (c *checker) anyPattern(s *schema, name string) bool {
	return slices.ContainsFunc(s.patterned, func(p patterned) bool { return c.matches(p.name, name) })
}

func (c *checker) dependency(s *schema, asked dependency, v jsontape.Value, members []member) bool {
	if !has(members, asked.name) {
		return true
	}
	if asked.schema != nil {
		return c.own(asked.schema, v)
	}
	missing := absent(members, asked.needed)
	return len(missing) == 0 || c.wrong(s, "dependencies", func() string {
		return fmt.Sprintf("property %q of object has missing property dependencies (schema requires %s; missing: %s)", asked.name, jsontext.Of(asked.needed), jsontext.Of(missing))
	})
}

// belowObject checks an object's members, in the order of their names (assumption API-9).
func (c *checker) belowObject(s *schema, v jsontape.Value) bool {
	members := c.enterMembers(v)
	defer c.leaveMembers(members)
	valid := true
	for _, m := range members {
		valid = c.member(s, m) && valid
		if c.stops(valid) {
			return valid
		}
	}
	for _, asked := range s.dependencies {
		if asked.schema != nil && has(members, asked.name) {
			valid = c.below(asked.schema, v) && valid
		}
	}
	return valid
}

func (c *checker) member(s *schema, m member) bool {
	property := s.properties[m.name]
	if len(s.patterned) == 0 { // as good as always
		if property == nil {
			property = s.additional
		}
		return property == nil || c.own(property, m.value) && c.below(property, m.value)
	}
	var asked []*schema
	if property != nil {
		asked = append(asked, property)
	}
	for _, p := range s.patterned {
		if c.matches(p.name, m.name) {
			asked = append(asked, p.schema)
		}
	}
	if len(asked) == 0 && s.additional != nil {
		asked = append(asked, s.additional)
	}
	return c.both(asked, m.value)
}
