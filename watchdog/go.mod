module sampan/watchdog

go 1.23
