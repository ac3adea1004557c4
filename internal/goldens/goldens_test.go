package goldens

import (
	"encoding/json"
	"strings"
	"testing"
)

const stack = `{
  "resource": {
    "aws_iam_role_policy": {
      "r": {
        "name": "short",
        "policy": "{\"Statement\":[{\"Action\":[\"kinesis:PutRecord\"],\"Effect\":\"Allow\",\"Resource\":[\"${aws_kinesis_stream.s.arn}\",\"<&>\"]}],\"n\":1.50}",
        "spaced": "{ \"Statement\": [ \"is JSON that is not compact, which has no form of its own and must stay as it stands\" ] }",
        "template": "#set($input = $input.body)\nline two is long enough for the string to be written out over lines\n\n  \"quoted\"\\",
        "tags": [
          "{\"in\":\"a list, and long enough to be written out over several lines of its own, as it has no name\"}",
          "end"
        ]
      }
    }
  }
}
`

const readable = `{
  "resource": {
    "aws_iam_role_policy": {
      "r": {
        "name": "short",
        "policy": {
          "JSON in a string": {
            "Statement": [
              {
                "Action": [
                  "kinesis:PutRecord"
                ],
                "Effect": "Allow",
                "Resource": [
                  "${aws_kinesis_stream.s.arn}",
                  "<&>"
                ]
              }
            ],
            "n": 1.50
          }
        },
        "spaced": "{ \"Statement\": [ \"is JSON that is not compact, which has no form of its own and must stay as it stands\" ] }",
        "template": {
          "lines of a string": [
            "#set($input = $input.body)",
            "line two is long enough for the string to be written out over lines",
            "",
            "  \"quoted\"\\"
          ]
        },
        "tags": [
          {
            "JSON in a string": {
              "in": "a list, and long enough to be written out over several lines of its own, as it has no name"
            }
          },
          "end"
        ]
      }
    }
  }
}
`

func TestReadable(t *testing.T) {
	got, err := Readable(stack)
	if err != nil || got != readable {
		t.Errorf("error %v, the readable form is\n%s", err, got)
	}
	if !json.Valid([]byte(got)) {
		t.Error("the readable form is no JSON")
	}
	back, err := exact(readable)
	if err != nil || back != stack {
		t.Errorf("error %v, the stack is\n%s", err, back)
	}
}

func TestExactRefuses(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"no end":   {"{\n  \"a\": {\n    \"JSON in a string\": {\n", "line 2: the string is not closed"},
		"no JSON":  {"{\n  \"a\": {\n    \"JSON in a string\": {]\n  }\n}", "line 3: invalid character ']' looking for beginning of object key string"},
		"no lines": {"{\n  \"a\": {\n    \"lines of a string\": 1\n  }\n}", "line 3: json: cannot unmarshal number into Go value of type []string"},
	} {
		if _, err := exact(test.text); err == nil || err.Error() != test.want {
			t.Errorf("%s: error %v, want %s", name, err, test.want)
		}
	}
}

// A golden's line is read by people.
func TestNoLineIsLong(t *testing.T) {
	const longest = 400
	names, err := Names()
	if err != nil || len(names) == 0 {
		t.Fatalf("the goldens are %v (%v)", names, err)
	}
	for _, name := range names {
		text, err := Readable(string(Read(t, name)))
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(text, "\n") {
			if len(line) > longest {
				t.Errorf("%s: line %d has %d characters", Path(name), i+1, len(line))
			}
		}
	}
}
