package main

import (
	"encoding/json"
	"io"
	"path/filepath"
	"slices"

	"penstock/gateway/project"
)

// reportLine is a problem in the JSON of check.
type reportLine struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Node     string `json:"node,omitempty"`
	Rule     string `json:"rule"`
	Severity string `json:"severity"` // error or warning
	Sentence string `json:"sentence"`
	Remedy   string `json:"remedy,omitempty"`
}

func severity(p project.Problem) string {
	if p.Warning {
		return "warning"
	}
	return "error"
}

func writeJSON(w io.Writer, problems []project.Problem) error {
	lines := make([]reportLine, 0, len(problems))
	for _, p := range problems {
		lines = append(lines, reportLine{p.File, p.Line, p.Column, p.Node, p.Rule, severity(p), p.Sentence, p.Remedy})
	}
	return encode(w, lines)
}

// The parts of SARIF 2.1.0 that a code host shows.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID string `json:"id"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
)

func writeSARIF(w io.Writer, problems []project.Problem) error {
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: "penstock", Rules: []sarifRule{}}}, Results: []sarifResult{}}
	for _, p := range problems {
		rule := sarifRule{p.Rule}
		if !slices.Contains(run.Tool.Driver.Rules, rule) {
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, rule)
		}
		run.Results = append(run.Results, sarifResult{p.Rule, severity(p), sarifText{p.Text()}, []sarifLocation{{sarifPhysical{
			sarifArtifact{filepath.ToSlash(p.File)}, sarifRegion{p.Line, p.Column}}}}})
	}
	return encode(w, sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}})
}

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
