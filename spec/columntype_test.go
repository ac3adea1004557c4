package spec

import "testing"

func TestColumnTypes(t *testing.T) {
	for _, text := range []string{
		"boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string", "date", "timestamp",
		"decimal(1,0)", "decimal(38,38)", "char(1)", "char(255)", "varchar(65535)",
		"array<string>", "array<array<int>>", "map<string,double>", "map<int,array<date>>",
		"struct<id:string>", "struct<id:string,at:struct<lat:double,lon:double>,tags:array<string>>",
	} {
		if !isColumnType(text) {
			t.Errorf("%s is refused", text)
		}
	}
	for _, text := range []string{
		"", "integer", "STRING", "string ", " string", "strings", "text", "uuid", "binary", "json",
		"decimal", "decimal(0,0)", "decimal(39,0)", "decimal(5,6)", "decimal(5, 2)", "decimal(5)", "char", "char(0)", "char(256)", "varchar(65536)",
		"array", "array<>", "array<string", "array<string>>", "array<integer>", "map<string>", "map<array<int>,int>", "map<string,>", "map<string, int>",
		"struct<>", "struct<id>", "struct<id:>", "struct<id:string,>", "struct<Id:string>", "struct<id: string>", "struct<a:int;b:int>", "int,int",
	} {
		if isColumnType(text) {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestRepeatedMembers(t *testing.T) {
	for text, want := range map[string]string{
		"int": "", "struct<x:string,y:int>": "", "struct<x:struct<x:int>,y:array<struct<x:int>>>": "", "map<string,struct<a:int,b:struct<a:int>>>": "",
		"struct<a:decimal(10,2),b:varchar(3)>": "", "struct<string:string,int:int>": "",
		"struct<x:string,x:int>": "x", "array<struct<a:int,b:struct<c:int,d:int,c:int>>>": "c", "struct<a:struct<b:int>,b:int,a:int>": "a",
	} {
		if got := repeatedMember(text); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}
