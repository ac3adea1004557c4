package jq16

import (
	"slices"

	"github.com/itchyny/gojq"
)

// prelude has the functions of jq 1.6 that gojq has with other results. They are as in jq 1.6's own builtin.jq, or say what its source
// does. Their names begin with jq16_, so that they can call what they replace.
const prelude = `
def jq16_indexable: if type == "string" then error("Cannot index string with number") else . end;
def jq16_indexed: if type == "string" then empty else . end;
def jq16_getpath($path): reduce $path[] as $at (.; jq16_indexable | .[$at]);
def jq16_first: jq16_indexable | .[0];
def jq16_last: jq16_indexable | .[-1];
def jq16_nth($n): jq16_indexable | .[$n];
def jq16_last(f): reduce f as $x (null; $x);
def jq16_limit($n; f): if $n <= 0 then f else limit($n; f) end;
def jq16_nth($n; f): if $n < 0 then error("Out of bounds negative array index") else jq16_last(limit($n + 1; f)) end;
def jq16_ltrimstr($x): if type == "string" and ($x | type) == "string" then ltrimstr($x) else . end;
def jq16_rtrimstr($x): if type == "string" and ($x | type) == "string" then rtrimstr($x) else . end;
def jq16_indices($x): if type == "string" and ($x | type) == "string" then jq16_offsets($x) else indices($x) end;
def jq16_index($x): jq16_indices($x) | .[0];
def jq16_rindex($x): jq16_indices($x) | .[-1:][0];
def jq16_part: if type == "number" then jq16_text else . end;
def jq16_join($x): if type == "array" then map(jq16_part) | join($x) else [.[] | jq16_part] | join($x) end;
def jq16_tonumber: if type == "string" then jq16_trimmed else . end | tonumber;
def jq16_fromdate: strptime("%Y-%m-%dT%H:%M:%SZ") | mktime;
def jq16_cell(quoted): if type != "number" then quoted elif isnan then "" else jq16_text end;
def jq16_csv: if type == "array" then map(jq16_cell([.] | @csv)) | join(",") else @csv end;
def jq16_tsv: if type == "array" then map(jq16_cell([.] | @tsv)) | join("\t") else @tsv end;
def jq16_word: if type == "number" then jq16_text else @sh end;
def jq16_sh: if type == "array" then map(jq16_word) | join(" ") else jq16_word end;
def jq16_html: jq16_text | @html;
def jq16_uri: jq16_text | jq16_percent;
def jq16_base64: jq16_text | @base64;
def jq16_base64d: jq16_text | @base64d;
def jq16_format($name):
	if $name == "text" then jq16_text elif $name == "json" then jq16_json elif $name == "csv" then jq16_csv elif $name == "tsv" then jq16_tsv
	elif $name == "html" then jq16_html elif $name == "uri" then jq16_uri elif $name == "sh" then jq16_sh elif $name == "base64" then jq16_base64
	elif $name == "base64d" then jq16_base64d else error("\($name) is not a valid format") end;
.`

// replaced are the functions and formats in whose place a query calls one of the prelude or of this package.
var replaced = map[string]string{
	"tostring/0": "jq16_text", "tojson/0": "jq16_json", "tonumber/0": "jq16_tonumber", "format/1": "jq16_format",
	"first/0": "jq16_first", "last/0": "jq16_last", "last/1": "jq16_last", "nth/1": "jq16_nth", "nth/2": "jq16_nth", "limit/2": "jq16_limit",
	"getpath/1": "jq16_getpath", "ltrimstr/1": "jq16_ltrimstr", "rtrimstr/1": "jq16_rtrimstr", "join/1": "jq16_join",
	"index/1": "jq16_index", "rindex/1": "jq16_rindex", "indices/1": "jq16_indices",
	"fromdate/0": "jq16_fromdate", "fromdateiso8601/0": "jq16_fromdate",
	"@text": "jq16_text", "@json": "jq16_json", "@csv": "jq16_csv", "@tsv": "jq16_tsv", "@html": "jq16_html", "@uri": "jq16_uri",
	"@sh": "jq16_sh", "@base64": "jq16_base64", "@base64d": "jq16_base64d",
}

// withPrelude puts the prelude's functions before those of a query.
func withPrelude(query *gojq.Query) (*gojq.Query, error) {
	parsed, err := gojq.Parse(prelude)
	if err != nil {
		return nil, err
	}
	query.FuncDefs = slices.Concat(parsed.FuncDefs, query.FuncDefs)
	return query, nil
}
