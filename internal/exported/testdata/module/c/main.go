// The command c exports what it likes.
package main

func Exported() {}

func main() { Exported() }
