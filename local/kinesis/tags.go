package kinesis

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

const (
	maxTags       = 50 // of a stream (API reference, AddTagsToStream)
	listTagsLimit = 50 // API reference, ListTagsForStream
)

// Assumption KIN-11: a tag of a stream has a key of 1 to 128 characters and a value of up to 256, of letters, digits, white space
// and "_ . : / = + - @"; a call names at most 200 tags (API reference, Tag, AddTagsToStream, TagResource). The messages are
// kinesalite's (actions/addTagsToStream.js), which refuses "%" as AWS does although the reference lists it.
var (
	tagKeyPattern = "Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]"
	tagValues     = "Map value must satisfy constraint: [Member must have length less than or equal to 256, Member must have length greater than or equal to 0]"
	tagChecks     = []check{
		{func(value any) bool { return allTags(value, func(key, _ string) bool { return isTagKey(key) }) }, tagKeyPattern},
		{func(value any) bool {
			return allTags(value, func(_, value string) bool { return characters(value) <= 256 })
		}, tagValues},
		notEmpty, atMost(200),
	}
	tagKeyChecks = []check{
		{func(value any) bool {
			return !slices.ContainsFunc(value.([]string), func(key string) bool { return !isTagKey(key) })
		}, tagKeyPattern},
		notEmpty, atMost(50),
	}
)

func isTagKey(key string) bool { return key != "" && characters(key) <= 128 }

func allTags(value any, holds func(key, value string) bool) bool {
	for key, value := range value.(map[string]string) {
		if !holds(key, value) {
			return false
		}
	}
	return true
}

func (in input) tags() map[string]string {
	tags, _ := in["Tags"].(map[string]string)
	return tags
}

// checkTags checks tags that are added to those that a stream has.
func checkTags(stream, account string, added, had map[string]string) *refusal {
	for key, value := range added {
		if strings.ContainsFunc(key+value, func(c rune) bool {
			return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !unicode.IsSpace(c) && !strings.ContainsRune("_.:/=+-@", c)
		}) {
			return invalid("Failed to add tags to stream %s under account %s because some tags contained illegal characters. The allowed characters are "+
				"Unicode letters, digits, white-spaces, '_', '.', ':', '/', '=', '+', '-', '@'.", stream, account)
		}
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return invalid("Failed to add tags to stream %s under account %s because the key %s begins with aws:, which is reserved for AWS.", stream, account, key)
		}
	}
	all := maps.Clone(had)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, added)
	if len(all) > maxTags {
		return invalid("Failed to add tags to stream %s under account %s because a given stream cannot have more than %d tags associated with it.", stream, account, maxTags)
	}
	return nil
}

// change changes a stream's description. The change is on disk when it returns nil.
func (s *Service) change(in input, edit func(*description) *refusal) ([]byte, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, problem := s.stream(in)
	if problem != nil {
		return nil, problem
	}
	d := *found.description.Load()
	d.Tags = maps.Clone(d.Tags)
	if problem := edit(&d); problem != nil {
		return nil, problem
	}
	if err := s.describeAs(found, d); err != nil {
		return nil, failure(err)
	}
	return nil, nil
}

var (
	addTagsInput     = append([]field{{name: "Tags", kind: mapKind, required: true, checks: tagChecks}}, namedStream...)
	removeTagsInput  = append([]field{{name: "TagKeys", kind: textList, required: true, checks: tagKeyChecks}}, namedStream...)
	resourceARN      = field{name: "ResourceARN", kind: stringKind, required: true, checks: arnChecks}
	tagResourceInput = []field{resourceARN, addTagsInput[0]}
	untagInput       = []field{resourceARN, removeTagsInput[0]}
	listTagsInput    = append([]field{
		{name: "Limit", kind: integerKind, checks: between(1, listTagsLimit)},
		{name: "ExclusiveStartTagKey", kind: stringKind, checks: []check{notEmpty, atMost(128)}},
	}, namedStream...)
)

// ofResource reads a call that names its stream by ResourceARN.
func ofResource(body []byte, fields []field) (input, *refusal) {
	in, problem := decode(body, fields, nil)
	if problem == nil {
		in["StreamARN"] = in["ResourceARN"]
	}
	return in, problem
}

func (s *Service) addTagsToStream(body []byte) ([]byte, *refusal) {
	in, problem := decode(body, addTagsInput, streamNeeded)
	if problem != nil {
		return nil, problem
	}
	return s.addTags(in)
}

func (s *Service) tagResource(body []byte) ([]byte, *refusal) {
	in, problem := ofResource(body, tagResourceInput)
	if problem != nil {
		return nil, problem
	}
	return s.addTags(in)
}

func (s *Service) addTags(in input) ([]byte, *refusal) {
	return s.change(in, func(d *description) *refusal {
		if problem := checkTags(d.Name, s.options.Account, in.tags(), d.Tags); problem != nil {
			return problem
		}
		if d.Tags == nil {
			d.Tags = map[string]string{}
		}
		maps.Copy(d.Tags, in.tags())
		return nil
	})
}

func (s *Service) removeTagsFromStream(body []byte) ([]byte, *refusal) {
	in, problem := decode(body, removeTagsInput, streamNeeded)
	if problem != nil {
		return nil, problem
	}
	return s.removeTags(in)
}

func (s *Service) untagResource(body []byte) ([]byte, *refusal) {
	in, problem := ofResource(body, untagInput)
	if problem != nil {
		return nil, problem
	}
	return s.removeTags(in)
}

func (s *Service) removeTags(in input) ([]byte, *refusal) {
	return s.change(in, func(d *description) *refusal {
		for _, key := range in["TagKeys"].([]string) {
			delete(d.Tags, key) // a missing tag is not an error
		}
		return nil
	})
}

type tag struct{ Key, Value string }

func tagsAfter(all map[string]string, after string) []tag {
	tags := []tag{}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if key > after {
			tags = append(tags, tag{key, all[key]})
		}
	}
	return tags
}

func (s *Service) listTagsForStream(body []byte) ([]byte, *refusal) {
	in, found, problem := s.decodeNamed(body, listTagsInput)
	if problem != nil {
		return nil, problem
	}
	answer := struct {
		HasMoreTags bool
		Tags        []tag
	}{Tags: tagsAfter(found.description.Load().Tags, in.text("ExclusiveStartTagKey"))}
	if limit := in.limit("Limit", listTagsLimit); len(answer.Tags) > limit {
		answer.HasMoreTags, answer.Tags = true, answer.Tags[:limit]
	}
	return encode(answer)
}

func (s *Service) listTagsForResource(body []byte) ([]byte, *refusal) {
	in, problem := ofResource(body, []field{resourceARN})
	if problem != nil {
		return nil, problem
	}
	found, problem := s.stream(in)
	if problem != nil {
		return nil, problem
	}
	return encode(struct{ Tags []tag }{tagsAfter(found.description.Load().Tags, "")})
}
