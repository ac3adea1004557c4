package vtl

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// tooMuch are templates that would run for minutes or take gigabytes without the budget, by the operation that must pay. The
// payload's "text" has 1 MB, "items" 100,000 elements, "map" 1,000 members.
var tooMuch = map[string]string{
	"sets":              around(strings.Repeat("#set($x = 1)", 20_000)),
	"texts":             around(strings.Repeat("a#if(false)b#{end}", 5_000)),
	"conditions":        around("#if(" + strings.Repeat("!", 150) + "true)#end"),
	"comparisons":       around("#if($t == $u)#end"),
	"orderings":         around("#if(" + strings.Repeat("1 < 2 && ", 900) + "true)#end"),
	"compareTo":         around("$a.compareTo($t)"),
	"compareTo alike":   around("#set($x = $t.compareTo($u))"),
	"ignoring case":     around("#set($x = $t.compareToIgnoreCase($u))"),
	"equals":            around("#set($x = $t.equals($u))"),
	"contains":          around("#set($x = $a.contains($t))"),
	"startsWith":        around("#set($x = $t.startsWith($u))"),
	"properties":        around("#set($x = $t.empty)"),
	"hashCode":          around("#set($x = $t.hashCode())"),
	"quoted":            around(`#set($x = "$t")`),
	"concatenated":      around(`#set($x = $t + "x")`),
	"an argument":       around("#set($x = $input.params($t))"),
	"keys":              around("#set($x = $m.get($t))#set($x = $m[$t])"),
	"replaced":          around(`#set($x = $t.replaceAll("[a]x", "b"))`),
	"split":             around(`#set($x = $t.split("a"))`),
	"matched":           around(`#set($x = $t.matches("a+"))`),
	"patterns":          around(`#set($x = $a.matches("a{$foreach.index}(` + strings.Repeat("b|", 2000) + `b)"))`),
	"copies":            around("#set($x = $l.toArray())"),
	"kept copies":       around("#set($x = $kept.add($l.toArray()))"),
	"kept lists":        around("#set($x = $kept.add([$a, $a, $a, $a, $a, $a, $a, $a]))"),
	"kept maps":         around("#set($x = $kept.add({}))"),
	"sublists":          around("#set($x = $l.subList(0, 100000))"),
	"searched lists":    around("#set($x = $l.indexOf(-1))"),
	"compared lists":    around("#if($l == $n)#end"),
	"inserted elements": around("#set($x = $l.add(0, 1))"),
	"removed elements":  around("#set($x = $l.remove(0))"),
	"removed members":   around("#set($x = $m.remove('none'))"),
	"joined lists":      around("#set($x = $kept.addAll(0, $l))#set($x = $kept.clear())"),
	"keys without index": around("#set($k = $foreach.parent.index * 1000)#set($k = $k + $foreach.index)" +
		"#set($m[$k] = 1)"),
	"entries":       around("#set($x = $m.entrySet())#set($x = $m.keySet())#set($x = $m.values())"),
	"merged maps":   around("#set($x = {})#set($y = $x.putAll($m))"),
	"big numbers":   "#set($x = 7)#foreach($i in [1..12])#set($x = $x * $x)#end" + around("#set($y = $x * 3)#set($z = $y * $y)"),
	"decimals":      around("#if(1e300 < $d)#end#set($x = $d - 1e-300)"),
	"number texts":  "#set($x = 7)#foreach($i in [1..13])#set($x = $x * $x)#end" + around("#set($y = $x.toString())"),
	"paths":         around("#set($x = $input.path('$.items[*]'))"),
	"deep paths":    around("#set($x = $input.path('$..none'))"),
	"filters":       around("#set($x = $input.path('$.items[?(@ > 5)]'))"),
	"written JSON":  around("#set($x = $input.json('$.items'))"),
	"parsed JSON":   around("#set($x = $util.parseJson('" + "[" + strings.Repeat("{},", 999) + "{}]'))"),
	"escaped":       around("#set($x = $util.escapeJavaScript($t))"),
	"encoded":       around("#set($x = $util.urlEncode($t))"),
	"blocks":        "#define($block)" + strings.Repeat("#set($x = 1)", 10_000) + "#end" + around("$block"),
	"macros":        "#macro(e $v)$v$v#end" + around(`#set($x = "#e($t)")`),
	"many macros":   "#macro(e)#end" + around("#e()#e()#e()#e()"),
	"shared values": "#set($s = [1])#set($r = [1])#foreach($i in [1..60])#set($s = [$s, $s])#set($r = [$r, $r])#end#if($s == $r)#end",
	"shared values found": "#set($s = [1])#foreach($i in [1..60])#set($s = [$s, $s])#end#set($r = $input.path('$'))" +
		"#set($r.shared = $s)$input.path('$..none')",
	"shared values handed on": "#set($s = [1])#foreach($i in [1..60])#set($s = [$s, $s])#end#set($context.responseOverride.x = $s)",
}

// around repeats its argument a million times.
func around(body string) string {
	return `#set($a = "a")#set($t = $input.path('$.text'))#set($u = "x$t")#set($u = $u.substring(1))` +
		`#set($l = $input.path('$.items'))#set($n = $l.subList(0, 100000))#set($m = $input.path('$.map'))#set($d = $input.path('$.decimal'))` +
		`#set($kept = [])#foreach($o in [1..1000])#foreach($i in [1..1000])` + body + `#end#end`
}

func largePayload() []byte {
	var out strings.Builder
	out.WriteString(`{"text": "` + strings.Repeat("a", 1<<20) + `", "decimal": 1234567890.1234567890123456789, "items": [0`)
	for range 99_999 {
		out.WriteString(",3")
	}
	out.WriteString(`], "map": {"0": 0`)
	for i := range 999 {
		out.WriteString(`, "k` + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + `": 1`)
	}
	out.WriteString("}}")
	return []byte(out.String())
}

// Every operation pays: the template ends with the budget, with a place in the error, and takes no more memory than the budget
// allows. The budget is the least in which each operation is reached, because every step is paid alike.
func TestBudgetHolds(t *testing.T) {
	if testing.Short() {
		t.Skip("it spends the budget of many templates; run it without -short")
	}
	const mostOfStep = 240 // bytes made in all, most of them garbage soon
	const steps = 2_000_000
	payload := largePayload()
	for name, text := range tooMuch {
		t.Run(name, func(t *testing.T) {
			template, err := Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err = template.renderWithin(budget{ctx: t.Context(), most: steps, next: lookEvery}, &Request{Body: payload})
			runtime.ReadMemStats(&after)
			placed(t, err, text)
			// The time of regular expressions is measured too.
			if !strings.HasSuffix(err.Error(), fmt.Sprintf("the template takes more than %d steps", steps)) &&
				!strings.HasSuffix(err.Error(), errMatching().Error()) {
				t.Error(err)
			}
			if made := after.TotalAlloc - before.TotalAlloc; made > mostOfStep*uint64(steps) {
				t.Errorf("%d bytes were made", made)
			}
		})
	}
}

func TestRenderPaysForItsPayload(t *testing.T) {
	template, err := Parse(strings.Repeat("#foreach($i in [1..1000])", 3) + strings.Repeat("#end", 3))
	if err != nil {
		t.Fatal(err)
	}
	const payload = `{"items": []}`
	_, err = template.Render(t.Context(), &Request{Body: []byte(payload)})
	if want := fmt.Sprintf("the template takes more than %d steps", leastWork+workOfByte*len(payload)); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

// countdown is a context that ends after a number of checks.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

func TestContextEndsRendering(t *testing.T) {
	payload := largePayload()
	for name, text := range tooMuch {
		template, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		ending := &countdown{t.Context(), 2}
		_, err = template.Render(ending, &Request{Body: payload})
		placed(t, err, text)
		if !strings.HasSuffix(err.Error(), "the rendering was ended: context canceled") {
			t.Errorf("%s: %v", name, err)
		}
	}
	template, err := Parse("#foreach($i in [1..1000])#foreach($i in [1..1000])a#end#end")
	if err != nil {
		t.Fatal(err)
	}
	_, err = template.Render(&countdown{t.Context(), 3}, &Request{})
	if want := "line 1, column 26: the rendering was ended: context canceled"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// The parser takes linear time and memory for a template of the largest size: it makes some bytes for each byte. If its time
// were quadratic, this test would run for hours.
func TestParserIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("it parses large templates; run it without -short")
	}
	const most = 1000 // bytes made for each byte of the template
	for _, pattern := range []string{`\`, `\\#`, `\#x`, `\$`, `$a.b`, `.b`, `#*\`, "##\\", `$`, `#`, `"`, `""`, `{`, `#{a`, ` `, "(", "1+", "a ", `\u0041`,
		`$a#$.b`, "#[[", "]]#", "1.", "-", "$a[", "#if(", "!"} {
		for _, prefix := range []string{"", "$a.b(", `#set($x = "`, "#if(", "#* ", "#[[", "$a[", "#foo("} {
			text := (prefix + strings.Repeat(pattern, maxTemplate))[:maxTemplate]
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Parse(text)
			runtime.ReadMemStats(&after)
			if err != nil {
				placed(t, err, text)
			}
			if made := (after.TotalAlloc - before.TotalAlloc) / maxTemplate; made > most {
				t.Errorf("%q, then %q: %d bytes for each of the template", prefix, pattern, made)
			}
		}
	}
}
