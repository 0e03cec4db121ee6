module penstock/templating/benchmark

go 1.26.0

require (
	github.com/flosch/pongo2/v6 v6.0.0
	penstock v0.0.0
)

replace penstock => ../..
