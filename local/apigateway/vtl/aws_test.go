package vtl

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// These are API Gateway's own answers (localstack/localstack,
// tests/aws/services/apigateway/test_apigateway_common.snapshot.json: test_input_path_template_formatting,
// test_input_body_formatting).
func TestRecordedAnswers(t *testing.T) {
	const missing = `#set($result = $input.path("$.nonExisting")){"body": $result, "nested": $result.nested, ` +
		`"isNull": #if( $result == $null )"true"#else"false"#end, "isEmptyString": #if( $result == "" )"true"#else"false"#end}`
	cases := []struct{ template, body, want string }{
		{`#set($result = $input.path("$.json"))$result`, `{"json": {"foo": "bar"}}`, `{foo=bar}`},
		{`#set($result = $input.path("$.json"))$result`, `{"json": [{"foo": "bar"}]}`, `[{"foo":"bar"}]`},
		{`#set($result = $input.path("$.json"))$result.nested`, `{"json": {"nested": [{"foo": "bar"}]}}`, `[{"foo":"bar"}]`},
		{`#set($result = $input.path("$.json"))$result[0]`, `{"json": [{"foo": "bar"}]}`, `{foo=bar}`},
		{`#set($result = $input.path("$.json"))$result[0]`, `{"json": [[{"foo": "bar"}]]}`, `[{"foo":"bar"}]`},
		{`#set($result = $input.path("$.json"))$result`, `{"json": {"foo": [{"nested": "bar"}]}}`, `{foo=[{"nested":"bar"}]}`},
		{`#set($result = $input.path("$.json"))$result`, `{"json": {"bigger": "dict", "to": "test", "with": "separators"}}`,
			`{bigger=dict, to=test, with=separators}`},
		{`#set($result = $input.path("$.json"))$result.toString()`, `{"json": {"list": [{"foo": "bar"}]}}`, `{list=[{"foo":"bar"}]}`},
		{missing, ``, `{"body": , "nested": , "isNull": "true", "isEmptyString": "true"}`},
		{missing, `{"nonExisting": []}`, `{"body": [], "nested": , "isNull": "false", "isEmptyString": "false"}`},
		{missing, `{"nonExisting": null}`, `{"body": , "nested": , "isNull": "true", "isEmptyString": "true"}`},
		{`Action=SendMessage&MessageBody=$input.body`, ``, `Action=SendMessage&MessageBody={}`},
		{`Action=SendMessage&MessageBody=$input.body`, `some raw data`, `Action=SendMessage&MessageBody=some raw data`},
		{`#set($result = $input.body.testAccess)$result`, `{"some": "value"}`, ``},
		{`EncodedBody=$util.urlEncode($input.body)&EncodedBodyAccess=$util.urlEncode($input.body.testAccess)`, `{"some": "value"}`,
			`EncodedBody=%7B%22some%22%3A+%22value%22%7D&EncodedBodyAccess=`},
	}
	for _, c := range cases {
		template, err := Parse(c.template)
		if err != nil {
			t.Fatal(err)
		}
		if got := renders(t, template, &Request{Body: []byte(c.body)}); string(got.Body) != c.want {
			t.Errorf("%s of %s:\n got %s\nwant %s", c.template, c.body, got.Body, c.want)
		}
	}
}

// The examples of the developer guide's pages example-photos, example-news-article, models-mappings and
// api-gateway-mapping-template-reference, shortened where they repeat themselves. An answer is compared as JSON.
func TestDocumentedExamples(t *testing.T) {
	cases := []struct {
		name, template, body, want string
		request                    Request
	}{
		{name: "photos", template: `#set($inputRoot = $input.path('$'))
{
  "photos": [
#foreach($elem in $inputRoot.photos.photo)
    {
      "id": "$elem.id",
      "owner": "$elem.owner",
      "title": "$elem.title",
      "ispublic": $elem.ispublic,
      "isfriend": $elem.isfriend,
      "isfamily": $elem.isfamily
    }#if($foreach.hasNext),#end
		
#end
  ]
}
`, body: `{"photos": {"page": 1, "pages": "1234", "photo": [
  {"id": "12345678901", "owner": "23456789@A12", "farm": 1, "title": "Sample photo 1", "ispublic": 1, "isfriend": 0, "isfamily": 0},
  {"id": "23456789012", "owner": "34567890@B23", "farm": 2, "title": "Sample photo 2", "ispublic": 1, "isfriend": 0, "isfamily": 0}]}}`,
			want: `{"photos": [
  {"id": "12345678901", "owner": "23456789@A12", "title": "Sample photo 1", "ispublic": 1, "isfriend": 0, "isfamily": 0},
  {"id": "23456789012", "owner": "34567890@B23", "title": "Sample photo 2", "ispublic": 1, "isfriend": 0, "isfamily": 0}]}`},
		{name: "news article", template: `#set($inputRoot = $input.path('$'))
{
  "count": $inputRoot.count,
  "items": [
#foreach($elem in $inputRoot.items)
    {
      "title": "$elem.title",
      "author": "$elem.author.first_name $elem.author.last_name",
      "parent_id": $elem.parent_id,
      "article_url": "$elem.article_url"
    }#if($foreach.hasNext),#end

#end
  ],
  "version": $inputRoot.version
}
`, body: `{"count": 1, "items": [{"title": "Sample Title", "author": {"last_name": "Doe", "first_name": "John"},
  "parent_id": 2345678901, "article_url": "http://www.example.com/articles/3456789012"}], "version": 1}`,
			want: `{"count": 1, "items": [{"title": "Sample Title", "author": "John Doe", "parent_id": 2345678901,
  "article_url": "http://www.example.com/articles/3456789012"}], "version": 1}`},
		{name: "groceries", template: `#set($inputRoot = $input.path('$'))
{
  "choices": [
#foreach($elem in $inputRoot.bins)
    {
      "kind": "$elem.type",
      "suggestedPrice": "$elem.price per $elem.unit",
      "available": $elem.quantity
    }#if($foreach.hasNext),#end
            
#end
  ]
}
`, body: `{"bins": [{"type": "apples", "price": 1.99, "unit": "pound", "quantity": 232}, {"type": "bananas", "price": 0.19, "unit": "each", "quantity": 112}]}`,
			want: `{"choices": [{"kind": "apples", "suggestedPrice": "1.99 per pound", "available": 232}, {"kind": "bananas", "suggestedPrice": "0.19 per each", "available": 112}]}`},
		{name: "invoice", template: `#set($inputRoot = $input.path('$'))
{"Balance": $inputRoot.Balance, "Line": [
#foreach($elem in $inputRoot.Line)
  {"Customer": "$elem.ExpenseDetail.Customer.value ($elem.ExpenseDetail.Customer.name)"}#if($foreach.hasNext),#end
        
#end
]}`, body: `{"Balance": 1990.19, "Line": [{"ExpenseDetail": {"Customer": {"value": "ABC123", "name": "Sample Customer"}}}]}`,
			want: `{"Balance": 1990.19, "Line": [{"Customer": "ABC123 (Sample Customer)"}]}`},
		{name: "all parameters", template: `#set($allParams = $input.params())
{
  "params" : {
    #foreach($type in $allParams.keySet())
    #set($params = $allParams.get($type))
    "$type" : {
      #foreach($paramName in $params.keySet())
      "$paramName" : "$util.escapeJavaScript($params.get($paramName))"
      #if($foreach.hasNext),#end
      #end
    }
    #if($foreach.hasNext),#end
    #end
  }
}
`, request: Request{Path: map[string]string{"path_name": "path_value"}, Header: map[string]string{"b": "2", "a": `1"`},
			Query: map[string]string{"querystring_name": "querystring_value"}},
			want: `{"params": {"path": {"path_name": "path_value"}, "querystring": {"querystring_name": "querystring_value"}, "header": {"a": "1\"", "b": "2"}}}`},
		{name: "things", template: `{
    "id" : "$input.params('id')",
    "count" : "$input.path('$.things').size()",
    "things" : $input.json('$.things')
}
`, body: `{"things": {"1": {}, "2": {}, "3": {}}}`, request: Request{Path: map[string]string{"id": "abc"}},
			want: `{"id": "abc", "count": "3", "things": {"1": {}, "2": {}, "3": {}}}`},
		{name: "parseJson", template: `#set ($errorMessageObj = $util.parseJson($input.path('$.errorMessage')))
{
   "errorMessageObjKey2ArrVal" : $errorMessageObj.key2.arr[0]
}
`, body: `{"errorMessage":"{\"key1\":\"var1\",\"key2\":{\"arr\":[1,2,3]}}"}`, want: `{"errorMessageObjKey2ArrVal": 1}`},
		{name: "escapeJavaScript", template: `{"data": "$util.escapeJavaScript($input.path('$.data')).replaceAll("\\'","'")"}`,
			body: `{"data": "it's \"quoted\"\n"}`, want: `{"data": "it's \"quoted\"\n"}`},
		{name: "a part of the payload", template: `{"name" : "$input.params('name')", "body" : $input.json('$.mykey')}`,
			body: `{"mykey": {"a": [1, {"b": null}]}}`, request: Request{Query: map[string]string{"name": "n"}},
			want: `{"name": "n", "body": {"a": [1, {"b": null}]}}`},
		{name: "context", template: `{"stage": "$context.stage", "source_ip": "$context.identity.sourceIp", "api_key": "$context.identity.apiKey", "user": "$context.authorizer.claims.sub"}`,
			request: Request{Context: map[string]any{"stage": "prod", "identity": map[string]string{"sourceIp": "192.0.2.1"}}},
			want:    `{"stage": "prod", "source_ip": "192.0.2.1", "api_key": "", "user": ""}`},
		{name: "stage variables", template: `["$stageVariables.url", "$stageVariables['url']", "${stageVariables['url']}", "$stageVariables.get('a-b')", "$stageVariables.missing"]`,
			request: Request{StageVariables: map[string]string{"url": "u", "a-b": "c"}}, want: `["u", "u", "u", "c", ""]`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			template, err := Parse(c.template)
			if err != nil {
				t.Fatal(err)
			}
			c.request.Body = []byte(c.body)
			got := renders(t, template, &c.request)
			if diff := cmp.Diff(decoded(t, c.want), decoded(t, string(got.Body))); diff != "" {
				t.Errorf("%s\n%s", diff, got.Body)
			}
		})
	}
}

func decoded(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return value
}

func TestInput(t *testing.T) {
	const body = `{"z": 1, "a": {"big": 12345678901234567890123, "long": 9007199254740993, "e": 1e2, "f": 1.50, "s": "a/b\u00e9\u0001\"", "exact": 0.12345678901234567890},
		"list": [{"n": 1, "t": "x"}, {"n": 2, "t": "y"}, {"n": 3.5, "t": "x"}], "null": null, "b-c": true, "two words": 2}`
	cases := []struct{ template, want string }{
		{`$input.json('$.a')`, `{"big":12345678901234567890123,"long":9007199254740993,"e":100.0,"f":1.5,"s":"a/bé\u0001\"","exact":0.12345678901234567890}`},
		{`$input.json('$.z')$input.json('$.null')$input.json('$.b-c')`, `1nulltrue`},
		{`$input.json('$.missing')|$input.json('$.list[9]')|$input.json('$.z.deeper')`, `""|""|""`},
		{`[$input.path('$.missing')][$input.path('$.null')][$input.path('$.a.s')]`, "[][][a/bé\x01\"]"},
		{`$input.path('$.a.big')|$input.path('$.a').long|$input.path('$.a.exact')`, `12345678901234567890123|9007199254740993|0.12345678901234567890`},
		{`$input.path('$.list[0].t')$input.path('$.list[-1].t')$input.path("$['list'][1]['t']")`, `xxy`},
		{`$input.path('$.list').size() $input.path('$.list[1]').n $input.path('$').list[2].n`, `3 2 3.5`},
		{`$input.path('$.list[*].t') $input.json('$..n') $input.json('$.list[0:2].n')`, `["x","y","x"] [1,2,3.5] [1,2]`},
		{`$input.json("$.list[?(@.t == 'x')].n") $input.json('$.list[?(@.n > 1)].t') $input.json('$.nothing[*]')`, `[1,3.5] ["y","x"] []`},
		{`$input.json('$..exact') $input.json('$.*.t') $input.json("$..[?(@.n == 2)].t") $input.json("$.list[0,2].n")`, `[0.12345678901234567890] [] ["y"] [1,3.5]`},
		{`$input.json('$.list[0][?(@.t)]') $input.json('$.a[?(@.e > 5)].s') $input.json('$[?(@.none)]') $input.json('$.z[?(@.t)]')`,
			`[{"n":1,"t":"x"}] ["a/bé\u0001\""] [] []`}, // a filter tests an object itself
		{`$input.json('$..[?(@.n > 1)].t') $input.json('$..[?(@.z)].z') $input.json('$.list[?(@.n)][?(@.n < 3)].n')`, `["y","x"] [1] [1,2]`},
		{`$input.json('$.list..*')`, `[{"n":1,"t":"x"},{"n":2,"t":"y"},{"n":3.5,"t":"x"},1,"x",2,"y",3.5,"x"]`},
		{`$input.path('z') $input.path("$['two words']") $input.path('$.b-c') $input.json('$..b-c')`, `1 2 true [true]`},
		{`#set($root = $input.path('$'))#set($root.z = 2)#set($root.new = [1])$input.path('$.z') $input.json('$.new')`, `2 [1]`},
		{`[$input.params('none')][$input.params().header.get('none')][$input.params().none]`, `[][][]`},
		{`$input.params('both') $input.params().querystring.both $input.params().path['both']$input.params().header.both`, `path query pathheader`},
	}
	request := &Request{Body: []byte(body), Path: map[string]string{"both": "path"}, Query: map[string]string{"both": "query"}, Header: map[string]string{"both": "header"}}
	for _, c := range cases {
		template, err := Parse(c.template)
		if err != nil {
			t.Fatal(err)
		}
		if got := renders(t, template, request); string(got.Body) != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.template, got.Body, c.want)
		}
	}
}

func TestUtil(t *testing.T) {
	cases := []struct{ template, want string }{
		{`$util.escapeJavaScript($input.body)`, `\'\"\\\/\n\r\t\b\f\u0001\u00E9\uD83D\uDE00a` + "\x7f"},
		{`$util.base64Encode("é")$util.base64Decode("w6k=")$util.base64Decode("w6k")`, `w6k=éé`},
		{`$util.base64Decode("//8=")|$util.base64Decode("4oI=")|$util.urlDecode("%FF%FF")`, "\ufffd\ufffd|\ufffd|\ufffd\ufffd"}, // as Java decodes UTF-8
		{`$util.urlEncode("a b&c=é/~.-*_")|$util.urlDecode("a+b%26%C3%A9")`, `a+b%26c%3D%C3%A9%2F%7E.-*_|a b&é`},
		{`$util.parseJson('{"b":[1,{"a":"x"}],"a":null}')|$util.parseJson("[]").size()|$util.parseJson('"s"')`, `{b=[1,{"a":"x"}], a=null}|0|s`},
		{`$util.escapeJavaScript(5)$util.escapeJavaScript(true)$util.escapeJavaScript($missing).`, `5true.`},
	}
	for _, c := range cases {
		template, err := Parse(c.template)
		if err != nil {
			t.Fatal(err)
		}
		if got := renders(t, template, &Request{Body: []byte("'\"\\/\n\r\t\b\f\x01é😀a\x7f")}); string(got.Body) != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.template, got.Body, c.want)
		}
	}
}

func TestOverrides(t *testing.T) {
	cases := []struct {
		template string
		context  map[string]any
		want     Result
	}{
		{template: `#set($context.responseOverride.status = 444)#set($context.responseOverride.header.foo = "bar")`, want: Result{
			Status: 444, Header: map[string]string{"foo": "bar"},
			Overrides: map[string]any{"responseOverride": map[string]any{"status": int32(444), "header": map[string]any{"foo": "bar"}}},
		}},
		{template: `#set($context.responseOverride.status = "404")`, want: Result{
			Status:    404,
			Overrides: map[string]any{"responseOverride": map[string]any{"status": "404", "header": map[string]any{}}},
		}},
		{template: `#set($context.requestOverride.header.multi = ["a", 2])#set($n = "q")#set($context.requestOverride.querystring[$n] = "b")` +
			`#set($context["requestOverride"].path["p"] = "c")$context.requestOverride.querystring.put("r", "d")`, want: Result{
			RequestHeader: map[string]string{"multi": "a,2"},
			Overrides: map[string]any{"requestOverride": map[string]any{"header": map[string]any{"multi": []any{"a", int32(2)}},
				"path": map[string]any{"p": "c"}, "querystring": map[string]any{"q": "b", "r": "d"}}},
		}},
		// The overrides of the request template are there, but are not set again.
		{template: `$context.responseOverride.status $context.responseOverride.custom`, context: map[string]any{
			"responseOverride": map[string]any{"status": int32(444), "custom": "handed on"},
		}, want: Result{Body: []byte("444 handed on")}},
		{template: `#set($context.responseOverride = {"status": 201})`, want: Result{
			Status: 201, Overrides: map[string]any{"responseOverride": map[string]any{"status": int32(201)}},
		}},
		{template: `#foreach($k in $context.keySet())$k #end`, context: map[string]any{"stage": "dev", "apiId": "a"},
			want: Result{Body: []byte("apiId requestOverride responseOverride stage ")}},
	}
	for _, c := range cases {
		template, err := Parse(c.template)
		if err != nil {
			t.Fatal(err)
		}
		if c.want.Body == nil {
			c.want.Body = []byte{}
		}
		if diff := cmp.Diff(c.want, renders(t, template, &Request{Context: c.context})); diff != "" {
			t.Errorf("%s: %s", c.template, diff)
		}
	}
}

// A template must not change what it was given.
func TestRenderLeavesTheRequest(t *testing.T) {
	template, err := Parse(`#set($context.identity.sourceIp = "x")#set($context.stage = "x")#set($stageVariables.a = "x")` +
		`#set($context.responseOverride.header.a = "x")#set($p = $input.params())#set($p.header.a = "x")#set($context.list[0] = "x")`)
	if err != nil {
		t.Fatal(err)
	}
	request := func() *Request {
		return &Request{
			Context: map[string]any{"stage": "dev", "identity": map[string]any{"sourceIp": "::1"}, "list": []any{"a"},
				"responseOverride": map[string]any{"header": map[string]any{"a": "b"}}},
			StageVariables: map[string]string{"a": "b"}, Header: map[string]string{"a": "b"},
		}
	}
	given := request()
	renders(t, template, given)
	if diff := cmp.Diff(request(), given, cmp.AllowUnexported(Payload{})); diff != "" {
		t.Error(diff)
	}
}
