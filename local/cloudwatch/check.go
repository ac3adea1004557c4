package cloudwatch

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
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
		"StateValue":      {string(OK), string(Alarming), string(InsufficientData)},
		"Statistics":      {"SampleCount", "Average", "Sum", "Minimum", "Maximum"},
		"Unit": {
			"Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Bits", "Kilobits", "Megabits",
			"Gigabits", "Terabits", "Percent", "Count", "Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second",
			"Terabytes/Second", "Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second", "Count/Second", "None",
		},
	}
)

// check refuses a call that lacks a member or has a value that its member may not have.
//
// Assumption CW-14: CloudWatch answers a value outside a member's set with ValidationError, and names the value, the member and the set
// (as its other constraints: "1 validation error detected: Value … at … failed to satisfy constraint"). A call without a required member
// gets MissingParameter (API reference, Common Errors).
func (in input) check(operation string) error {
	for _, name := range required[operation] {
		if value, given := in[name]; !given || value == nil || value == "" {
			return &callError{"MissingParameter", "The parameter " + name + " is required.", http.StatusBadRequest}
		}
	}
	return in.checkEnums("")
}

// checkEnums checks the members of an input, which is itself a member at the path.
func (in input) checkEnums(path string) error {
	for _, name := range slices.Sorted(maps.Keys(enums)) {
		allowed, place := enums[name], path+strings.ToLower(name[:1])+name[1:]
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
