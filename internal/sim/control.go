package sim

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// ControlPath is where the control endpoints lie on the simulator's listener.
// They need no credentials.
//
//	GET    /_sim/healthz  200 when the simulator runs
//	GET    /_sim/clock    {"now": RFC 3339}
//	POST   /_sim/clock    {"set": RFC 3339} or {"advance": Go duration}
//	GET    /_sim/calls    the recorded requests
//	DELETE /_sim/calls    forgets them
//	POST   /_sim/faults   a Fault, or a list of them
//	DELETE /_sim/faults   removes all faults
const ControlPath = "/_sim/"

// Controlled is a simulator that the control endpoints can steer.
type Controlled interface {
	Clock() *Clock
	Calls() []Call
	ResetCalls()
	InjectFault(Fault)
	ClearFaults()
}

// AddControl adds the control endpoints of a simulator.
func AddControl(mux *http.ServeMux, s Controlled) {
	mux.HandleFunc("GET "+ControlPath+"healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET "+ControlPath+"clock", func(w http.ResponseWriter, _ *http.Request) { writeClock(w, s.Clock()) })
	mux.HandleFunc("POST "+ControlPath+"clock", func(w http.ResponseWriter, r *http.Request) { moveClock(w, r, s.Clock()) })
	mux.HandleFunc("GET "+ControlPath+"calls", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, s.Calls())
	})
	mux.HandleFunc("DELETE "+ControlPath+"calls", func(w http.ResponseWriter, _ *http.Request) {
		s.ResetCalls()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST "+ControlPath+"faults", func(w http.ResponseWriter, r *http.Request) { postFaults(w, r, s) })
	mux.HandleFunc("DELETE "+ControlPath+"faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc(ControlPath, func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusNotFound, map[string]string{"error": "no control endpoint " + r.Method + " " + r.URL.Path})
	})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A client that went away needs no answer.
	_ = json.NewEncoder(w).Encode(value)
}

func refuseControl(w http.ResponseWriter, err error) {
	writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
}

func readControl(w http.ResponseWriter, r *http.Request, into any) error {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

func writeClock(w http.ResponseWriter, clock *Clock) {
	writeJSON(w, http.StatusOK, map[string]string{"now": clock.Now().Format(time.RFC3339Nano)})
}

func moveClock(w http.ResponseWriter, r *http.Request, clock *Clock) {
	var move struct {
		Set     string `json:"set"`
		Advance string `json:"advance"`
	}
	if err := readControl(w, r, &move); err != nil {
		refuseControl(w, err)
		return
	}
	switch {
	case (move.Set == "") == (move.Advance == ""):
		refuseControl(w, errors.New(`give either "set" or "advance"`))
		return
	case move.Set != "":
		t, err := time.Parse(time.RFC3339, move.Set)
		if err != nil {
			refuseControl(w, err)
			return
		}
		clock.Set(t)
	default:
		d, err := time.ParseDuration(move.Advance)
		if err != nil {
			refuseControl(w, err)
			return
		}
		clock.Advance(d)
	}
	writeClock(w, clock)
}

func postFaults(w http.ResponseWriter, r *http.Request, s Controlled) {
	var raw json.RawMessage
	if err := readControl(w, r, &raw); err != nil {
		refuseControl(w, err)
		return
	}
	var faults []Fault
	if len(raw) > 0 && raw[0] == '{' {
		raw = append(append([]byte{'['}, raw...), ']')
	}
	if err := json.Unmarshal(raw, &faults); err != nil {
		refuseControl(w, err)
		return
	}
	for _, f := range faults {
		if err := f.validate(); err != nil {
			refuseControl(w, err)
			return
		}
	}
	for _, f := range faults {
		s.InjectFault(f)
	}
	writeJSON(w, http.StatusCreated, map[string]int{"injected": len(faults)})
}
