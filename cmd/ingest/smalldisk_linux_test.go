package main

import "syscall"

// mountSmall mounts a file system of 8 MiB.
func mountSmall(folder string) error { return syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=8m") }

func unmount(folder string) error { return syscall.Unmount(folder, syscall.MNT_DETACH) }
