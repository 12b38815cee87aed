// Package graph is a client of Microsoft Graph: requests with typed bodies through the pipeline of azcore, and the
// objects of Entra ID that the provider knows. The reference is "Microsoft Graph REST API v1.0".
package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// Client of Microsoft Graph. Its errors are those of azcore: an *azcore.ResponseError for an answer that is none of
// success.
type Client struct {
	pipeline runtime.Pipeline
	endpoint string
}

// The versions of the API. Beta has the reports on sign-ins.
const (
	V1   = "v1.0"
	Beta = "beta"
)

// New makes a client. The endpoint is a base URL without a version; the audience is that of the cloud's own Graph.
func New(credential azcore.TokenCredential, endpoint, audience, version string, options *policy.ClientOptions) *Client {
	bearer := runtime.NewBearerTokenPolicy(credential, []string{strings.TrimSuffix(audience, "/") + "/.default"}, nil)
	return &Client{
		pipeline: runtime.NewPipeline("terraform-provider-governed", "v"+version, runtime.PipelineOptions{PerRetry: []policy.Policy{bearer, Watcher{}}}, options),
		endpoint: strings.TrimSuffix(endpoint, "/"),
	}
}

// Request is one call. Path begins with a slash and is escaped; In is encoded as JSON unless it is nil.
type Request struct {
	Method  string
	Version string // V1 when empty
	Path    string
	Query   url.Values
	Header  http.Header
	In      any
}

// Do calls, and decodes the answer into out unless that is nil or the answer is empty.
func (c *Client) Do(ctx context.Context, call Request, out any) error {
	address := c.address(call.Version, call.Path)
	if len(call.Query) > 0 {
		// Graph takes a plus for a plus.
		address += "?" + strings.ReplaceAll(call.Query.Encode(), "+", "%20")
	}
	return c.do(ctx, call, address, out)
}

func (c *Client) address(version, path string) string {
	if version == "" {
		version = V1
	}
	return c.endpoint + "/" + version + path
}

func (c *Client) do(ctx context.Context, call Request, address string, out any) error {
	request, err := runtime.NewRequest(ctx, call.Method, address)
	if err != nil {
		return err
	}
	for name, values := range call.Header {
		request.Raw().Header[name] = values
	}
	request.Raw().Header.Set("Accept", "application/json")
	if call.In != nil {
		if err := runtime.MarshalAsJSON(request, call.In); err != nil {
			return err
		}
	}
	response, err := c.pipeline.Do(request) //nolint:bodyclose // runtime.Payload and NewResponseError read and close it
	if err != nil {
		return err
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return runtime.NewResponseError(response)
	}
	body, err := runtime.Payload(response)
	if err != nil || out == nil || len(body) == 0 {
		return err
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("the answer to %s %s cannot be read: %w", call.Method, call.Path, err)
	}
	return nil
}

// PageError says that a list cannot be followed to its end.
type PageError struct {
	Path   string
	Reason string
}

func (e *PageError) Error() string { return fmt.Sprintf("GET %s: %s", e.Path, e.Reason) }

// page is one answer of a list.
type page[T any] struct {
	Value []T    `json:"value"`
	Next  string `json:"@odata.nextLink"`
}

// List calls for all pages of a list and gives its objects in the order of the answers. After an error there are no more.
// A next link to another server, or to a page that was read already, is a *PageError.
func List[T any](ctx context.Context, c *Client, call Request) iter.Seq2[T, error] {
	call.Method = http.MethodGet
	return func(yield func(T, error) bool) {
		var zero T
		seen := map[string]bool{}
		var answer page[T]
		err := c.Do(ctx, call, &answer)
		for {
			if err != nil {
				yield(zero, err)
				return
			}
			for _, object := range answer.Value {
				if !yield(object, nil) {
					return
				}
			}
			next := answer.Next
			switch {
			case next == "":
				return
			case !strings.HasPrefix(next, c.endpoint+"/"):
				yield(zero, &PageError{call.Path, "its next page is on another server, to which no token is sent"})
				return
			case seen[next]:
				yield(zero, &PageError{call.Path, "its next page is one that was read already"})
				return
			}
			seen[next] = true
			answer = page[T]{}
			err = c.do(ctx, call, next, &answer)
		}
	}
}

// All collects a list.
func All[T any](ctx context.Context, c *Client, call Request) ([]T, error) {
	var all []T
	for object, err := range List[T](ctx, c, call) {
		if err != nil {
			return nil, err
		}
		all = append(all, object)
	}
	return all, nil
}

// Address is that of a path of V1.
func (c *Client) Address(path string) string { return c.address(V1, path) }

// Reference is a directory object as the value of @odata.id, which makes it one of a relation.
func (c *Client) Reference(id string) map[string]string {
	return map[string]string{"@odata.id": c.address(V1, "/directoryObjects/"+Segment(id))}
}

// Segment escapes an id for a path.
func Segment(id string) string { return url.PathEscape(id) }

// Quoted is a text as a literal of a filter or of a key in parentheses ("Use the $filter query parameter").
func Quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
