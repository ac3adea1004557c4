package cloudwatch

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// required are the members that a call must have, by operation, and enums the values that a member may have: both from botocore's
// service-2.json of cloudwatch. The lists are those that AWS's messages have.
var (
	required = map[string][]string{
		"GetMetricData":       {"MetricDataQueries", "StartTime", "EndTime"},
		"GetMetricStatistics": {"Namespace", "MetricName", "StartTime", "EndTime", "Period"},
	}
	enums = map[string][]string{
		"AlarmTypes":      {"CompositeAlarm", "MetricAlarm"},
		"HistoryItemType": {"ConfigurationUpdate", "StateUpdate", "Action", "AlarmContributorStateUpdate", "AlarmContributorAction"},
		"RecentlyActive":  {"PT3H"},
		"ScanBy":          {"TimestampDescending", "TimestampAscending"},
		"StateValue":      {string(InsufficientData), string(Alarming), string(OK)},
		"Statistics":      {"SampleCount", "Average", "Sum", "Minimum", "Maximum"},
		"Unit": {
			"Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Bits", "Kilobits", "Megabits",
			"Gigabits", "Terabits", "Percent", "Count", "Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second",
			"Terabytes/Second", "Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second", "Count/Second", "None",
		},
	}
)

// The bounds of members are from botocore's service-2.json of cloudwatch.
var (
	// longest are the most characters of a text, and of each text of a list.
	longest = map[string]int{
		"AccountId": 255, "ActionPrefix": 1024, "AlarmContributorId": 16, "AlarmName": 255, "AlarmNamePrefix": 255, "AlarmNames": 255, "Expression": 2048,
		"Id": 255, "MetricName": 255, "Name": 255, "Namespace": 255, "OwningAccount": 255, "Value": 1024,
	}
	// mostValues are those of a list.
	mostValues = map[string]int{"AlarmNames": 100, "Dimensions": 30, "ExtendedStatistics": 10, "Statistics": 5}
)

// mostFilters is the most dimensions of ListMetrics, which are filters there.
const mostFilters = 10

// The kinds of members, as messages name them.
const (
	aText      = "a string"
	someTexts  = "a list of strings"
	aStructure = "a structure"
	structures = "a list of structures"
	yesOrNo    = "true or false"
)

// kinds are those of the members that an operation reads, but for numbers and times, which have checks of their own.
var kinds = map[string]string{
	"AccountId": aText, "ActionPrefix": aText, "AlarmContributorId": aText, "AlarmName": aText, "AlarmNamePrefix": aText, "ChildrenOfAlarmName": aText, "Expression": aText,
	"HistoryItemType": aText, "Id": aText, "Label": aText, "MetricName": aText, "Name": aText, "Namespace": aText, "NextToken": aText,
	"OwningAccount": aText, "ParentsOfAlarmName": aText, "RecentlyActive": aText, "ScanBy": aText, "Stat": aText, "StateValue": aText, "Unit": aText,
	"Value":      aText,
	"AlarmNames": someTexts, "AlarmTypes": someTexts, "ExtendedStatistics": someTexts, "Statistics": someTexts,
	"Metric": aStructure, "MetricStat": aStructure,
	"Dimensions": structures, "MetricDataQueries": structures,
	"ReturnData": yesOrNo,
}

// needed are the members that a structure in a call must have.
var needed = map[string][]string{
	"Dimensions": {"Name"},
	"Metric":     {"Namespace", "MetricName"},
	"MetricStat": {"Metric", "Period", "Stat"},
}

// isKind reports whether a value is of a kind. In the query protocol true and false are texts.
func isKind(kind string, value any) bool {
	text, isText := value.(string)
	_, isMap := value.(map[string]any)
	_, isBool := value.(bool)
	switch kind {
	case aText:
		return isText
	case someTexts:
		return areKind(aText, value)
	case aStructure:
		return isMap
	case structures:
		return areKind(aStructure, value)
	case yesOrNo:
		return isBool || text == "true" || text == "false"
	}
	return true
}

// areKind reports whether a value is a list of a kind. In the query protocol an empty list is an empty text (botocore, QuerySerializer).
func areKind(kind string, value any) bool {
	all, isList := value.([]any)
	return value == "" || isList && !slices.ContainsFunc(all, func(one any) bool { return !isKind(kind, one) })
}

// checkMembers checks what the members of an input hold, which is itself a member at the path.
func (in input) checkMembers(path string) error {
	for _, name := range slices.Sorted(maps.Keys(in)) {
		if value := in[name]; value != nil && !isKind(kinds[name], value) {
			return &callError{"SerializationException", "The member " + path + name + " must be " + kinds[name] + ".", http.StatusBadRequest}
		}
		if kinds[name] == aStructure && in[name] != nil {
			if err := in.inner(name).lacks(name, path+name+"."); err != nil {
				return err
			}
		}
		for i, one := range in.list(name) {
			if inner, isMap := one.(map[string]any); isMap {
				if err := input(inner).lacks(name, fmt.Sprintf("%s%s.member.%d.", path, name, i+1)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// lacks checks a structure, the value of a member at the path.
func (in input) lacks(name, path string) error {
	for _, must := range needed[name] {
		if in[must] == nil || in[must] == "" {
			return missingMember(path + must)
		}
	}
	return in.checkMembers(path)
}

func missingMember(path string) error {
	return &callError{"MissingParameter", "The parameter " + path + " is required.", http.StatusBadRequest}
}

// check refuses a call that lacks a member or has a value that its member may not have.
//
// Assumption CW-14: CloudWatch answers a value outside a member's set or bounds with ValidationError, and names the value, the member and
// the constraint ("1 validation error detected: Value … at … failed to satisfy constraint", localstack's test_set_alarm_invalid_input,
// recorded on AWS). A call without a required member
// gets MissingParameter (API reference, Common Errors), and one with a member of another type SerializationException.
func (in input) check(operation string) error {
	for _, name := range required[operation] {
		if value, given := in[name]; !given || value == nil || value == "" {
			return missingMember(name)
		}
	}
	if err := in.checkMembers(""); err != nil {
		return err
	}
	if filters := in.list("Dimensions"); operation == "ListMetrics" && len(filters) > mostFilters {
		return tooMany("dimensions", len(filters), mostFilters)
	}
	if err := in.checkBounds(""); err != nil {
		return err
	}
	return in.checkEnums("")
}

// checkBounds checks the lengths of the members of an input, which is itself a member at the path.
func (in input) checkBounds(path string) error {
	for _, name := range slices.Sorted(maps.Keys(in)) {
		place, all := path+placeOf(name), in.list(name)
		if n := mostValues[name]; n > 0 && len(all) > n {
			return tooMany(place, len(all), n)
		}
		for _, text := range append(in.texts(name), in.text(name)) {
			switch n := longest[name]; {
			case n > 0 && utf8.RuneCountInString(text) > n:
				return outside(text, place, fmt.Sprintf("Member must have length less than or equal to %d", n))
			case name == "Namespace" && strings.HasPrefix(text, ":"):
				return outside(text, place, "Member must satisfy regular expression pattern: [^:].*")
			}
		}
		if err := in.inner(name).checkBounds(place + "."); err != nil {
			return err
		}
		for i, one := range all {
			inner, _ := one.(map[string]any)
			if err := input(inner).checkBounds(fmt.Sprintf("%s.%d.member.", place, i+1)); err != nil {
				return err
			}
		}
	}
	return nil
}

func tooMany(place string, given, allowed int) error {
	return outside(fmt.Sprintf("[%d values]", given), place, fmt.Sprintf("Member must have length less than or equal to %d", allowed))
}

// placeOf is a member's name in messages about constraints.
func placeOf(name string) string { return strings.ToLower(name[:1]) + name[1:] }

// checkEnums checks the members of an input, which is itself a member at the path.
func (in input) checkEnums(path string) error {
	for _, name := range slices.Sorted(maps.Keys(enums)) {
		allowed, place := enums[name], path+placeOf(name)
		if text := in.text(name); text != "" && !slices.Contains(allowed, text) {
			return outside(text, place, "Member must satisfy enum value set: ["+strings.Join(allowed, ", ")+"]")
		}
		for _, text := range in.texts(name) {
			if !slices.Contains(allowed, text) {
				return outside("["+strings.Join(in.texts(name), ", ")+"]", place,
					"Member must satisfy constraint: [Member must satisfy enum value set: ["+strings.Join(allowed, ", ")+"]]")
			}
		}
	}
	return nil
}

func outside(value, place, constraint string) error {
	return fmt.Errorf("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, place, constraint)
}
