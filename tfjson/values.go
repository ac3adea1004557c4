package tfjson

import (
	"errors"
	"fmt"
	"math"

	"github.com/zclconf/go-cty/cty"
)

// toCty converts a JSON value to Terraform's: the items of an object and of a list each keep their own type.
func toCty(value any) cty.Value {
	switch value := value.(type) {
	case string:
		return cty.StringVal(value)
	case bool:
		return cty.BoolVal(value)
	case float64:
		return cty.NumberFloatVal(value)
	case []any:
		items := make([]cty.Value, len(value))
		for i, item := range value {
			items[i] = toCty(item)
		}
		return cty.TupleVal(items)
	case map[string]any:
		items := make(map[string]cty.Value, len(value))
		for name, item := range value {
			items[name] = toCty(item)
		}
		return cty.ObjectVal(items)
	default:
		return cty.NullVal(cty.DynamicPseudoType)
	}
}

// fromCty converts a value to JSON's form.
func fromCty(value cty.Value) (any, error) {
	if !value.IsKnown() {
		return nil, errors.New("its value is not known")
	}
	typ := value.Type()
	switch {
	case value.IsNull():
		return nil, nil
	case typ == cty.String:
		return value.AsString(), nil
	case typ == cty.Bool:
		return value.True(), nil
	case typ == cty.Number:
		number, _ := value.AsBigFloat().Float64()
		if math.IsInf(number, 0) {
			return nil, errors.New("its value is too large a number")
		}
		return number, nil
	case typ.IsMapType() || typ.IsObjectType():
		return objectFromCty(value)
	case value.CanIterateElements():
		return listFromCty(value)
	default:
		return nil, fmt.Errorf("its value is a %s, which no argument can be", typ.FriendlyName())
	}
}

func objectFromCty(value cty.Value) (any, error) {
	object := map[string]any{}
	for it := value.ElementIterator(); it.Next(); {
		name, item := it.Element()
		converted, err := fromCty(item)
		if err != nil {
			return nil, err
		}
		object[name.AsString()] = converted
	}
	return object, nil
}

func listFromCty(value cty.Value) (any, error) {
	items := []any{}
	for it := value.ElementIterator(); it.Next(); {
		_, item := it.Element()
		converted, err := fromCty(item)
		if err != nil {
			return nil, err
		}
		items = append(items, converted)
	}
	return items, nil
}
