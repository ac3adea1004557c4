package tfjson

import (
	"crypto/md5"  //nolint:gosec // Terraform's function md5
	"crypto/sha1" //nolint:gosec // Terraform's function sha1
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// functions are Terraform's functions that depend only on their arguments, by their names. They exclude functions of the time,
// the file system, random values and providers.
var functions = functionTable()

func functionTable() map[string]function.Function {
	table := map[string]function.Function{
		"abs": stdlib.AbsoluteFunc, "ceil": stdlib.CeilFunc, "chomp": stdlib.ChompFunc, "chunklist": stdlib.ChunklistFunc,
		"coalescelist": stdlib.CoalesceListFunc, "compact": stdlib.CompactFunc, "concat": stdlib.ConcatFunc,
		"contains": stdlib.ContainsFunc, "csvdecode": stdlib.CSVDecodeFunc, "element": stdlib.ElementFunc,
		"flatten": stdlib.FlattenFunc, "floor": stdlib.FloorFunc, "formatdate": stdlib.FormatDateFunc,
		"jsondecode": stdlib.JSONDecodeFunc, "jsonencode": stdlib.JSONEncodeFunc, "keys": stdlib.KeysFunc,
		"log": stdlib.LogFunc, "lower": stdlib.LowerFunc, "max": stdlib.MaxFunc, "merge": stdlib.MergeFunc,
		"min": stdlib.MinFunc, "parseint": stdlib.ParseIntFunc, "pow": stdlib.PowFunc, "range": stdlib.RangeFunc,
		"regex": stdlib.RegexFunc, "regexall": stdlib.RegexAllFunc, "reverse": stdlib.ReverseListFunc,
		"setintersection": stdlib.SetIntersectionFunc, "setsubtract": stdlib.SetSubtractFunc,
		"setunion": stdlib.SetUnionFunc, "signum": stdlib.SignumFunc, "slice": stdlib.SliceFunc, "sort": stdlib.SortFunc,
		"split": stdlib.SplitFunc, "strrev": stdlib.ReverseFunc, "substr": stdlib.SubstrFunc, "timeadd": stdlib.TimeAddFunc,
		"title": stdlib.TitleFunc, "trim": stdlib.TrimFunc, "trimprefix": stdlib.TrimPrefixFunc,
		"trimspace": stdlib.TrimSpaceFunc, "trimsuffix": stdlib.TrimSuffixFunc, "upper": stdlib.UpperFunc,
		"values": stdlib.ValuesFunc, "zipmap": stdlib.ZipmapFunc,

		"tobool":   stdlib.MakeToFunc(cty.Bool),
		"tolist":   stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)),
		"tomap":    stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType)),
		"tonumber": stdlib.MakeToFunc(cty.Number),
		"toset":    stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)),
		"tostring": stdlib.MakeToFunc(cty.String),

		"coalesce": coalesceFunction, "index": indexFunction, "length": lengthFunction, "lookup": lookupFunction,
		"one": oneFunction, "sum": sumFunction,

		"distinct":   bounded(stdlib.DistinctFunc, boundDistinct),
		"format":     bounded(stdlib.FormatFunc, boundFormat),
		"formatlist": bounded(stdlib.FormatListFunc, boundFormat),
		"indent":     bounded(stdlib.IndentFunc, boundIndent),
		"join":       bounded(stdlib.JoinFunc, boundJoin),
		"replace":    bounded(replaceFunction, boundReplace),
	}
	maps.Copy(table, textFunctions())
	return table
}

// textFunctions return text, or true and false, for text.
func textFunctions() map[string]function.Function {
	return map[string]function.Function{
		"base64decode": fromText(func(text string) (string, error) {
			decoded, err := base64.StdEncoding.DecodeString(text)
			if err == nil && !utf8.Valid(decoded) {
				err = errors.New("it is not UTF-8 when decoded")
			}
			return string(decoded), err
		}),
		"base64encode": fromText(plain(func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) })),
		"base64sha256": fromText(plain(func(text string) string {
			sum := sha256.Sum256([]byte(text))
			return base64.StdEncoding.EncodeToString(sum[:])
		})),
		"md5":       fromText(plain(func(text string) string { sum := md5.Sum([]byte(text)); return hex.EncodeToString(sum[:]) })),
		"sha1":      fromText(plain(func(text string) string { sum := sha1.Sum([]byte(text)); return hex.EncodeToString(sum[:]) })),
		"sha256":    fromText(plain(func(text string) string { sum := sha256.Sum256([]byte(text)); return hex.EncodeToString(sum[:]) })),
		"sha512":    fromText(plain(func(text string) string { sum := sha512.Sum512([]byte(text)); return hex.EncodeToString(sum[:]) })),
		"urlencode": fromText(plain(url.QueryEscape)),

		"endswith":    testOfTexts(strings.HasSuffix),
		"startswith":  testOfTexts(strings.HasPrefix),
		"strcontains": testOfTexts(strings.Contains),
	}
}

func plain(f func(string) string) func(string) (string, error) {
	return func(text string) (string, error) { return f(text), nil }
}

func fromText(f func(string) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			result, err := f(args[0].AsString())
			return cty.StringVal(result), err
		},
	})
}

func testOfTexts(f func(text, part string) bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}, {Name: "part", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.BoolVal(f(args[0].AsString(), args[1].AsString())), nil
		},
	})
}

// unknownFunctions names the functions of an expression that are not among those above.
func unknownFunctions(expression hclsyntax.Expression, text string) []error {
	var problems []error
	_ = hclsyntax.VisitAll(expression, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, ok := n.(*hclsyntax.FunctionCallExpr); ok {
			if _, known := functions[call.Name]; !known {
				problems = append(problems, fmt.Errorf("%s: the function %s is not evaluated here; write its value",
					quoted(sourceOf(call.Range(), text)), call.Name))
			}
		}
		return nil
	})
	return problems
}

const (
	// maxProduct bounds the result of a function in bytes, if its size is the product of two arguments' sizes.
	maxProduct = 1 << 20
	// maxDistinct bounds the number of items that distinct compares pairwise.
	maxDistinct = 2000
)

// bounded returns a function that checks its arguments first.
func bounded(f function.Function, check func(args []cty.Value) error) function.Function {
	checked := func(args []cty.Value) error {
		for _, arg := range args {
			if !arg.IsWhollyKnown() || arg.IsNull() {
				return nil // the function itself reports it
			}
		}
		return check(args)
	}
	return function.New(&function.Spec{
		Params: f.Params(), VarParam: f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) {
			if err := checked(args); err != nil {
				return cty.DynamicPseudoType, err
			}
			return f.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f.Call(args) },
	})
}

func boundProduct(a, b int) error {
	if a > 0 && b > maxProduct/a {
		return fmt.Errorf("the result would have more than %d bytes, the most that is evaluated here", maxProduct)
	}
	return nil
}

func boundDistinct(args []cty.Value) error {
	if len(args) > 0 && args[0].CanIterateElements() && args[0].LengthInt() > maxDistinct {
		return fmt.Errorf("the list has %d items; at most %d are compared", args[0].LengthInt(), maxDistinct)
	}
	return nil
}

// wideVerb is a verb of format with a width or a precision of more than three digits.
var wideVerb = regexp.MustCompile(`%[^a-zA-Z%]*[0-9]{4}`)

func boundFormat(args []cty.Value) error {
	if len(args) == 0 || args[0].Type() != cty.String {
		return nil
	}
	if wideVerb.MatchString(args[0].AsString()) {
		return errors.New("a width of more than three digits is not evaluated here")
	}
	longest := 0
	for _, arg := range args[1:] {
		if arg.CanIterateElements() {
			longest = max(longest, arg.LengthInt())
		}
	}
	size := 0
	for _, arg := range args {
		if arg.Type() == cty.String {
			size += len(arg.AsString())
		}
	}
	// A format can use an argument several times: %[1]s%[1]s.
	return errors.Join(boundProduct(longest, size), boundProduct(strings.Count(args[0].AsString(), "%"), size))
}

func boundIndent(args []cty.Value) error {
	if len(args) != 2 || args[0].Type() != cty.Number || args[1].Type() != cty.String {
		return nil
	}
	spaces, _ := args[0].AsBigFloat().Int64()
	return boundProduct(int(min(max(spaces, 0), maxProduct+1)), 1+strings.Count(args[1].AsString(), "\n"))
}

func boundJoin(args []cty.Value) error {
	if len(args) == 0 || args[0].Type() != cty.String {
		return nil
	}
	items := 0
	for _, list := range args[1:] {
		if list.CanIterateElements() {
			items += list.LengthInt()
		}
	}
	return boundProduct(items, len(args[0].AsString()))
}

func boundReplace(args []cty.Value) error {
	size := [3]int{}
	for i, arg := range args[:min(len(args), 3)] {
		if arg.Type() == cty.String {
			size[i] = len(arg.AsString())
		}
	}
	// An empty pattern matches between any two characters, and $1 in a replacement is the matched text.
	return errors.Join(boundProduct(size[0]+1, size[2]), boundProduct(size[0]+1, strings.Count(textOf(args, 2), "$")))
}

func textOf(args []cty.Value, i int) string {
	if i < len(args) && args[i].Type() == cty.String {
		return args[i].AsString()
	}
	return ""
}

// replaceFunction is Terraform's replace: a substring between slashes is a regular expression.
var replaceFunction = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "str", Type: cty.String}, {Name: "substr", Type: cty.String}, {Name: "replace", Type: cty.String}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		text, what, with := args[0].AsString(), args[1].AsString(), args[2].AsString()
		if len(what) < 2 || !strings.HasPrefix(what, "/") || !strings.HasSuffix(what, "/") {
			return cty.StringVal(strings.ReplaceAll(text, what, with)), nil
		}
		pattern, err := regexp.Compile(what[1 : len(what)-1])
		if err != nil {
			return cty.UnknownVal(cty.String), function.NewArgError(1, err)
		}
		return cty.StringVal(pattern.ReplaceAllString(text, with)), nil
	},
})

// lengthFunction is Terraform's length, which also accepts strings.
var lengthFunction = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowDynamicType: true}},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		switch typ := args[0].Type(); {
		case typ == cty.String:
			return stdlib.Strlen(args[0])
		case args[0].CanIterateElements():
			return cty.NumberIntVal(int64(args[0].LengthInt())), nil
		default:
			return cty.UnknownVal(cty.Number), function.NewArgErrorf(0, "a %s has no length", typ.FriendlyName())
		}
	},
})

// coalesceFunction is Terraform's coalesce, which skips null and empty strings.
var coalesceFunction = function.New(&function.Spec{
	VarParam: &function.Parameter{Name: "values", Type: cty.DynamicPseudoType, AllowNull: true, AllowDynamicType: true},
	Type: func(args []cty.Value) (cty.Type, error) {
		value, err := coalesce(args)
		return value.Type(), err
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return coalesce(args) },
})

func coalesce(args []cty.Value) (cty.Value, error) {
	for _, arg := range args {
		if !arg.IsNull() && (arg.Type() != cty.String || arg.AsString() != "") {
			return arg, nil
		}
	}
	return cty.DynamicVal, errors.New("every argument is null or empty")
}

// indexFunction is Terraform's index: the index of a value in a list.
var indexFunction = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}, {Name: "value", Type: cty.DynamicPseudoType}},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if args[0].Type().IsTupleType() || args[0].Type().IsListType() {
			at := slices.IndexFunc(args[0].AsValueSlice(), args[1].RawEquals)
			if at >= 0 {
				return cty.NumberIntVal(int64(at)), nil
			}
		}
		return cty.UnknownVal(cty.Number), errors.New("the value is not in the list")
	},
})

// lookupFunction is Terraform's lookup. Its default is optional if the key exists.
var lookupFunction = function.New(&function.Spec{
	Params:   []function.Parameter{{Name: "map", Type: cty.DynamicPseudoType}, {Name: "key", Type: cty.String}},
	VarParam: &function.Parameter{Name: "default", Type: cty.DynamicPseudoType, AllowNull: true},
	Type: func(args []cty.Value) (cty.Type, error) {
		value, err := lookup(args)
		return value.Type(), err
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return lookup(args) },
})

func lookup(args []cty.Value) (cty.Value, error) {
	switch typ := args[0].Type(); {
	case !typ.IsMapType() && !typ.IsObjectType():
		return cty.DynamicVal, function.NewArgErrorf(0, "it must be a map")
	case len(args) > 3:
		return cty.DynamicVal, errors.New("use at most one default")
	}
	if value, ok := args[0].AsValueMap()[args[1].AsString()]; ok {
		return value, nil
	}
	if len(args) == 3 {
		return args[2], nil
	}
	return cty.DynamicVal, fmt.Errorf("the map has no key %q, and no default is given", args[1].AsString())
}

// oneFunction is Terraform's one: the only item of a list, or null for an empty list.
var oneFunction = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}},
	Type: func(args []cty.Value) (cty.Type, error) {
		value, err := one(args[0])
		return value.Type(), err
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return one(args[0]) },
})

func one(list cty.Value) (cty.Value, error) {
	if typ := list.Type(); !list.CanIterateElements() || typ.IsMapType() || typ.IsObjectType() {
		return cty.DynamicVal, errors.New("it must be a list, a set or a tuple")
	}
	switch items := list.AsValueSlice(); len(items) {
	case 0:
		return cty.NullVal(cty.DynamicPseudoType), nil
	case 1:
		return items[0], nil
	default:
		return cty.DynamicVal, fmt.Errorf("it has %d items; it must have one or none", len(items))
	}
}

// sumFunction is Terraform's sum.
var sumFunction = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.List(cty.Number)}},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		total := cty.Zero
		for _, item := range args[0].AsValueSlice() {
			if item.IsNull() {
				return cty.UnknownVal(cty.Number), errors.New("it holds null")
			}
			total = total.Add(item)
		}
		return total, nil
	},
})
