package cloudwatch

import (
	"strings"
	"testing"
)

// The tables are those of the CloudWatch user guide, "Using metric math": "-" is a missing data point.
func TestMetricMath(t *testing.T) {
	type table struct {
		expression string
		variables  map[string]string
		want       string
	}
	compared := map[string]string{"metric1": "30 20 0 0", "metric2": "20 - 20 -"}
	conditions := map[string]string{"metric1": "1 1 0 0 -", "metric2": "30 - 0 0 30", "metric3": "0 0 20 - 20"}
	for _, test := range []table{
		{"metric1 < metric2", compared, "0 0 1 0"},
		{"metric1 >= 30", compared, "1 0 0 0"},
		{"metric1 > 15 AND metric2 > 15", compared, "1 0 0 0"},
		{"metric1 > 15 && metric2 > 15", compared, "1 0 0 0"},
		{"metric1 > 25 OR metric2 == 20", compared, "1 0 1 0"},
		{"IF(metric1, metric2, metric3)", conditions, "30 0 20 - -"},
		{"IF(metric1, 5, metric3)", conditions, "5 5 20 - -"},
		{"IF(metric1, metric2, 5)", conditions, "30 0 5 5 -"},
		{"IF(metric1, metric2)", conditions, "30 0 - - -"},
		{"IF(1 > 0, metric2, metric3)", conditions, "30 0 0 0 30"},
		// Arithmetic takes a missing data point for 0, and drops a division by zero.
		{"a + b", map[string]string{"a": "1 - 3 -", "b": "1 2 - -"}, "2 2 3 -"},
		{"a / b", map[string]string{"a": "1 1 - -", "b": "2 0 2 -"}, "0.5 - 0 -"},
		{"2 * a", map[string]string{"a": "1 -"}, "2 -"},
		{"-a ^ 2 + 1 - 2 * (3 - a) / 4", map[string]string{"a": "1 3"}, "-1 -8"},
		{"FILL(a, 0) + 1", map[string]string{"a": "1 -"}, "2 1"},
	} {
		e, names, err := parseExpression(test.expression)
		if err != nil {
			t.Errorf("%s: %v", test.expression, err)
			continue
		}
		if len(names) == 0 {
			t.Errorf("%s has no variables", test.expression)
		}
		var got []string
		for at := range strings.Fields(test.want) {
			variables := map[string]operand{}
			for name, values := range test.variables {
				if text := strings.Fields(values)[at]; text != "-" {
					variables[name] = point(number(t, text))
				}
			}
			result := e(variables)
			if !result.there {
				got = append(got, "-")
				continue
			}
			got = append(got, strings.TrimSuffix(javaNumber(result.value), ".0"))
		}
		if text := strings.Join(got, " "); text != test.want {
			t.Errorf("%s = %s, want %s", test.expression, text, test.want)
		}
	}
}

func TestMetricMathRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"ANOMALY_DETECTION_BAND(m1)":       `the expression "ANOMALY_DETECTION_BAND(m1)": the function ANOMALY_DETECTION_BAND of metric math is not imitated on one machine`,
		"1 + SEARCH(m1)":                   `the expression "1 + SEARCH(m1)": the function SEARCH of metric math is not imitated on one machine`,
		`SELECT AVG(x) FROM "AWS/Kinesis"`: `a query of Metrics Insights (SELECT AVG(x) FROM "AWS/Kinesis") is not imitated on one machine`,
		"a +":                              `the expression "a +": it ends too early`,
		"a b":                              `the expression "a b": "b" is unexpected`,
		"(a":                               `the expression "(a": ")" is missing`,
		"IF(a)":                            `the expression "IF(a)": IF has 1 arguments`,
		"1.2.3":                            `the expression "1.2.3": "1.2.3" is not a number`,
		"[a, b]":                           `the expression "[a, b]": "[" is unexpected`,
		"FILL(a, REPEAT)":                  `the expression "FILL(a, REPEAT)": "REPEAT" is unexpected`,
	} {
		if _, _, err := parseExpression(text); err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant: %s", text, err, want)
		}
	}
}

// The parser recurses, so that a long expression is refused before it is parsed.
func TestLongExpressionsAreRefused(t *testing.T) {
	nested := func(size int) string { return strings.Repeat("(", size/2) + "a" + strings.Repeat(")", size/2) }
	if _, _, err := parseExpression(nested(longestExpression - 2)); err != nil {
		t.Error(err)
	}
	for _, text := range []string{nested(longestExpression), strings.Repeat("-", longestExpression) + "a"} {
		const want = "the expression has 2049 characters: Member must have length less than or equal to 2048"
		if _, _, err := parseExpression(text); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
