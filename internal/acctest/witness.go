package acctest

import (
	"context"
	"fmt"
	"reflect"
	"runtime/debug"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"
	"github.com/hashicorp/terraform-plugin-log/tfsdklogtest"

	"github.com/nhi-governance/terraform-provider-governed/internal/provider"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// wholeServer is all that Terraform may ask of the provider.
type wholeServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// witness stands between Terraform and the provider, and gives the hunt everything that the provider answers, and logs at
// the level TRACE. It embeds nothing, so that a call that is new does not go past it.
type witness struct {
	of   wholeServer
	hunt *LeakHunt
}

// newServer makes the provider under a simulator's clock, without the waiting that only real clouds need, before a witness.
func newServer(clock *sim.Clock, options ...provider.Option) tfprotov6.ProviderServer {
	options = append([]provider.Option{provider.WithClock(clock), provider.WithoutWaiting()}, options...)
	return witness{provider.NewServer("test", options...).(wholeServer), HuntUnder(clock)} //nolint:forcetypeassert // the framework's server is one
}

// witnessed makes a call and notes its answer, or how it panicked.
func witnessed[Request, Response any](ctx context.Context, w witness, call func(context.Context, *Request) (*Response, error), req *Request) (*Response, error) {
	about := subject(req)
	defer func() {
		if cause := recover(); cause != nil {
			w.hunt.Keep("the panic of "+about, fmt.Appendf(nil, "%v\n%s", cause, debug.Stack()))
			w.hunt.mu.Lock()
			w.hunt.search() // The process may end here.
			w.hunt.mu.Unlock()
			panic(cause)
		}
	}()
	resp, err := call(tfsdklogtest.RootLogger(tflogtest.RootLogger(ctx, w.hunt), w.hunt), req)
	if err != nil {
		w.hunt.Keep("the error of "+about, []byte(err.Error()))
	}
	w.note(about, resp)
	return resp, err
}

// subject names a call and the type that it is about, such as "ReadResource of governed_credential".
func subject(req any) string {
	value := reflect.ValueOf(req).Elem()
	name := strings.TrimSuffix(value.Type().Name(), "Request")
	for _, field := range []string{"TypeName", "ActionType", "Name"} {
		if of := value.FieldByName(field); of.IsValid() {
			return name + " of " + of.String()
		}
	}
	return name
}

// note gives the hunt every text of an answer.
func (w witness) note(about string, answer any) {
	eachText(reflect.ValueOf(answer), "", func(at string, text []byte) { w.hunt.Keep(about+": "+strings.TrimPrefix(at, "."), text) })
}

// eachText walks the texts and bytes of a value, with the place of each.
func eachText(value reflect.Value, at string, each func(at string, text []byte)) {
	switch value.Kind() {
	case reflect.Pointer, reflect.Interface:
		if value.IsNil() {
			return
		}
		if path, ok := value.Interface().(*tftypes.AttributePath); ok {
			each(at, []byte(path.String()))
			return
		}
		eachText(value.Elem(), at, each)
	case reflect.Struct:
		for i := range value.NumField() {
			if field := value.Type().Field(i); field.IsExported() && !forSecrets.answers[value.Type().Name()+"."+field.Name] {
				eachText(value.Field(i), at+"."+field.Name, each)
			}
		}
	case reflect.Slice:
		if value.Type().Elem().Kind() == reflect.Uint8 {
			each(at, value.Bytes())
			return
		}
		for i := range value.Len() {
			eachText(value.Index(i), fmt.Sprintf("%s[%d]", at, i), each)
		}
	case reflect.Map:
		for entries := value.MapRange(); entries.Next(); {
			eachText(entries.Key(), at, each)
			eachText(entries.Value(), at, each)
		}
	case reflect.String:
		each(at, []byte(value.String()))
	default: // Numbers, flags and functions have no text.
	}
}
