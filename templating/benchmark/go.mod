module penstock/templating/benchmark

go 1.26.0

require (
	github.com/flosch/pongo2/v6 v6.0.0
	penstock v0.0.0
)

require github.com/hashicorp/golang-lru/v2 v2.0.7 // indirect

replace penstock => ../..
