package guard

import "strings"

// A tableClass tells what a table function does.
type tableClass uint8

const (
	tableUnknown   tableClass = iota
	tableGenerator            // makes rows out of nothing
	tableOwn                  // reads a table of the database that its arguments name
	tableView                 // holds a sub-query
	tableOutbound             // reads from another host
	tableRefused
)

// A tableFunction is what the guard knows of a table function of ClickHouse.
type tableFunction struct {
	class   tableClass
	endless int    // of a generator: with at most so many arguments it makes rows without end, and needs a LIMIT; -1 never
	reason  string // why it is refused
	outbound
}

// outbound tells where the arguments of a table function stand that reads from another host. Positions count from 1, behind
// shift arguments.
type outbound struct {
	shift      int // the name of a cluster comes first
	address    addressForm
	port       string // of the host, when the address has none
	keys       keyForm
	hostSecret bool // the address may be a secret, standing alone
	// clickhouse tells that the host is another ClickHouse: the statement itself, sub-queries included, is sent to it, and the
	// engine runs what it says that columns are computed by, so that only a listed one may be asked.
	clickhouse bool
	optIn      bool // only when the operator names it
}

type addressForm uint8

const (
	hostPort addressForm = iota
	webURL
)

// structured tells whether one of the arguments is the structure of a table.
func (f outbound) structured() bool {
	return f.address == webURL || f.port == "6379" || f.port == "27017"
}

type keyForm uint8

const (
	keysNone   keyForm = iota
	keys45             // user and password are arguments 4 and 5
	keys5              // the password is argument 5
	keysRemote         // 4 and 5, or 3 and 4 behind database.table
	keysS3             // 2 and 3, and 4 for a session token
)

// tableFunctions are all table functions that the guard knows, the refused ones with the reason. Every other name with a
// parenthesis is taken for a parameterized view when its arguments are name = value, and refused otherwise.
var tableFunctions = map[string]tableFunction{
	// Rows out of nothing.
	"numbers":         {class: tableGenerator, endless: 0},
	"numbers_mt":      {class: tableGenerator, endless: 0},
	"zeros":           {class: tableGenerator, endless: 0},
	"zeros_mt":        {class: tableGenerator, endless: 0},
	"primes":          {class: tableGenerator, endless: 0},
	"generate_series": {class: tableGenerator, endless: -1},
	"generateSeries":  {class: tableGenerator, endless: -1},
	"generateRandom":  {class: tableGenerator, endless: 99},
	"values":          {class: tableGenerator, endless: -1},
	"format":          {class: tableGenerator, endless: -1},
	"null":            {class: tableGenerator, endless: -1},

	// The own database.
	"merge":      {class: tableOwn},
	"dictionary": {class: tableOwn},
	"view":       {class: tableView},

	// Other hosts.
	"postgresql":              {class: tableOutbound, outbound: outbound{port: "5432", keys: keys45, hostSecret: true}},
	"mysql":                   {class: tableOutbound, outbound: outbound{port: "3306", keys: keys45}},
	"mongodb":                 {class: tableOutbound, outbound: outbound{port: "27017", keys: keys45}},
	"redis":                   {class: tableOutbound, outbound: outbound{port: "6379", keys: keys5}},
	"remote":                  {class: tableOutbound, outbound: outbound{port: "9000", keys: keysRemote, clickhouse: true}},
	"remoteSecure":            {class: tableOutbound, outbound: outbound{port: "9440", keys: keysRemote, clickhouse: true}},
	"s3":                      {class: tableOutbound, outbound: outbound{address: webURL, keys: keysS3}},
	"gcs":                     {class: tableOutbound, outbound: outbound{address: webURL, keys: keysS3}},
	"oss":                     {class: tableOutbound, outbound: outbound{address: webURL, keys: keysS3}},
	"cosn":                    {class: tableOutbound, outbound: outbound{address: webURL, keys: keysS3}},
	"iceberg":                 {class: tableOutbound, outbound: outbound{address: webURL, keys: keysS3}},
	"icebergS3":               {class: tableOutbound, outbound: outbound{address: webURL, keys: keysS3}},
	"deltaLake":               {class: tableOutbound, outbound: outbound{address: webURL, keys: keysS3}},
	"deltaLakeS3":             {class: tableOutbound, outbound: outbound{address: webURL, keys: keysS3}},
	"hudi":                    {class: tableOutbound, outbound: outbound{address: webURL, keys: keysS3}},
	"paimon":                  {class: tableOutbound, outbound: outbound{address: webURL, keys: keysS3}},
	"paimonS3":                {class: tableOutbound, outbound: outbound{address: webURL, keys: keysS3}},
	"azureBlobStorage":        {class: tableOutbound, outbound: outbound{address: webURL, keys: keys45}},
	"icebergAzure":            {class: tableOutbound, outbound: outbound{address: webURL, keys: keys45}},
	"deltaLakeAzure":          {class: tableOutbound, outbound: outbound{address: webURL, keys: keys45}},
	"paimonAzure":             {class: tableOutbound, outbound: outbound{address: webURL, keys: keys45}},
	"s3Cluster":               {class: tableOutbound, outbound: outbound{shift: 1, address: webURL, keys: keysS3}},
	"icebergCluster":          {class: tableOutbound, outbound: outbound{shift: 1, address: webURL, keys: keysS3}},
	"icebergS3Cluster":        {class: tableOutbound, outbound: outbound{shift: 1, address: webURL, keys: keysS3}},
	"deltaLakeCluster":        {class: tableOutbound, outbound: outbound{shift: 1, address: webURL, keys: keysS3}},
	"deltaLakeS3Cluster":      {class: tableOutbound, outbound: outbound{shift: 1, address: webURL, keys: keysS3}},
	"hudiCluster":             {class: tableOutbound, outbound: outbound{shift: 1, address: webURL, keys: keysS3}},
	"paimonCluster":           {class: tableOutbound, outbound: outbound{shift: 1, address: webURL, keys: keysS3}},
	"paimonS3Cluster":         {class: tableOutbound, outbound: outbound{shift: 1, address: webURL, keys: keysS3}},
	"azureBlobStorageCluster": {class: tableOutbound, outbound: outbound{shift: 1, address: webURL, keys: keys45}},
	"icebergAzureCluster":     {class: tableOutbound, outbound: outbound{shift: 1, address: webURL, keys: keys45}},
	"deltaLakeAzureCluster":   {class: tableOutbound, outbound: outbound{shift: 1, address: webURL, keys: keys45}},
	"paimonAzureCluster":      {class: tableOutbound, outbound: outbound{shift: 1, address: webURL, keys: keys45}},
	"url":                     {class: tableOutbound, outbound: outbound{address: webURL, optIn: true}},
	"urlCluster":              {class: tableOutbound, outbound: outbound{shift: 1, address: webURL, optIn: true}},

	// Refused.
	"file":                        refuse("reads files of the server"),
	"fileCluster":                 refuse("reads files of the server"),
	"filesystem":                  refuse("reads files of the server"),
	"sqlite":                      refuse("reads files of the server"),
	"icebergLocal":                refuse("reads files of the server"),
	"icebergLocalCluster":         refuse("reads files of the server"),
	"deltaLakeLocal":              refuse("reads files of the server"),
	"deltaLakeLocalCluster":       refuse("reads files of the server"),
	"paimonLocal":                 refuse("reads files of the server"),
	"paimonLocalCluster":          refuse("reads files of the server"),
	"executable":                  refuse("starts programs"),
	"python":                      refuse("starts programs"),
	"input":                       refuse("belongs to INSERT"),
	"loop":                        refuse("reads a table without end"),
	"cluster":                     refuse("reads tables of any database"),
	"clusterAllReplicas":          refuse("reads tables of any database"),
	"eval":                        refuse("runs text as SQL"),
	"fuzzQuery":                   refuse("makes rows without end"),
	"fuzzJSON":                    refuse("makes rows without end"),
	"viewExplain":                 refuse("prints the statement"),
	"viewIfPermitted":             refuse("asks for the rights of the server's account"),
	"mergeTreeIndex":              refuse("reads the inside of tables of any database"),
	"mergeTreeProjection":         refuse("reads the inside of tables of any database"),
	"mergeTreeTextIndex":          refuse("reads the inside of tables of any database"),
	"mergeTreeAnalyzeIndexes":     refuse("reads the inside of tables of any database"),
	"mergeTreeAnalyzeIndexesUUID": refuse("reads the inside of tables of any database"),
	"timeSeriesData":              refuse("reads tables of any database"),
	"timeSeriesMetrics":           refuse("reads tables of any database"),
	"timeSeriesSamples":           refuse("reads tables of any database"),
	"timeSeriesSelector":          refuse("reads tables of any database"),
	"timeSeriesTags":              refuse("reads tables of any database"),
	"prometheusQuery":             refuse("reads tables of any database"),
	"prometheusQueryRange":        refuse("reads tables of any database"),
	"SQLStandardValues":           refuse("is part of the engine's inside"),
	"odbc":                        refuse("reaches hosts that its text names"),
	"jdbc":                        refuse("reaches hosts that its text names"),
	"hdfs":                        refuse("has no credentials that the guard knows"),
	"hdfsCluster":                 refuse("has no credentials that the guard knows"),
	"icebergHDFS":                 refuse("has no credentials that the guard knows"),
	"icebergHDFSCluster":          refuse("has no credentials that the guard knows"),
	"paimonHDFS":                  refuse("has no credentials that the guard knows"),
	"paimonHDFSCluster":           refuse("has no credentials that the guard knows"),
	"arrowstream":                 refuse("has no credentials that the guard knows"),
	"arrowflight":                 refuse("has no credentials that the guard knows"),
	"bigquery":                    refuse("has no credentials that the guard knows"),
	"ytsaurus":                    refuse("has no credentials that the guard knows"),
}

func refuse(reason string) tableFunction { return tableFunction{class: tableRefused, reason: reason} }

// tableFunctionByFold holds the lower-cased names, so that no spelling of a known one passes for a view.
var tableFunctionByFold = func() map[string]string {
	m := make(map[string]string, len(tableFunctions))
	for name := range tableFunctions {
		m[strings.ToLower(name)] = name
	}
	return m
}()

// knownTableFunction finds name exactly; when only its case differs it is refused.
func knownTableFunction(name string) (tableFunction, bool) {
	if f, ok := tableFunctions[name]; ok {
		return f, true
	}
	if exact, ok := tableFunctionByFold[strings.ToLower(name)]; ok {
		f := tableFunctions[exact]
		if strings.EqualFold(name, "values") || strings.EqualFold(name, "view") || strings.EqualFold(name, "null") || strings.EqualFold(name, "format") {
			return f, true // words of the grammar, which have no case
		}
		return refuse("is written " + exact), true
	}
	return tableFunction{}, false
}
