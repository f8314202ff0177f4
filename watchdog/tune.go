package main

func tuneRuntime(mode string) {}
