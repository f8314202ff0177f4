import { readdirSync, readFileSync } from 'node:fs'

// The cases of the reference of the command line. A test that holds one has it in its title, `18.2.29: shows names alone`, and is in
// a file `cli-*.test.ts`: those of the HTTP API have numbers of their own.

export interface CliCase {
  readonly number: number
  readonly section: number
  readonly claim: string
}

/** A test, by its title in the source. */
export interface CaseTest {
  /** Below `test/`. */
  readonly file: string
  readonly title: string
}

const FOLDERS = ['unit', 'integration', 'e2e']
const TITLE = /\b(?:it|describe)\(\s*(['"`])((?:\\.|(?!\1).)+)\1/g
const CASES = /^18\.[1-6]\.\d+(?:, 18\.[1-6]\.\d+)*(?=: )/

/** By the number of the case. */
export function testsOfCases(): ReadonlyMap<number, readonly CaseTest[]> {
  const found = new Map<number, CaseTest[]>()
  for (const folder of FOLDERS)
    for (const name of readdirSync(`test/${folder}`).toSorted()) {
      if (!/^cli-.*\.test\.ts$/.test(name)) continue
      const file = `${folder}/${name}`
      for (const [, , title = ''] of readFileSync(`test/${file}`, 'utf8').matchAll(TITLE))
        for (const said of CASES.exec(title)?.[0].split(', ') ?? []) {
          const number = Number(said.split('.')[2])
          found.set(number, [...(found.get(number) ?? []), { file, title }])
        }
    }
  return found
}

export const CLI_CASES: readonly CliCase[] = [
  { number: 1, section: 1, claim: '`login` with the password on standard input' },
  { number: 2, section: 1, claim: '`login` that is refused' },
  { number: 3, section: 1, claim: '`login` without a name or a password, or with two' },
  { number: 4, section: 1, claim: '`login` with `CI=true`' },
  { number: 5, section: 1, claim: '`login` with `OPENFAAS_CONFIG`' },
  { number: 6, section: 1, claim: '`logout`, twice' },
  { number: 7, section: 1, claim: 'gateway of flag, stack file and environment' },
  { number: 8, section: 1, claim: 'addresses without a scheme, in capitals, with a slash' },
  { number: 9, section: 1, claim: 'credentials written by faas-cli, and the other way round' },
  { number: 10, section: 1, claim: 'tokens with options' },
  { number: 11, section: 1, claim: 'no credentials' },
  { number: 12, section: 1, claim: 'passwords with colons and other letters' },
  { number: 13, section: 2, claim: '`deploy` of every key' },
  { number: 14, section: 2, claim: 'PUT that finds nothing, then POST' },
  { number: 15, section: 2, claim: 'an update' },
  { number: 16, section: 2, claim: 'a refusal' },
  { number: 17, section: 2, claim: '`--update`, `--replace`' },
  { number: 18, section: 2, claim: 'which variable wins' },
  { number: 19, section: 2, claim: 'constraints of file and flags' },
  { number: 20, section: 2, claim: 'secrets of file and flags' },
  { number: 21, section: 2, claim: 'where `fprocess` comes from' },
  { number: 22, section: 2, claim: '`-n` against the stack file' },
  { number: 23, section: 2, claim: 'one of two functions fails' },
  { number: 24, section: 2, claim: '`--image` with limits' },
  { number: 25, section: 2, claim: '`--image` beside a stack file' },
  { number: 26, section: 2, claim: '`-e A=`' },
  { number: 27, section: 2, claim: '`remove NAME`' },
  { number: 28, section: 2, claim: '`remove` of a stack file' },
  { number: 29, section: 2, claim: '`list` in its forms' },
  { number: 30, section: 2, claim: '`list` and a redirect' },
  { number: 31, section: 2, claim: '`describe` in its forms' },
  { number: 32, section: 2, claim: 'JSON with `<`, `>`, `&`' },
  { number: 33, section: 3, claim: '`invoke` with bytes' },
  { number: 34, section: 3, claim: '`invoke` with GET and a query' },
  { number: 35, section: 3, claim: 'GET with a body' },
  { number: 36, section: 3, claim: 'content types' },
  { number: 37, section: 3, claim: 'headers' },
  { number: 38, section: 3, claim: 'signatures' },
  { number: 39, section: 3, claim: '`--async`' },
  { number: 40, section: 3, claim: 'answers that are failures' },
  { number: 41, section: 3, claim: 'namespaces of calls' },
  { number: 42, section: 3, claim: 'answers after more than a minute' },
  { number: 43, section: 3, claim: 'no credentials, clean output' },
  { number: 44, section: 3, claim: 'other methods' },
  { number: 45, section: 4, claim: '`logs` as it is' },
  { number: 46, section: 4, claim: '`logs` with limits' },
  { number: 47, section: 4, claim: 'formats of logs' },
  { number: 48, section: 4, claim: '`logs` over broken connections' },
  { number: 49, section: 4, claim: 'records in pieces' },
  { number: 50, section: 4, claim: '`ready`' },
  { number: 51, section: 4, claim: '`version`' },
  { number: 52, section: 4, claim: 'namespaces' },
  { number: 53, section: 4, claim: '`secret create` from everywhere' },
  { number: 54, section: 4, claim: 'secrets that exist, failures' },
  { number: 55, section: 4, claim: 'binary secrets' },
  { number: 56, section: 4, claim: '`secret apply`' },
  { number: 57, section: 4, claim: 'sealed secrets' },
  { number: 58, section: 5, claim: 'every form of substitution' },
  { number: 59, section: 5, claim: 'every rule of reading YAML' },
  { number: 60, section: 5, claim: 'heads of stack files' },
  { number: 61, section: 5, claim: 'which stack file' },
  { number: 62, section: 5, claim: '`--filter`, `--regex`' },
  { number: 63, section: 5, claim: '`generate`' },
  { number: 64, section: 6, claim: '`template pull`' },
  { number: 65, section: 6, claim: 'templates that the stack file names' },
  { number: 66, section: 6, claim: '`new`' },
  { number: 67, section: 6, claim: '`new` with a version of a template' },
  { number: 68, section: 6, claim: '`new --append`' },
  { number: 69, section: 6, claim: '`new` that is refused' },
  { number: 70, section: 6, claim: 'build contexts' },
  { number: 71, section: 6, claim: 'what of a handler is copied' },
  { number: 72, section: 6, claim: 'further paths' },
  { number: 73, section: 6, claim: 'words of `docker build`' },
  { number: 74, section: 6, claim: 'build arguments and options' },
  { number: 75, section: 6, claim: 'one of three builds fails' },
  { number: 76, section: 6, claim: 'tags' },
  { number: 77, section: 6, claim: '`push`' },
  { number: 78, section: 6, claim: '`publish`' },
  { number: 79, section: 6, claim: 'stages of `up`' },
  { number: 80, section: 6, claim: 'a remote builder' },
  { number: 81, section: 6, claim: '`local-run`' },
  { number: 82, section: 6, claim: '`up --watch`' },
  { number: 83, section: 6, claim: 'the function store' },
  { number: 84, section: 6, claim: 'the template store' },
  { number: 85, section: 6, claim: 'no network' },
  { number: 86, section: 6, claim: 'completion and plugins' },
  { number: 87, section: 6, claim: '`registry-login`' },
  { number: 88, section: 6, claim: 'closed pipes and signals' },
]
