package v1

import "encoding/json"

// Exercises are scenarios to practise on. Real networks have none.
type Exercises struct {
	Items []Exercise `json:"items"`
}

// Exercise is a synthetic scenario, step by step.
type Exercise struct {
	Name  string         `json:"name" example:"charger"`
	Title Label          `json:"title"`
	Start string         `json:"start" format:"date-time" doc:"where the practice clock begins"`
	Steps []ExerciseStep `json:"steps"`
}

// ExerciseStep is one act of one person, one wait for what a node does by itself, or a
// remark. Exactly one of procedure, event and state is set, or none: a remark.
type ExerciseStep struct {
	N         int                        `json:"n"`
	At        string                     `json:"at" format:"date-time"`
	What      Label                      `json:"what"`
	Org       string                     `json:"org,omitempty"`
	Role      string                     `json:"role,omitempty"`
	Procedure string                     `json:"procedure,omitempty" doc:"a record of it is opened"`
	Event     string                     `json:"event,omitempty" doc:"on a record that an earlier step has opened"`
	State     string                     `json:"state,omitempty" doc:"that a record comes to by itself"`
	Times     []ExerciseTime             `json:"times" doc:"once, or again and again"`
	Fields    map[string]json.RawMessage `json:"fields" doc:"what is filled in, the first time; $x is the id of a record"`
	Materials []ExerciseMaterial         `json:"materials"`
	Refused   *ExerciseRefusal           `json:"refused,omitempty" doc:"the step has to be refused"`
}

// ExerciseTime is one repetition of a step.
type ExerciseTime struct {
	Region string `json:"region,omitempty" doc:"whose turn it is; absent: known only once something was drawn, or nobody's"`
	Record string `json:"record,omitempty" doc:"what the scenario calls the record"`
}

// ExerciseMaterial is a file that a step puts into a field.
type ExerciseMaterial struct {
	Field string `json:"field"`
	Name  string `json:"name"`
}

// ExerciseRefusal is what a step has to be refused with.
type ExerciseRefusal struct {
	Code string `json:"code"`
	Cite string `json:"cite,omitempty"`
}
