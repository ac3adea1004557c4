package vtl

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The Serverless Framework's default request templates for integrations of the type AWS (serverless/serverless at b9d7ea5,
// packages/serverless/lib/plugins/aws/package/compile/events/api-gateway/lib/method/integration.js), the one for JSON without
// Cognito's claims.
const (
	serverlessCommon = `
  #define( $loop )
    {
    #foreach($key in $map.keySet())
        #set( $k = $util.escapeJavaScript($key) )
        #set( $v = $util.escapeJavaScript($map.get($key)).replaceAll("\\'", "'") )
        "$k":
          "$v"
          #if( $foreach.hasNext ) , #end
    #end
    }
  #end

  {
    "body": $body,
    "method": "$context.httpMethod",
    "principalId": "$context.authorizer.principalId",
    "stage": "$context.stage",

    "cognitoPoolClaims" : {
       "sub": "$context.authorizer.claims.sub"
    },

    #set( $map = $context.authorizer )
    "enhancedAuthContext": $loop,

    #set( $map = $input.params().header )
    "headers": $loop,

    #set( $map = $input.params().querystring )
    "query": $loop,

    #set( $map = $input.params().path )
    "path": $loop,

    #set( $map = $context.identity )
    "identity": $loop,

    #set( $map = $stageVariables )
    "stageVariables": $loop,

    "requestPath": "$context.resourcePath"
  }
`
	serverlessJSON = `
    #set( $body = $input.json("$") )

    ` + serverlessCommon + `
  `
	serverlessForm = `
    #define( $body )
      {
      #foreach( $token in $input.path('$').split('&') )
        #set( $keyVal = $token.split('=') )
        #set( $keyValSize = $keyVal.size() )
        #if( $keyValSize >= 1 )
          #set( $key = $util.escapeJavaScript($util.urlDecode($keyVal[0])) )
          #if( $keyValSize >= 2 )
            #set($val = $util.escapeJavaScript($util.urlDecode($keyVal[1])).replaceAll("\\'","'"))
          #else
            #set( $val = '' )
          #end
          "$key": "$val"#if($foreach.hasNext),#end
        #end
      #end
      }
    #end

    ` + serverlessCommon + `
  `
)

func TestServerlessTemplates(t *testing.T) {
	request := func(body string) *Request {
		return &Request{Body: []byte(body), Header: map[string]string{"Accept": "*/*", "X-Who": `o'B "q"`}, Query: map[string]string{"q": "1"},
			Path: map[string]string{"id": "7"}, StageVariables: map[string]string{"v": "w"},
			Context: map[string]any{"httpMethod": "POST", "stage": "dev", "resourcePath": "/submit/{id}",
				"identity": map[string]any{"sourceIp": "::1"}, "authorizer": map[string]any{"principalId": "u"}}}
	}
	common := map[string]any{
		"method": "POST", "principalId": "u", "stage": "dev", "requestPath": "/submit/{id}",
		"cognitoPoolClaims": map[string]any{"sub": ""}, "enhancedAuthContext": map[string]any{"principalId": "u"},
		"headers": map[string]any{"Accept": "*/*", "X-Who": `o'B "q"`}, "query": map[string]any{"q": "1"}, "path": map[string]any{"id": "7"},
		"identity": map[string]any{"sourceIp": "::1"}, "stageVariables": map[string]any{"v": "w"},
	}
	for _, c := range []struct {
		template, body string
		want           any
	}{
		{serverlessJSON, `{"a": [1, "b"]}`, map[string]any{"a": []any{1.0, "b"}}},
		// The form's text is JSON, because $input.path('$') of other text depends on another assumption.
		{serverlessForm, `"a=1&b=%27x%27&c="`, map[string]any{"a": "1", "b": "'x'", "c": ""}},
	} {
		template, err := Parse(c.template)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		rendered := renders(t, template, request(c.body)).Body
		if err := json.Unmarshal(rendered, &got); err != nil {
			t.Fatalf("%s: %v", rendered, err)
		}
		common["body"] = c.want
		if diff := cmp.Diff(common, got); diff != "" {
			t.Error(diff)
		}
	}
}
