// Command etcdbench is the yardstick of `make bench`: a pinned etcd server and a
// load client for it in one binary, in a module of its own so that etcd never
// enters the product's go.mod.
//
//	etcdbench serve [etcd flags]     runs one etcd member
//	etcdbench load  [flags]          drives a cluster and prints one JSON line
package main

import (
	"fmt"
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	if len(os.Args) < 2 {
		usage()
	}
	switch os.Args[1] {
	case "serve":
		etcdmain.Main(append([]string{"etcd"}, os.Args[2:]...))
	case "load":
		if err := load(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "etcdbench load:", err)
			os.Exit(1)
		}
	default:
		usage()
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: etcdbench serve|load [flags]")
	os.Exit(2)
}
