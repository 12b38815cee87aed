package platform

import "net/http"

// Transport carries requests to a cloud. What the SDKs of both clouds send them with is one.
type Transport interface {
	Do(req *http.Request) (*http.Response, error)
}
