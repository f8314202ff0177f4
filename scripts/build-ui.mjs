// Bundles the web page: ui/ -> dist/ui/, names with a hash of the content, gzip and brotli beside each file.
// Fails above the budget, so that nobody finds out later.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const BUDGET_KIB = 72
/** A release names a folder of its own, and needs no tests. */
const OUT = process.argv[2] ?? 'dist/ui'

const browser = {
  bundle: true,
  write: false,
  minify: true,
  format: 'esm',
  target: ['chrome123', 'firefox120', 'safari17.5'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
}

async function bundled(entry) {
  const { outputFiles } = await build({ ...browser, entryPoints: [entry] })
  return Buffer.from(outputFiles[0].contents)
}

function hashed(name, bytes) {
  const [stem, extension] = name.split('.')
  return `${stem}-${createHash('sha256').update(bytes).digest('hex').slice(0, 10)}.${extension}`
}

/** Returns the size after gzip, in bytes. */
function emit(name, bytes) {
  const gzip = gzipSync(bytes, { level: 9 })
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9 }
  writeFileSync(`${OUT}/${name}`, bytes)
  writeFileSync(`${OUT}/${name}.gz`, gzip)
  writeFileSync(`${OUT}/${name}.br`, brotliCompressSync(bytes, { params }))
  return gzip.length
}

async function page() {
  const files = { SCRIPT: await bundled('ui/main.tsx'), STYLE: await bundled('ui/style/all.css') }
  const logo = readFileSync('ui/assets/logo.svg')
  const names = { SCRIPT: hashed('app.js', files.SCRIPT), STYLE: hashed('style.css', files.STYLE) }
  const named = { ...names, LOGO: hashed('logo.svg', logo) }
  const html = readFileSync('ui/index.html', 'utf8').replace(/LOGO|STYLE|SCRIPT/g, (word) => named[word])
  rmSync(OUT, { recursive: true, force: true })
  mkdirSync(OUT, { recursive: true })
  const sizes = [
    emit(named.SCRIPT, files.SCRIPT),
    emit(named.STYLE, files.STYLE),
    emit(named.LOGO, logo),
    emit('index.html', Buffer.from(html)),
    emit('frame.html', readFileSync('ui/frame.html')),
  ]
  const total = sizes.reduce((sum, size) => sum + size, 0) / 1024
  if (total > BUDGET_KIB) throw new Error(`the page has ${total.toFixed(1)} KiB after gzip, of ${BUDGET_KIB}`)
  return total
}

/** The page's pure parts are tested in Node, which reads no TypeScript: bundled to where unit tests are. */
async function unitTests() {
  const entryPoints = readdirSync('ui/test').map((file) => `ui/test/${file}`)
  await build({
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    entryPoints,
    outdir: 'dist/test/unit',
  })
}

const total = await page()
if (process.argv[2] === undefined) await unitTests()
process.stdout.write(`${OUT}: ${total.toFixed(1)} KiB after gzip, of ${BUDGET_KIB}\n`)
