package vtl

import "testing"

// These are Velocity 1.7's own results, with missing references by assumption VTL-1.
func TestDefine(t *testing.T) {
	checkCorners(t, []corner{
		{"#define($a)x$y#end#set($y=1)$a#set($y=2)$a", "x1x2"},
		{"#define($a)x$a#end$a", "xx$a"},
		{"#define($a)x$!a#end$a|#define($b)y$!{b}#end$!b", "xx|yy"},
		{"#define($a)b$b#end#define($b)a$a#end$a", "baba$a"},
		{`#define($a)x#end$a.length()|$a.toString()|#if($a)t#end|#if($a == "x")eq#end|#set($b = "p" + $a)$b|"$a"|#set($c = $a)$c`, `|x|t|eq|px|"x"|x`},
		{"#define(${a})x#end$a|#define($!a)x#end$a|", "||"},
		{`#define("a")x#end$a|#define($a.b)y#end$a|`, "|y|"},
		{"#define($a)\n x\n#end\ny\n$a|", "y\n x\n|"},
		{"#define($d)a#break b#end${d}c", "ac"},
		{"#define($d)x#end\\\\$d \\$d $!d ${d}$$d", "x $d x xx"},
		{"#define($a)x$a#end#if($a)t#end$a.toString()|#set($s = \"q\" + $a)$s", "txx$a|qxx$a"},
		{"#define($a)x#end#set($m={\"k\":$a})$m|$m.k|#foreach($i in $a)y#end", "{k=x}|x|"},
		{"#define($a)x#end#set($l = [$a, $a])$l $l.size() $l.contains(\"x\") $l[0]", "[x, x] 2 false x"},
		{"#define($a)#foreach($i in [1,2])$i$foreach.index#end#end#foreach($i in [7])$a$i#end", "10217"},
		{"#define($a)b#stop c#end x$a y", " xb"},
		{`\#define \\#define($x)y#end`, `#define \`},
	})
}

func TestMacros(t *testing.T) {
	checkCorners(t, []corner{
		{"#macro(m)x#end#m()|#m|#{m}y|#m z", "x|x|xy|x z"},
		{"#m()#macro(m)x#end", "x"},
		{`#macro(m $a)[$a]#end#m(1)#m("s")#m($q)#m()#m(1 2)#m([1,2])#m({"k":1})#m([1..3])#m(true)#m(1.5)`,
			"[1][s][][][1][[1, 2]][{k=1}][[1, 2, 3]][true][1.5]"},
		{"#macro(m $a $b)$a-$b|#end#m(1,2)#m( 1 , 2 )#m(1 2)", "2|2|2|"}, // "$a-" is a name
		{"#macro(m $a)#set($a = 5)$a#end#set($x=1)#m($x)$x|$a", "51|5"},
		{"#macro(m $a)$a#set($x = 2)$a#end#set($x=1)#m($x)$x", "122"},
		{`#macro(m $a)\$a \\$a $!a ${a}#end#m($foo)|#m("s")|#m(1)`, `$foo \  |"s" \s s s|$a \1 1 1`},
		{"#macro(m)1#end#macro(m)2#end#m()", "1"},
		{`#macro(m $a)$a$bodyContent#end#@m("x")hi$a#end|`, "xhix|"},
		{"#macro(m)[$bodyContent|$bodyContent]#end#set($n=0)#@m()#set($n = $n+1)$n#end", "[1|2]"},
		{"#macro(m)$bodyContent#end#@m()#@m()in#{end}out#end", "inout"},
		{"#macro(m)a#break b#end#m()c", "ac"},
		{"#macro(m)a#stop b#end#m()c", "a"},
		{`#macro(m)x#end\#m() \\#m() \#n()`, `#m() \x \#n()`},
		{`\#m() #macro(m)x#end`, `\#m() `},
		{"#macro(m)\n x\n#end\ny\n#m()\nz", "y\n x\nz"},
		{"#macro(if)x#end#if(true)y#end#macro(foreach $a)x#end#foreach($i in [1])y#end", "yy"},
		{"#macro(m $a)#n($a)#end#macro(n $b)$b#set($b=3)$b#end#set($z=1)#m($z)$z", "131"},
		{"#macro(m $a)#foreach($a in [1,2])$a#end$a#end#set($q=9)#m($q)|$a|$q", "129|9|9"},
		{"#define($d)$a#end#macro(m $a)$d#end#m(1)|$d", "1|"},
		{"#macro(m $a)#define($e)[$a]#end#end#m(1)$e|", "[]|"},
		{`#macro(m $a)$a.k#end#m({"k":2})`, "2"},
		{`#macro(m $a)#set($a.k = 1)$a#end#set($h={})#m($h)$h`, "{k=1}{k=1}"},
		{`#macro(m $x)$x#end#macro(n $x)#m($x)#m("<$x>")#end#n("q")`, "q<q>"},
		{"#macro(m $n)$n#if($n < 5)#set($k = $n + 1)#m($k)#end#end#m(1)", "12345"},
		{`#set($x = "#macro(q)Q#end")#q()$x`, "Q"},
		{"#macro(o)#macro(i)I#end O#end#i()#o()", "I O"},
		{"#if(false)#macro(w)W#end#end#w()", "W"},
		{`#foo($5)|#foo ($$x, \$y)|#foo(\\\$!z[0] "\$y$$")|#fff($)`, `#foo(5)|#foo ($x, $y)|#foo($!z[0] "\$y$$")|#fff()`},
		{`#foo()#foo("x")#foo($a.b[1])#{foo}() #foo([1,2]) #n(bar)`, `#foo()#foo("x")#foo($a.b[1])#{foo}() #foo([1,2]) #n(bar)`},
	})
}

// The call of a block without parentheses is text, and a call of an unknown macro is its source.
func TestBlockCallsOfNoMacro(t *testing.T) {
	checkCorners(t, []corner{
		{"#@x", "#@x"},
		{"#@x y #if(true)z#end", "#@x y z"},
		{"#@x()y#end z", "#@x()y#end z"},
		{"#@x($a)y#end\nz", "#@x($a)y#end\nz"},
		{"#{@x}z a#@@b #@ x", "#{@x}z a#@@b #@ x"},
		{"#macro(m)x#end#@m y", "#@m y"},
		{`\#@x \\#@x $#@x`, `\#@x \\#@x $#@x`},
	})
}

func TestMacrosRefused(t *testing.T) {
	const defineForm, macroForm = "#define is written #define($name) ... #end", "#macro is written #macro(name $a $b) ... #end"
	checkRefusals(t, []refusal{
		{"#define(a)x#end", "line 1, column 1: " + defineForm},
		{"#define($a $b)x#end", "line 1, column 1: " + defineForm},
		{"#define()x#end", "line 1, column 1: " + defineForm},
		{"#define x", "line 1, column 1: " + defineForm},
		{"#define($x)y", "line 1, column 1: #define has no #end"},
		{"#macro(foo a)x#end", "line 1, column 1: " + macroForm},
		{"#macro($m)x#end", "line 1, column 1: " + macroForm},
		{"#macro()x#end", "line 1, column 1: " + macroForm},
		{"a #macro", "line 1, column 3: " + macroForm},
		{"#macro(m)x", "line 1, column 1: #macro has no #end"},
		{"#@m()x", "line 1, column 1: #@m has no #end"},
		{"#macro(m $a)x#end#m(bar)", `line 1, column 18: the argument "bar" of #m is a bare word; an argument is a value`},
		{"#macro(m)#m()#end#m()",
			"line 1, column 10: #m is nested in 20 calls of macros; Velocity allows no more"},
		{"#macro(m)a#break b#end#foreach($i in [1..30])#m()#end",
			"line 1, column 46: #m is nested in 20 calls of macros; Velocity allows no more"},
	})
}
