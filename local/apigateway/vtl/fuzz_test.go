package vtl

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is far longer than any rendering within the bounds takes on a busy machine.
const patience = 10 * time.Minute

func FuzzParseRender(f *testing.F) {
	files, err := filepath.Glob("../../../modules/apigateway/templates/*.vtl")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), []byte(`{"a": {"b": [1, 2.5, "x", null, {"c": true}]}}`))
	}
	for _, template := range []string{
		`#set($x = {"a": [1..3], 'b': "$input.body#if($y)z#end"})#foreach($e in $x.entrySet())$e.key$!{e.value[0]}#end`,
		`$util.escapeJavaScript($input.json('$..b')).replaceAll("\\'", "'")\$x\\$x$\!x #[[ ]]# #* *# ##`,
		`#if(1 + 2 * 3 % 4 / 5 - 6 >= 7.5e3 && !($a == "b" || not $c))#{else}#end#foreach($i in [3..1])$foreach.parent.index#break#end#stop`,
		`#set($context.responseOverride.header.X-Y = $input.params("a"))$stageVariables["b"].split(",")[-1]$context.keySet()`,
		`#set($s = "é😀")$s.substring(0, 1)$s.indexOf("x")$s.matches("(a|b)*c{1,3}?[^d-f]\d")$s.replaceAll("(.)", '$1')`,
		`$a{b.c}$$#foo($x)$.a$[0]#$x$#if(true)x#end${x.y("z", 1, true, [2], {"k": -3})}`,
		`#set($l = [1])#set($x = $l.add($l))$l.remove(0)$l.equals($l)$l`,
		`#set($n = 9223372036854775807 * 2)#set($n = $n * $n)$n.compareTo(1)$n.intValue()#set($d = 0.1 / 3)$d`,
		`$input.path("$.a[?(@.b > 1)][0,1][0:2]..*").size()`,
		`#define($d)x$d$y#end#set($y = "$d")$d#if($d == "x")$d.toString()#end#set($l = [$d])$l\$d\\$d#foreach($i in [1, 2])$d#break#end`,
		`#macro(m $a $b)$a\$a#set($a = $b)$a$bodyContent#break#end#m(1 "x$y")#@m({"k": [1..3]} $d)in$a#end#m#n(bar)#@n()y#end\#m`,
		`#macro(r $a $k)#set($j = $k + 1)#if($k < 18)#r("$a$a" $j)#else$a#end#end#r("x" 1)#macro(s)#s()#end#s()`,
		`#foreach($i in $input.path("$.none"))$i#end#foreach($i in [$m, 1])#foreach($i in [1])$i#end#set($i = 2)$i#end#set(${x} = 1)$x`,
		`#set($l = [1])#set($l["k"] = 1)$l#set($l[-1] = 2)#set($s = "a")#set($s[0] = 1)$s[0]`,
		`#foreach($i in [1..1000])#foreach($j in [1..1000])#set($x = "$!x$i")#if($x.compareTo($x) == 0)$x.toArray()#end#end#end`,
		`#set($l = [1..999])#foreach($i in $l)#set($y = $l.toArray())#set($m = {$i: $y})$m.putAll($m)$l.subList(0, 9).addAll($l)#end`,
		strings.Repeat("\\", 50) + "#if(true)" + strings.Repeat("$a.b", 50) + "#end" + strings.Repeat("##\\", 20),
	} {
		f.Add(template, []byte(`{"a": [{"b": 12345678901234567890, "c": 1e400}], "d": "\ud83d\ude00\ud83d"}`))
	}
	f.Fuzz(func(t *testing.T, text string, body []byte) {
		alarm := time.AfterFunc(patience, func() { panic("hangs: " + text) })
		defer alarm.Stop()
		template, err := Parse(text)
		if err != nil {
			placed(t, err, text)
			return
		}
		request := &Request{Body: body, Header: map[string]string{"a": "b,c"}, Context: map[string]any{"requestId": "r"},
			StageVariables: map[string]string{"b": "c,d"}}
		first, err := template.Render(t.Context(), request)
		if err != nil {
			placed(t, err, text)
			return
		}
		if len(first.Body) > maxRendered {
			t.Errorf("%d bytes", len(first.Body))
		}
		if second, err := template.Render(t.Context(), request); err != nil || !bytes.Equal(first.Body, second.Body) {
			t.Errorf("%q, then %q, %v", first.Body, second.Body, err)
		}
	})
}

// placed checks that an error has a place.
func placed(t *testing.T, err error, text string) {
	t.Helper()
	var place *Error
	if !errors.As(err, &place) {
		t.Fatalf("%T: %v", err, err)
	}
	lines := strings.Split(text, "\n")
	if place.Line < 1 || place.Line > len(lines) || place.Column < 1 || place.Column > len(lines[place.Line-1])+1 || place.Message == "" {
		t.Errorf("no such place: %v", err)
	}
}

// One template renders for many requests at once.
func TestRenderConcurrently(t *testing.T) {
	template := deployed(t, "#set($stream = \"s\")\n#set($keyName = '$.k')\n", "key-json-path.vtl", "put-record.vtl")
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			key := string(rune('a' + i))
			for range 200 {
				got, err := template.Render(t.Context(), &Request{Body: []byte(`{"k": "` + key + `"}`), Context: requestContext})
				if err != nil || !bytes.Contains(got.Body, []byte(`"PartitionKey": "`+key+`"`)) {
					t.Errorf("%s, %v", got.Body, err)
					return
				}
			}
		}()
	}
	wait.Wait()
}
