package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// batchSize is how many requests a batch takes ("JSON batching").
const batchSize = 20

// longestPause is the longest that a throttled request of a batch waits, whatever Graph asks for.
const longestPause = 10 * time.Minute

// Answer is what one request of a batch was answered with.
type Answer struct {
	Status int
	// Code is Graph's code of an error; empty for a success.
	Code string
	Body json.RawMessage
}

type batchRequest struct {
	ID      string            `json:"id"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
}

type batchAnswer struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// Batch reads many paths, each with its query, in requests of twenty. Answers come in the order of the paths. What Graph
// throttles within a batch is asked for again after the time that it names; wait sleeps.
func (c *Client) Batch(ctx context.Context, paths []string, wait func(context.Context, time.Duration) error) ([]Answer, error) {
	return c.BatchWith(ctx, paths, nil, wait)
}

// BatchWith is Batch with these headers on each of the requests.
func (c *Client) BatchWith(ctx context.Context, paths []string, headers map[string]string, wait func(context.Context, time.Duration) error) ([]Answer, error) {
	answers := make([]Answer, len(paths))
	var pending []int
	for i := range paths {
		pending = append(pending, i)
	}
	for len(pending) > 0 {
		now := pending[:min(batchSize, len(pending))]
		pending = pending[len(now):]
		throttled, pause, err := c.batch(ctx, paths, headers, now, answers)
		if err != nil {
			return nil, err
		}
		if len(throttled) > 0 {
			if err := wait(ctx, pause); err != nil {
				return nil, err
			}
		}
		pending = append(pending, throttled...)
	}
	return answers, nil
}

func (c *Client) batch(ctx context.Context, paths []string, headers map[string]string, which []int, answers []Answer) (throttled []int, pause time.Duration, err error) {
	var in struct {
		Requests []batchRequest `json:"requests"`
	}
	for _, i := range which {
		in.Requests = append(in.Requests, batchRequest{ID: strconv.Itoa(i), Method: http.MethodGet, URL: paths[i], Headers: headers})
	}
	var out struct {
		Responses []batchAnswer `json:"responses"`
	}
	if err := c.Do(ctx, Request{Method: http.MethodPost, Path: "/$batch", In: in}, &out); err != nil {
		return nil, 0, err
	}
	asked := map[string]int{}
	for _, i := range which {
		asked[strconv.Itoa(i)] = i
	}
	for _, answer := range out.Responses {
		i, open := asked[answer.ID]
		if !open {
			return nil, 0, fmt.Errorf("POST /$batch answered the request %q, which nobody made or which was answered already", answer.ID)
		}
		delete(asked, answer.ID)
		if answer.Status < 200 || answer.Status > 599 {
			return nil, 0, fmt.Errorf("POST /$batch answered the request %q with the status %d, which is none", answer.ID, answer.Status)
		}
		if answer.Status == http.StatusTooManyRequests {
			seconds, err := strconv.Atoi(answer.Headers["Retry-After"])
			if err != nil || seconds < 1 {
				seconds = 1
			}
			throttled, pause = append(throttled, i), max(pause, time.Duration(min(seconds, int(longestPause/time.Second)))*time.Second)
			continue
		}
		answers[i] = Answer{Status: answer.Status, Body: answer.Body}
		var failed struct {
			Error struct {
				Code string `json:"code"`
			} `json:"error"`
		}
		if answer.Status > 299 && json.Unmarshal(answer.Body, &failed) == nil {
			answers[i].Code = failed.Error.Code
		}
	}
	if len(asked) > 0 {
		return nil, 0, fmt.Errorf("POST /$batch answered %d of %d requests", len(out.Responses), len(which))
	}
	return throttled, pause, nil
}
