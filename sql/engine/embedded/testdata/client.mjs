// ClickHouse's own JavaScript client makes a table, inserts and selects. Arguments: node_modules, address, database.
import { createRequire } from 'node:module'

const [modules, address, database] = process.argv.slice(2)
const { createClient } = createRequire(modules + '/')('@clickhouse/client')
const u = new URL(address)
const client = createClient({
  url: u.origin, username: u.username, password: u.password, database,
  compression: { request: true, response: true },
})
const { success } = await client.ping()
await client.command({ query: 'CREATE TABLE js (id UInt32, name String) ENGINE = MergeTree ORDER BY id' })
const rows = Array.from({ length: 5000 }, (_, id) => ({ id, name: `it's ${id}` }))
const inserted = await client.insert({ table: 'js', values: rows, format: 'JSONEachRow' })
const all = await client.query({
  query: 'SELECT count() AS n, max(name) AS name FROM js WHERE id < {limit: UInt32}',
  format: 'JSONEachRow', query_params: { limit: 1000 },
})
let failure = ''
try {
  await client.query({ query: 'SELECT no_such_column FROM js' })
} catch (e) {
  failure = `${e.code} ${e.type}`
}
let streamed = 0
const big = await client.query({ query: 'SELECT number FROM numbers(300000)', format: 'JSONEachRow' })
for await (const part of big.stream()) streamed += part.length
console.log(JSON.stringify({ success, written: inserted.summary?.written_rows, rows: await all.json(), failure, streamed }))
await client.close()
