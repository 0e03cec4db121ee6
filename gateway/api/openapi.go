package api

import "encoding/json"

// OpenAPI is a document of OpenAPI 3.0 about the endpoints of a workspace: what client generators read.
type OpenAPI struct {
	OpenAPI    string              `json:"openapi"`
	Info       OpenAPIInfo         `json:"info"`
	Servers    []OpenAPIServer     `json:"servers"`
	Security   []map[string][]any  `json:"security"`
	Paths      map[string]PathItem `json:"paths"`
	Components json.RawMessage     `json:"components"`
}

// OpenAPIInfo names the document.
type OpenAPIInfo struct {
	Title   string `json:"title"`
	Version string `json:"version"`
}

// OpenAPIServer is where the paths are.
type OpenAPIServer struct {
	URL string `json:"url"`
}

// PathItem is one endpoint.
type PathItem struct {
	Get Operation `json:"get"`
}

// Operation is the call of an endpoint.
type Operation struct {
	OperationID string               `json:"operationId"`
	Summary     string               `json:"summary,omitempty"`
	Description string               `json:"description,omitempty"`
	Parameters  []Parameter          `json:"parameters"`
	Responses   map[string]Reference `json:"responses"`
}

// Parameter is a parameter of an endpoint.
type Parameter struct {
	Name        string `json:"name"`
	In          string `json:"in"` // always "query"
	Description string `json:"description,omitempty"`
	Required    bool   `json:"required"`
	// Explode is false for arrays: their items are joined by commas.
	Explode *bool  `json:"explode,omitempty"`
	Schema  Schema `json:"schema"`
	Example any    `json:"example,omitempty"`
}

// Schema is the type of a parameter.
type Schema struct {
	Type    string  `json:"type"`
	Format  string  `json:"format,omitempty"`
	Items   *Schema `json:"items,omitempty"`
	Enum    []any   `json:"enum,omitempty"`
	Default any     `json:"default,omitempty"`
}

// Reference points into the components.
type Reference struct {
	Ref string `json:"$ref"`
}

// OpenAPIComponents are what all endpoints have in common.
const OpenAPIComponents = `{
  "securitySchemes": {
    "bearer": {"type": "http", "scheme": "bearer"},
    "token": {"type": "apiKey", "in": "query", "name": "token"}
  },
  "schemas": {
    "rows": {
      "type": "object",
      "required": ["meta", "data", "rows"],
      "properties": {
        "meta": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}, "type": {"type": "string"}}}},
        "data": {"type": "array", "items": {"type": "object"}},
        "rows": {"type": "integer", "format": "int64"},
        "statistics": {"type": "object"}
      }
    },
    "error": {
      "type": "object",
      "required": ["error", "documentation"],
      "properties": {"error": {"type": "string"}, "documentation": {"type": "string"}}
    }
  },
  "responses": {
    "rows": {"description": "The rows.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/rows"}}}},
    "error": {"description": "The error, and what to do about it.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/error"}}}}
  }
}`
