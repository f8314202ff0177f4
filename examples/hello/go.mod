module sampan/examples/hello

go 1.21
