// Command proxy is the bench's yardstick: httputil.ReverseProxy as the documentation shows it,
// with nothing around it. `proxy LISTEN UPSTREAM`.
package main

import (
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
)

func main() {
	upstream, err := url.Parse(os.Args[2])
	if err == nil {
		proxy := httputil.NewSingleHostReverseProxy(upstream)
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = 256 // else it would dial for most calls and lose unfairly
		proxy.Transport = transport
		err = http.ListenAndServe(os.Args[1], proxy)
	}
	fmt.Fprintln(os.Stderr, "proxy:", err)
	os.Exit(1)
}
