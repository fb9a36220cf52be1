// The least web server of net/http, with TLS where it gets a CERTIFICATE and its KEY: what it does without descriptors is the library's own doing.
package main

import (
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("hello\n")) })
	address := "127.0.0.1:" + os.Getenv("PORT")
	if certificate := os.Getenv("CERTIFICATE"); certificate != "" {
		panic(http.ListenAndServeTLS(address, certificate, os.Getenv("KEY"), nil))
	}
	panic(http.ListenAndServe(address, nil))
}
