package vtl

import "testing"

type corner struct{ template, want string }

func checkCorners(t *testing.T, corners []corner) {
	t.Helper()
	request := &Request{
		Body:           []byte(`{"a": {"b": "1"}, "null": null, "list": [1, 2], "nulls": [null, 1, null, 2]}`),
		Context:        map[string]any{"requestId": "r", "identity": map[string]any{"sourceIp": "::1"}},
		StageVariables: map[string]string{"name": "v", "a-b": "w"},
	}
	for _, c := range corners {
		template, err := Parse(c.template)
		if err != nil {
			t.Errorf("%q: %v", c.template, err)
			continue
		}
		got, err := template.Render(t.Context(), request)
		if err != nil {
			t.Errorf("%q: %v", c.template, err)
		} else if string(got.Body) != c.want {
			t.Errorf("%q:\n got %q\nwant %q", c.template, got.Body, c.want)
		}
	}
}

// These are Velocity 1.7's own results, with missing references by assumption VTL-1.
func TestReferences(t *testing.T) {
	checkCorners(t, []corner{
		{"Hello $name!", "Hello !"},
		{"$!{x}|$!x|${x}|$x.y.z()|${x.y}", "||||"},
		{"[$x[0]]", "[]"},
		{"#set($foo-bar = 1)$foo-bar|$foo_bar", "1|"},
		{"#set($a = {'b': {'c-d': 1}})$a.b.c-d ${a.b.c-d}x $a.b['c-d']", "1 1x 1"},
		{"$5 and $ x, $.a, $[0]", "$5 and $ x, $.a, $[0]"},
		{"${ x} ${", "${ x} ${"},
		{"#set($a = 1)$a.5 $a. $a.b. $a(x)", "1.5 1. . 1(x)"},
		{"#set($a = 1){\"k\":$a}", `{"k":1}`},
		{"#set($a = 1)$a{b.c} y", "1{ y"},
		{"#set($a = 1)$$a #$a $!a", "$1 #1 1"},
		{"#set($a = [1,2,3])$a[0] $a[-1] $a.get(1) $a.size() $a.empty $a.nope", "1 3 2 3 false "},
		{"#set($a = {1: 'x'})$a.get(1) $a[1]", "x x"},
		{"#set($l = {'k': [{'n': [7]}]})$l.k[0].n[0]", "7"},
		{"#set($u = $undefined)[$u]#if($u == '' && $u == $other)E#end", "[]E"},
		{"$foo.bar(x)", ""},
		{"#set($m = {})#set($x = $m.put('k', null))[$m.k]$m", "[]{k=null}"},
		{"#set($x.y = 1)#set($s = 'a')#set($s.y = 1)$s", "a"},
	})
}

func TestEscapes(t *testing.T) {
	checkCorners(t, []corner{
		{`#set($x = 1)\$x \\$x \\\$x`, `$x \1 \$x`},
		{`\$undefined \\$undefined`, `$undefined \`},
		{`\$!x \${x}`, `$!x ${x}`},
		{`\$5 a\`, `\$5 a\`},
		{`$\!x.`, `.`},
		{`\$.a`, `.a`},
		{`\#set($x = 1) \#if \#{end} \#foreach`, `#set( = 1) #if #{end} #foreach`},
		{`\\#if(true)a#end`, `\a`},
		{`\\#set($x = 1)$x`, `\\1`},
		{`\\\#if`, `\#if`},
		{`\\x \x \#other \##b`, `\\x \x \#other \`},
		{`$#if(true)5#end $#other`, `5 $#other`},
	})
}

func TestStrings(t *testing.T) {
	checkCorners(t, []corner{
		{`#set($x = "a""b")$x`, `a"b`},
		{`#set($x = 'a''b')$x`, `a'b`},
		{`#set($x = "\n\t\\")$x`, `\n\t\\`},
		{`#set($x = "\u0041\u00e9")$x`, `Aé`},
		{`#set($x = '\u0041')$x`, `\u0041`},
		{`#set($a = 1)#set($x = "$a-$!b-${a}")$x`, "1"}, // the hyphens are of the names
		{`#set($a = 1)#set($x = "${a}-$b")$x`, "1-"},
		{`#set($x = '$a #if')$x`, "$a #if"},
		{`#set($x = "x#if(true)y#{end}z")$x`, "xyz"},
		{`#set($x = "a $")$x`, "a $"},
		{`#set($x = "#foreach($i in [1..3])$i#end")$x`, "123"},
		{"#set($x = \"a\nb\")$x", "a\nb"},
		{`#set($x = "")[$x]`, "[]"},
	})
}

func TestDirectives(t *testing.T) {
	checkCorners(t, []corner{
		{"#if(true)a#elseif(true)b#{else}c#end", "a"},
		{"#if(false)a#elseif(true)b#{else}c#{end}x", "bx"},
		{"#if(false)a#elseif(false)b#{else}c#end", "c"},
		{"#if($undefined)t#end#if(!$undefined)f#end", "t"},
		{"#set($f = false)#if($f)t#{else}f#end", "f"},
		{"#if('x')t#{else}f#end#if(1)t#{else}f#end#if(1 + 1)t#{else}f#end", "fff"},
		{"#set($x = '')#if($x)t#end", "t"},
		{"#if (true)a#end#if\n(true)b#end#{if}(true)c#end", "abc"},
		{"#set ($a = 1)#{set}($b = 2)$a$b", "12"},
		{"#elsewhere #endless #iffy #fff; #123 # z", "#elsewhere #endless #iffy #fff; #123 # z"},
		{"#foo($x)z#bar()", "#foo($x)z#bar()"},
		{"#foreach($i in ['a','b'])$foreach.index$foreach.count$foreach.hasNext$foreach.first$foreach.last$velocityCount$velocityHasNext #end[$i$velocityCount]",
			"01truetruefalse1true 12falsefalsetrue2false []"},
		{"#foreach($i in [1,2])#foreach($j in [3])$foreach.parent.count#end$foreach.topmost.index#end", "1021"},
		{"#foreach($v in {'a':1,'b':2})$v#end", "12"},
		{"#foreach($i in 'abc')$i#end#foreach($i in $undefined)$i#end|", "|"},
		{"#foreach($i in [3..1])$i#end#foreach($i in [])x#end", "321"},
		{"#foreach($i in [1..9])#if($i == 3)#break#end$i#end.", "12."},
		{"#set($i = 'kept')#foreach($i in [1])#end$i", "kept"},
		{"#foreach($i in $input.path('$.null'))x#end", ""},
		{"a#break b", "a"},
		{"a#foreach($i in [1,2])b#stop#end c", "ab"},
		{"a ## b\nc", "a c"},
		{"a#* b\n #if *#c", "ac"},
		{"#[[$x #if *# ## ]]#y", "$x #if *# ## y"},
		{"#set($l = [1,2])#set($l[0] = 9)#set($l[-1] = 8)$l", "[9, 8]"},
		{"#set($m = {})#set($m.a = 1)#set($m['b'] = 2)#set($m.a = 3)$m", "{a=3, b=2}"},
		{"#set($x = 1)#set($x = 1/0)$x", "1"},
		{"#set($x = 0)#set(${x} = 1)$x#set($!x = 1)$x#set($m = {})#set(${m.a} = 1)#set($!m.b = 2)$m", "00{a=1, b=2}"},
		{"#foreach($i in [1,2])#foreach($j in [1])[$foreach.depth$foreach.getDepth()$foreach.parent.depth]#end#end", "[][]"},
		{"#foreach($i in [1])#set($foreach.k = 2)#foreach($j in [1])$foreach.k#end|$foreach.index#end", "2|0"},
		{"#set($n = $input.path('$.nulls'))#set($i = 7)#foreach($i in $n)#set($i = 5)[$i]#end$i", "[][5][][5]7"},
		{"#set($n = $input.path('$.nulls'))#foreach($i in $n)#foreach($i in [1])$i#end[$i]#end", "[]1[1]1[]1[2]"},
		{"#foreach($i in [1])#foreach($j in [1])#set($foreach = 7)#end$foreach#end$foreach", "77"},
		{`#set($l = [1])#set($l["k"] = 1)$l`, "[1]"},
		{"#set($x = {  })$x#set($x = [  1])$x", "{}[1]"},
	})
}

// A directive takes the rest of its line if that is blank; only #set also takes the blanks before it, and only those
// that begin a line after another directive.
func TestWhiteSpace(t *testing.T) {
	checkCorners(t, []corner{
		{"a\n#set($x = 1)\nb", "a\nb"},
		{"  #set($x = 1)  \nb", "b"},
		{"a\n  #set($x = 1)\nb", "a\n  b"},
		{"#set($x = 1)\r\n  #set($y = 2) b", " b"},
		{"#if(true)  \na\n  #else  \nb\n #end  \nc", "a\n  c"},
		{"#if(true)\n  a\n#end\nb\n", "  a\nb\n"},
		{"#foreach($i in [1,2])\n  $i\n#end\nz", "  1\n  2\nz"},
		{"#if(true) a #end \n b", " a  b"},
		{"#if(true)a#end\n\nb", "a\nb"},
		{"#foreach($i in [1])#break\n#end\nb", "b"},
		{"## alone\nb", "b"},
		{"#* c *#\nb", "\nb"},
	})
}

func TestArithmetic(t *testing.T) {
	checkCorners(t, []corner{
		{"#set($x = 7 / 2)$x #set($x = -7 / 2)$x #set($x = 7 % 3)$x #set($x = -7 % 3)$x", "3-31-1"},
		{"#set($x = 1 + 2 * 3 - 4)$x #set($x = (1 + 2) * 3)$x", "39"},
		{"#set($x = 1.5 + 1)|$x|#set($x = 3.0)$x|#set($x = 1e10)$x|#set($x = .5)$x|#set($x = 7 / 2.0)$x", "|2.5|3.0|1.0E10|0.5|3.5"},
		{"#set($x = 2147483647 + 1)$x|#set($x = 9223372036854775807 + 1)$x|#set($x = 9223372036854775807 * 2)$x",
			"2147483648|9223372036854775808|18446744073709551614"},
		{"#set($x = 0.1 + 0.2)$x|#set($x = 1.0 / 3)$x|#set($x = 100.0 * 100000)$x|#set($x = 1.0 / 10000)$x",
			"0.30000000000000004|0.3333333333333333|1.0E7|1.0E-4"},
		{"#set($x = 1)#set($x = 5 % 0)$x#set($x = 'a' - 1)$x", "11"},
		{"#set($x = 'a' + 1)$x|#set($x = 1 + 'a')$x|#set($x = 1 + 2 + 'a' + 1 + 2)$x", "a1|1a|3a12"},
		{"#set($x = [1,2] + 'a')$x|#set($x = 'a' + $undefined)$x", "[1, 2]a|a"},
		{"#if(1 == 1.0)t#end#if('1' == 1)t#end#if(true == 'true')t#end#if('a' == 'A')f#end", "ttt"},
		{"#if(1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3 && 1 != 2)t#end", "t"},
		{"#if(1 lt 2 and 2 le 2 and 3 gt 2 and 3 ge 3 and 1 ne 2 and 1 eq 1)t#end", "t"},
		{"#if(not false)t#end#if(!true || false or true)t#end", "tt"},
		{"#if('a' < 'b')t#{else}f#end#if($undefined > 1)t#{else}f#end", "ff"},
		{"#if([1,2] == [1,2] && {'a':[1]} == {'a':[1]})t#end#if([1] == '[1]')t#end", "tt"},
		{"#set($x = 1 == 1)$x#set($x = (1 == 2 || 1 > 2))$x", "truefalse"},
		{"#set($i = 3)#set($x = [1..$i])$x#set($x = [$i..1])$x", "[1, 2, 3][3, 2, 1]"},
	})
}

func TestStringMethods(t *testing.T) {
	checkCorners(t, []corner{
		{`#set($s = "Hello")$s.length() $s.isEmpty() $s.empty $s.contains("ell") $s.startsWith("He") $s.startsWith("l", 2) $s.endsWith("lo")`,
			"5 false false true true true true"},
		{`#set($s = "Hello")$s.indexOf("l") $s.indexOf("l", 3) $s.lastIndexOf("l") $s.lastIndexOf("l", 2) $s.indexOf("z") $s.indexOf(111)`,
			"2 3 3 2 -1 4"},
		{`#set($s = "Hello")$s.substring(1) $s.substring(1, 3) $s.substring(5). $s.charAt(4) $s.subSequence(0, 2)`, "ello el . o He"},
		{`#set($s = "a.b.c")$s.replace(".", "-") $s.replaceAll(".", "-") $s.replaceAll("\.", "-") $s.replaceFirst("\.", "") $s.replace("", "_")`,
			"a-b-c ----- a-b-c ab.c _a_._b_._c_"},
		{`#set($s = "2026-01-02")$s.replaceAll("(\d+)-(\d+)-(\d+)", '$3/$2/$1') $s.matches("\d{4}-.*") $s.matches("2026")`, "02/01/2026 true false"},
		{`#set($s = "aXbXc")$s.replaceAll("(?<n>[A-Z])", '[${n}]') $s.replaceAll("X", '\$') $s.replaceAll("[^a-c]+", "")`, "a[X]b[X]c a$b$c abc"},
		{`#set($s = "a,b,,c,,")#set($p = $s.split(","))$p.size() $p[0]$p[3] #foreach($e in $p)<$e>#end`, "4 ac <a><b><><c>"},
		{`#set($s = "a1b22c")#set($p = $s.split("[0-9]+"))$p.size() #set($p = $s.split("", 2))$p[1] #set($p = $s.split("zz"))$p[0] #set($e = "")#set($p = $e.split(","))$p.size()`,
			"31b22ca1b22c1"},
		{`#set($s = " a b ")[$s.trim()] $s.toUpperCase() $s.toLowerCase() $s.concat("x")`, "[a b]  A B   a b   a b x"},
		{`#set($s = "ab")$s.equals("ab") $s.equals(1) $s.equalsIgnoreCase("AB") $s.compareTo("ac") $s.compareTo("abc") $s.hashCode() $s.toString()`,
			"true false true -1 -1 3105 ab"},
		{`#set($s = "é😀x")$s.length() $s.indexOf("x") $s.substring(3) $s.substring(0, 1) $s.charAt(3)`, "4 3 x é x"},
		{`#set($s = "a")[$s.size()][$s.nosuch][$s.substring("1")]`, "[][][]"},
		{`#set($n = 0)$n.parseInt("42") $n.toString().length() $n.equals(0) $n.compareTo(1) $n.doubleValue() $n.longValue()`, "42 1 true -1 0.0 0"},
		{`#set($b = true)$b.toString() $b.booleanValue() $b.equals(true)`, "true true true"},
	})
}

// String.charAt returns a Character, which no method with a String parameter accepts.
func TestCharacters(t *testing.T) {
	checkCorners(t, []corner{
		{`#set($s="abc")#set($c=$s.charAt(1))$c|#if($c == "b")eq#end|$c.length()|$s.indexOf($c)|$c.toString().length()|$c.equals("b")`, "b|eq|||1|false"},
		{`#set($s="abc")#set($c=$s.charAt(1))#set($t = "x" + $c)$t|#set($t = $c + 1)$t|$s.replace($c, $c)|$s.replace($c, "x")|$c.compareTo($c)|$c.charValue()`,
			"xb|xb|abc||0|b"},
		{`#set($s="abc")#set($c=$s.charAt(0))$s.contains($c)|#set($l=[$c])$l.contains("a")|$l.contains($c)|$l|$c.hashCode()|$s.equals($c)`, "|false|true|[a]|97|false"},
		{`#set($s="abc")#set($c=$s.charAt(0))#if($c)t#end#if("a" == $c)e#end#if($c == $s.charAt(0))e#end#if($c == 97)n#end#if($c < "b")l#end`, "tee"},
		{`#set($s="abc")#set($c=$s.charAt(0))#set($m = {})$m.put($c, 1)$m.get("a")|$m.get($c)|$m[$s.charAt(0)]|$m`, "|1|1|{a=1}"},
		{`#set($s="ABc1")#set($c=$s.charAt(0))$c.isUpperCase($c)|$c.isDigit($s.charAt(3))|$c.isLetter($c)|$c.toLowerCase($c)|$c.isDigit("1")`, "true|true|true|a|"},
		{`#set($s="é😀x")$s.charAt(0)$s.charAt(3)|$s.charAt(1).equals($s.charAt(2))`, "éx|false"},
	})
}

func TestRegexBraces(t *testing.T) {
	checkCorners(t, []corner{
		{`#set($s="a{x}")$s.replaceAll("[{]", "(") $s.replaceAll("\{", "<") $s.replaceAll("}", ">") $s.matches("a{1}.{2,}")`, `a(x} a<x} a{x> true`},
	})
}

// JSON is json-smart's, which escapes more than JSON asks for. Only the text of an array has "/" escaped.
func TestJSONTexts(t *testing.T) {
	const all = `["a/b","\u007F\u2028€\u0001\n\"é",{"c/d":"/"}]`
	template, err := Parse(`$input.path('$')|$input.path('$[0]')|$input.path('$[2]')|$input.json('$[0]')|"$input.path('$[2]["c/d"]')"|$input.json('$[2]')|$input.json('$')`)
	if err != nil {
		t.Fatal(err)
	}
	want := `["a\/b","\u007F\u2028\u20AC\u0001\n\"é",{"c\/d":"\/"}]|a/b|{c/d=/}|"a/b"|"/"|{"c/d":"/"}|["a/b","\u007F\u2028\u20AC\u0001\n\"é",{"c/d":"/"}]`
	if got := string(renders(t, template, &Request{Body: []byte(all)}).Body); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestCollectionMethods(t *testing.T) {
	checkCorners(t, []corner{
		{"#set($l = [])$l.add(1) $l.add('x') $l.size() $l.isEmpty() $l.contains('x') $l.indexOf('x') $l", "true true 2 false true 1 [1, x]"},
		{"#set($l = [1,2,3])$l.add(0, 9)$l $l.remove(0) $l.remove('z') $l.set(0, 7) $l $l.subList(1, 3) $l.addAll([4,5]) $l", "[9, 1, 2, 3] 9 false 1 [7, 2, 3] [2, 3] true [7, 2, 3, 4, 5]"},
		{"#set($l = ['a','b','a'])$l.lastIndexOf('a') $l.containsAll(['b']) $l.removeAll(['a']) $l $l.clear()$l $l.equals([])", "2 true true [b] [] true"},
		{"#set($m = {})$m.put('a', 1)|$m.put('a', 2)|$m.get('a')|$m.get('z')|$m.size()|$m.isEmpty()|$m.containsKey('a')|$m.containsValue(2)|$m.getOrDefault('z', 5)",
			"|1|2||1|false|true|true|5"},
		{"#set($m = {'b':1,'a':[2,{'c':3}]})$m $m.keySet() $m.values() $m.entrySet()", "{b=1, a=[2, {c=3}]} [b, a] [1, [2, {c=3}]] [b=1, a=[2, {c=3}]]"},
		{"#set($m = {'b':1,'a':2})#foreach($e in $m.entrySet())$e.key=$e.value,$e.getKey()=$e.getValue(),$e;#end", "b=1,b=1,b=1;a=2,a=2,a=2;"},
		{"#set($m = {'b':1,'a':2})$m.remove('b') $m $m.putAll({'c': 3})$m $m.putIfAbsent('c', 4) $m.clear()$m", "1 {a=2} {a=2, c=3} 3 {}"},
		{"#set($m = {'size': 3})$m.size $m.size() $m.keySet()[0]|$m.keySet().size()|#set($k = $m.keySet().toArray())$k[0]", "3 1 |1|size"},
	})
}
