package main

import (
	"go/types"
	"slices"
)

// need finds what has to be exported.
type need struct {
	*loader
	interfaces []*types.Interface
	needed     map[string]bool // by key
}

// start marks what another package names, and what comes with it.
func (n *need) start() {
	named := n.named()
	var constants []*types.Const
	for _, u := range n.libraries() {
		for _, object := range u.exported() {
			if named[n.key(object)] || n.satisfies(object) {
				n.mark(object)
			}
			if constant, ok := object.(*types.Const); ok {
				constants = append(constants, constant)
			}
		}
	}
	for _, constant := range constants { // an enumeration is exported as a whole
		if named, ok := constant.Type().(*types.Named); ok && n.needed[n.key(named.Obj())] {
			n.mark(constant)
		}
	}
}

// named are the keys of what stands in another package's sources.
func (n *need) named() map[string]bool {
	named := map[string]bool{}
	for _, u := range n.units {
		for _, object := range u.info.Uses {
			if object.Pkg() != nil && !n.owns(u, object.Pkg().Path()) {
				named[n.key(object)] = true
			}
		}
	}
	return named
}

// mark marks a name, and the types that whoever uses it has values of: a function's parameters and results, a struct's
// exported fields.
func (n *need) mark(object types.Object) {
	key := n.key(object)
	if n.needed[key] {
		return
	}
	n.needed[key] = true
	if _, ok := object.(*types.TypeName); ok {
		n.markType(object.Type().Underlying())
		return
	}
	n.markType(object.Type())
}

func (n *need) markType(t types.Type) {
	switch t := t.(type) {
	case *types.Named:
		if t.Obj().Pkg() != nil && n.isOurs(t.Obj().Pkg().Path()) {
			n.mark(t.Obj())
		}
		for argument := range t.TypeArgs().Types() {
			n.markType(argument)
		}
	case *types.Alias:
		n.mark(t.Obj())
		n.markType(types.Unalias(t))
	case *types.Map:
		n.markType(t.Key())
		n.markType(t.Elem())
	case interface{ Elem() types.Type }: // a pointer, slice, array or channel
		n.markType(t.Elem())
	default:
		n.markParts(t)
	}
}

func (n *need) markParts(t types.Type) {
	switch t := t.(type) {
	case *types.Struct:
		for field := range t.Fields() {
			if field.Exported() {
				n.markType(field.Type())
			}
		}
	case *types.Interface:
		for method := range t.Methods() {
			n.markType(method.Type())
		}
	case *types.Signature:
		n.markType(t.Params())
		n.markType(t.Results())
	case *types.Tuple:
		for variable := range t.Variables() {
			n.markType(variable.Type())
		}
	}
}

// satisfies says whether a name is a method that its type needs for an interface, or for package errors, whose interfaces have
// no names.
func (n *need) satisfies(object types.Object) bool {
	method, ok := object.(*types.Func)
	if !ok || method.Signature().Recv() == nil {
		return false
	}
	receiver := method.Signature().Recv()
	if slices.Contains([]string{"Is", "As", "Unwrap"}, method.Name()) {
		return true
	}
	typ := receiver.Type()
	if _, ok := typ.(*types.Pointer); !ok {
		typ = types.NewPointer(typ)
	}
	return slices.ContainsFunc(n.interfaces, func(i *types.Interface) bool {
		has, _, _ := types.LookupFieldOrMethod(i, false, nil, method.Name())
		return has != nil && types.Implements(typ, i)
	})
}
