package vtl

import (
	"errors"
	"strings"
	"testing"
	"time"
)

type refusal struct{ template, message string }

func checkRefusals(t *testing.T, refusals []refusal) {
	t.Helper()
	for _, c := range refusals {
		template, err := Parse(c.template)
		if err == nil {
			_, err = template.Render(t.Context(), &Request{})
		}
		var place *Error
		if !errors.As(err, &place) {
			t.Errorf("%.80q: error %v, want an *Error", c.template, err)
		} else if err.Error() != c.message {
			t.Errorf("%.80q:\n got %s\nwant %s", c.template, err, c.message)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	checkRefusals(t, []refusal{
		{"#parse('x')", "line 1, column 1: #parse is not imitated here: write its text where it is used"},
		{"#include('x')", "line 1, column 1: #include is not imitated here: write its text where it is used"},
		{"#evaluate('x')", "line 1, column 1: #evaluate is not imitated here: write its text where it is used"},
		{"#literal()x#end", "line 1, column 1: #literal is not imitated here: write its text where it is used"},
		{"cost: $",
			"line 1, column 7: the text ends in the middle of \"$\"; Velocity takes no \"$\" at the very end, so write something after it"},
		{"a #",
			"line 1, column 3: the text ends in the middle of \"#\"; Velocity takes no \"#\" at the very end, so write something after it"},
		{"a\n#[[ b",
			"line 2, column 1: the text ends in the middle of \"#[[ b\"; Velocity takes no \"#[[\" at the very end, so write something after it"},
		{"#if($x", "line 1, column 7: the template ends where \")\" is expected"},
		{"#if(true)a", "line 1, column 1: #if has no #end"},
		{"a\n #foreach($i in [1])x", "line 2, column 2: #foreach has no #end"},
		{"#end", "line 1, column 1: #end without its #if or #foreach"},
		{"a#else", "line 1, column 2: #else without its #if or #foreach"},
		{"#elseif(true)", "line 1, column 1: #elseif without its #if or #foreach"},
		{"#if(true)#else#else#end", "line 1, column 15: a second #else"},
		{"#if(true)#{else}x#elseif(true)#end", "line 1, column 18: #elseif after #else"},
		{"#if true", "line 1, column 5: unexpected \"true\" where \"(\" after #if is expected"},
		{"#set($x)", "line 1, column 8: unexpected \")\" where \"=\" is expected"},
		{"#set($x = null)",
			"line 1, column 11: unexpected \"null\" where a value is expected; Velocity has no null: compare with \"\""},
		{"#if($x == null)a#end",
			"line 1, column 11: unexpected \"null\" where a value is expected; Velocity has no null: compare with \"\""},
		{"#set($x = )", "line 1, column 11: unexpected \")\" where a value is expected"},
		{"#set(x = 1)", "line 1, column 6: unexpected \"x\" where a reference to #set is expected"},
		{"#set($x = 1", "line 1, column 12: the template ends where \")\" is expected"},
		{"#set($x = 5 -3)",
			"line 1, column 13: unexpected \"-3\" where \")\" is expected; put white space on both sides of a minus"},
		{"#set($x = 5-3)", "line 1, column 12: unexpected \"-3\" where \")\" is expected; put white space on both sides of a minus"},
		{"#set($x = ['a'..$n])",
			"line 1, column 12: a range begins and ends with a whole number or a reference, such as [1..$n], not with \"'a'\""},
		{"#set($x = [1..2.5])",
			"line 1, column 15: a range begins and ends with a whole number or a reference, such as [1..$n], not with \"2.5\""},
		{"#foreach($i in $l,)#end", "line 1, column 19: unexpected \")\" where an argument after \",\" is expected"},
		{"#m($a, )", "line 1, column 8: unexpected \")\" where an argument after \",\" is expected"},
		{"#macro(m $ $a)#end", "line 1, column 11: unexpected \" \" where a value is expected"},
		{"#set($x = - 5)", "line 1, column 11: unexpected \"-\" where a value is expected"},
		{"$a.b($c + 1)",
			"line 1, column 9: unexpected \"+ 1)\"; an argument of a method is a value, not an expression: #set a variable to it first"},
		{"$a.b(!$c)",
			"line 1, column 6: unexpected \"!$c)\"; an argument of a method is a value, not an expression: #set a variable to it first"},
		{"$a.b(1", "line 1, column 7: the template ends where \",\" or \")\" is expected"},
		{"$a[x]", "line 1, column 4: unexpected \"x]\"; between [ and ] stands a number, a string or a reference"},
		{"$a[", "line 1, column 4: the template ends where a number, a string or a reference is expected"},
		{"$a[]", "line 1, column 4: unexpected \"]\" where a number, a string or a reference is expected"},
		{"${a", "line 1, column 4: the template ends where \"}\" of \"${a\" is expected"},
		{"${a.b(", "line 1, column 6: unexpected \"(\" where \"}\" of \"${a\" is expected"},
		{"$true", "line 1, column 1: \"$true\" is no reference in Velocity"},
		{"#foreach($i in)x#end", "line 1, column 1: #foreach is written #foreach($each in $list)"},
		{"#foreach($i)x#end", "line 1, column 1: #foreach is written #foreach($each in $list)"},
		{"#foreach x", "line 1, column 1: #foreach is written #foreach($each in $list)"},
		{"#foreach($i of [1])x#end", "line 1, column 1: #foreach is written #foreach($each in $list)"},
		{"#foreach($i.x in [1])x#end", "line 1, column 1: #foreach is written #foreach($each in $list)"},
		{"#break($foreach)", "line 1, column 1: #break with an argument is not imitated here; leave it out"},
		{"#stop('x')", "line 1, column 1: #stop with an argument is not imitated here; leave it out"},
		{"#set($x = \"\\uZZZZ\")", "line 1, column 11: after \\u in a string stand four hexadecimal digits"},
		{"#set($x = \"$a.b($c + 1)\")",
			"line 1, column 20: unexpected \"+ 1) \"; an argument of a method is a value, not an expression: #set a variable to it first"},
		{"a\nb #set($x = \"c\n $d[\")", "line 3, column 6: the template ends where a number, a string or a reference is expected"},
		{"#set($x = [1,2)", "line 1, column 15: unexpected \")\" where \",\" or \"]\" is expected"},
		{"#set($x = [ ])", "line 1, column 13: unexpected \"]\" where a value is expected"},
		{"#set($x = 1" + strings.Repeat(" + 1", 1001) + ")", "line 1, column 4013: more than 1000 operators in a row"},
		{"#set($x = {1})", "line 1, column 13: unexpected \"}\" where \":\" is expected"},
		{"#set($x = {'a':1)", "line 1, column 17: unexpected \")\" where \",\" or \"}\" is expected"},
		{"#foo(a=1)", "line 1, column 7: unexpected \"=\" where a value is expected"},
		{"#set($x = 1 2)", "line 1, column 13: unexpected \"2\" where \")\" is expected"},
		{"#set($x = (1)", "line 1, column 14: the template ends where \")\" is expected"},
		{"#set($a = 'b)", "line 1, column 11: unexpected \"'b)\"; the string has no closing quote"},
		{strings.Repeat("#if(true)", 300), "line 1, column 1796: more than 200 levels of nesting"},
		{"#set($x = " + strings.Repeat("(", 300) + ")", "line 1, column 211: more than 200 levels of nesting"},
		{"#set($x = " + strings.Repeat("[", 300) + ")", "line 1, column 210: more than 200 levels of nesting"},
		{strings.Repeat("$a.b(", 300), "line 1, column 1004: more than 200 levels of nesting"},
		{"#set($x = " + strings.Repeat("!", 300) + "$y)", "line 1, column 210: more than 200 levels of nesting"},
		{strings.Repeat("x", 400_000), "line 1, column 1: the template has 400000 bytes; API Gateway takes no more than 307200"},
		{"#set($x = " + strings.Repeat("9", 20_000) + ")",
			"line 1, column 11: \"999999999999999999999999…\" has more digits than the 10000 that fit"},
	})
}

func TestRenderRefuses(t *testing.T) {
	checkRefusals(t, []refusal{
		{"#set($s='a')$s.length(1)", "line 1, column 16: length of text with 1 arguments is not imitated here"},
		{"#set($s='a')$s.compareTo(1)", "line 1, column 16: compareTo of text takes text, not a number"},
		{"#set($n=1)$n.compareTo(1.0)", "line 1, column 14: compareTo of a number takes one of the same Java class; Integer, Long and Double are three"},
		{"#foreach($i in [1])$foreach#end", "line 1, column 20: $foreach has no text of its own: Java writes an address there"},
		{"#set($a='a,b')$a.split(',')",
			"line 1, column 15: an array, such as split gives, has no text of its own: take its elements, as in $a[0]"},
		{"#set($s='a')$s.class", "line 1, column 16: class of text is not imitated here"},
		{"#set($s='a')$s.getClass()", "line 1, column 16: getClass of text is not imitated here"},
		{"#set($s='a')$s.getBytes()", "line 1, column 16: getBytes of text is not imitated here"},
		{"#set($s='a')$s.bytes", "line 1, column 16: bytes of text is not imitated here"},
		{"#set($s='a')$s.strip()", "line 1, column 16: strip of text is not imitated here"},
		{"#set($m={})$m.class.name", "line 1, column 15: class of a map is not imitated here"},
		{"#set($l=[])$l.iterator()", "line 1, column 15: iterator of a list is not imitated here"},
		{"#set($s='abc')$s.substring(5)", "line 1, column 18: substring from 5 to 3 of a text of length 3"},
		{"#set($s='abc')$s.substring(2,1)", "line 1, column 18: substring from 2 to 1 of a text of length 3"},
		{"#set($s='abc')$s.charAt(3)", "line 1, column 18: charAt 3 of a text of length 3"},
		{"#set($l=[1])$l[1]", "line 1, column 15: the list has 1 elements, none at 1"},
		{"#set($l=[1])$l.get(-1)", "line 1, column 16: the list has 1 elements, none at -1"},
		{"#set($l=[1])#set($l[3] = 1)", "line 1, column 20: the list has 1 elements, none at 3"},
		{"#set($l=[1])$l.remove(4)", "line 1, column 16: the list has 1 elements, none at 4"},
		{"#set($l=[1])$l.add(4, 1)", "line 1, column 16: the list has 1 elements; nothing can be added at 4"},
		{"#set($l=[1])$l.subList(1,4)", "line 1, column 16: subList from 1 to 4 of a list of 1 elements"},
		{"#set($s='a')$s[-1]", "line 1, column 15: [-1] of text: only a list has an end to count from"},
		{"#set($s='a')$s.matches('(')",
			"line 1, column 16: the regular expression \"(\" is not valid, or not imitated here: error parsing regexp: missing closing ) in `(`"},
		{"#set($s='a')$s.replaceAll('[a&&b]', '')",
			"line 1, column 16: the regular expression \"[a&&b]\" has a class within a class, which is not imitated here"},
		{"#set($s='a')$s.replaceAll('\\p{Alpha}', '')", "line 1, column 16: \\p in a regular expression is not imitated here"},
		{"#set($s='a')$s.replaceAll('[\\D]', '')", "line 1, column 16: \\D between [ and ] is not imitated here"},
		{"#set($s='{')$s.replaceAll('{', '')",
			"line 1, column 16: the regular expression \"{\" has a { that begins no repetition; write \\{"},
		{"#set($s='a')$s.matches('a{,2}')",
			"line 1, column 16: the regular expression \"a{,2}\" has a { that begins no repetition; write \\{"},
		{"#set($s='a')$s.split('a{2')", "line 1, column 16: the regular expression \"a{2\" has a { that begins no repetition; write \\{"},
		{"#set($s='a')#set($c = $s.charAt(0))$c.compareTo('a')",
			"line 1, column 39: compareTo of a character takes a character, not text"},
		{"#set($s='a')$s.replaceAll('a', '$1')", "line 1, column 16: the replacement \"$1\": there is no group 1"},
		{"#set($s='a')$s.replaceAll('a', 'b\\')", "line 1, column 16: the replacement \"b\\\\\" ends in \\"},
		{"#set($s='a')$s.replaceAll('(a)', '${n}')", "line 1, column 16: the replacement \"${n}\": there is no group \"n\""},
		{"#set($s='a')$s.replaceAll('a', '$x')",
			"line 1, column 16: the replacement \"$x\": after $ stands a group's number; write \\$ for a dollar"},
		{"$util.parseJson('{')", "line 1, column 7: $util.parseJson: \"{\" is not JSON"},
		{"$util.base64Decode('***')", "line 1, column 7: $util.base64Decode: \"***\" is not base64"},
		{"$util.urlDecode('%zz')", "line 1, column 7: $util.urlDecode: \"%zz\" is not URL-encoded"},
		{"#foreach($i in [1])$util.base64Encode($foreach)#end", "line 1, column 26: $foreach has no text of its own: Java writes an address there"},
		{"$util.toJson(1)", "line 1, column 7: toJson of $util is not imitated here"},
		{"$input.path('$[')", "line 1, column 8: \"$[\" is not a JSONPath expression: not terminated at 3 in $["},
		{"$input.path('$.a.length()')",
			"line 1, column 8: the JSONPath expression \"$.a.length()\" has a function at its end, which is not imitated here"},
		{"$input.path(1)", "line 1, column 8: $input.path takes a JSONPath expression, not a number"},
		{"$input.json([])", "line 1, column 8: $input.json takes a JSONPath expression, not a list"},
		{"#set($n=0)$n.parseInt('x')", "line 1, column 14: \"x\" is not a whole number of 32 bits"},
		{"#set($n=0)$n.toHexString(5)", "line 1, column 14: toHexString of a number is not imitated here"},
		{"#set($context.responseOverride.status = 200)#set($context.responseOverride.status = 201)",
			"line 1, column 76: the override of status is set a second time; API Gateway answers 5XX to that: set a variable first and the override once, at the end"},
		{"#foreach($i in [1])#set($context.responseOverride.header.a = $foreach)#end",
			"line 1, column 1: the override of the header a: $foreach has no text of its own: Java writes an address there"},
		{"#set($l=[1,2])#foreach($i in $l)$l.add(3)#end",
			"line 1, column 15: the list or map changes while #foreach goes over it, at which Java throws"},
		{"#foreach($i in [1..1001])x#end", "line 1, column 1: #foreach over 1001 elements; API Gateway takes no more than 1000"},
		{"#set($x = [1..200000])", "line 1, column 11: a range of 200000 numbers; the longest is 100000"},
		{"#set($l=[])#set($x=$l.add($l))$l",
			"line 1, column 31: a value nested more than 400 levels deep, or in itself, has no text"},
		{"#set($l=[1])#set($s='xxxxxxxxxxxxxxxx')#foreach($i in [1..1000])#set($s = $s + $s)#end",
			"line 1, column 78: more than 16777216 bytes are rendered"},
		{"#set($x=2)#foreach($i in [1..1000])#set($x = $x * $x)#end", "line 1, column 49: a number of more than 10000 digits"},
		{"#set($l=[1])#foreach($i in [1..40])#set($l=[$l,$l])#end$l", "line 1, column 56: the template takes more than 10000000 steps"},
		{"#set($l=[1])#foreach($i in [1..1000])#set($x = $l.addAll($l))#end",
			"line 1, column 51: a list of more than 1000000 elements"},
		{"#set($x = 123456789012345678901)#set($y = $x % -5)", "line 1, column 46: the modulus of a big number is negative"},
	})
}

func TestRenderRefusesSlowPatterns(t *testing.T) {
	defer func(before time.Duration) { maxMatching = before }(maxMatching)
	maxMatching = 200 * time.Millisecond
	checkRefusals(t, []refusal{
		{"#set($s='" + strings.Repeat("a", 60) + "!')$s.matches('(a+)+')",
			"line 1, column 76: the template's regular expressions take more than 200ms to match"},
	})
}

// These bounds need long templates.
func TestBounds(t *testing.T) {
	checkRefusals(t, []refusal{
		{"#set($s='xxxxxxxxxxxxxxxx')#foreach($i in [1..1000])#set($s = $s + $s)#end", "line 1, column 66: more than 16777216 bytes are rendered"},
		{"#set($s='xxxxxxxxxxxxxxxx')#foreach($i in [1..1000])#set($s = $s.replace('x', $s))#end", "line 1, column 66: a text of more than 16777216 bytes"},
		{"#foreach($i in [1..1000])#foreach($j in [1..1000])#foreach($k in [1..1000])#set($x = $i)#end#end#end",
			"line 1, column 51: the template takes more than 10000000 steps"},
		{"#set($x=2)#foreach($i in [1..1000])#set($x = $x * $x)#end", "line 1, column 49: a number of more than 10000 digits"},
		{"#set($l=[1])#foreach($i in [1..40])#set($l=[$l,$l])#end$l", "line 1, column 56: the template takes more than 10000000 steps"},
		{"#set($l=[1])#foreach($i in [1..40])#set($l=[$l,$l])#end#set($m=[$l])#if($l == $m[0])#end",
			"line 1, column 76: the template takes more than 10000000 steps"},
		{"#set($l=[1])#foreach($i in [1..1000])#set($x = $l.addAll($l))#end", "line 1, column 51: a list of more than 1000000 elements"},
		{"$input.path('$..a..b')", `line 1, column 8: the JSONPath expression "$..a..b" has ".." twice, which is not imitated here`},
		{"$input.path('$..')", `line 1, column 8: the JSONPath expression "$.." ends in ".."`},
		{`$input.path("$['a','b']")`, `line 1, column 8: the JSONPath expression "$['a','b']" has several names in one bracket, which is not imitated here`},
		{"$input.path('$.a[0:5:2]')", `line 1, column 8: the JSONPath expression "$.a[0:5:2]" has a slice with a step, which API Gateway passes over; leave the step out`},
		{"$input.path('$[?(@.a == $.b)]')",
			`line 1, column 8: the JSONPath expression "$[?(@.a == $.b)]" has a filter that looks at the whole payload, which is not imitated here`},
		{"$input.path('$" + strings.Repeat("[0,0,0,0]", 20) + "')",
			`line 1, column 8: the JSONPath expression "$[0,0,0,0][0,0,0,0][0,0,…" names more than 1000 elements`},
		{"$input.path('$" + strings.Repeat(".a", 3000) + "')", "line 1, column 8: a JSONPath expression of 6001 bytes; the longest is 4096"},
	})
}
