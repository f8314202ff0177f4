import { withoutTag } from './image-name.ts'

/** One image to be built by the `docker` of this machine. */
export interface DockerBuild {
  readonly image: string
  readonly args: Readonly<Record<string, string>>
  readonly labels: readonly (readonly [string, string])[]
  /** Id to absolute path. */
  readonly secrets: Readonly<Record<string, string>>
  readonly mountSsh: boolean
  readonly httpProxy: string
  readonly httpsProxy: string
  readonly noCache: boolean
  readonly squash: boolean
  readonly pull: boolean
}

/** Words of `docker build` (cli.md 9.3), to be run in the build context. */
export function buildWords(build: DockerBuild): readonly string[] {
  return ['build', ...commonWords(build), '--tag', build.image, '.', ...secretWords(build)]
}

/** Words of `docker buildx build`, on a builder of its own: the user's stays the current one (trap 26). */
export function publishWords(
  build: DockerBuild,
  {
    platforms,
    extraTags,
    builder,
  }: { readonly platforms: string; readonly extraTags: readonly string[]; readonly builder: string },
): readonly string[] {
  const tags = extraTags.flatMap((tag) => ['--tag', `${withoutTag(build.image)}:${tag}`])
  return [
    'buildx',
    'build',
    `--builder=${builder}`,
    '--progress=plain',
    `--platform=${platforms}`,
    '--output=type=registry,push=true',
    ...commonWords(build),
    '--tag',
    build.image,
    '.',
    ...tags,
    ...secretWords(build),
  ]
}

/** What `docker build` needs in its environment. */
export function buildEnv({ secrets, mountSsh }: DockerBuild): Readonly<Record<string, string>> {
  return mountSsh || Object.keys(secrets).length > 0 ? { DOCKER_BUILDKIT: '1' } : {}
}

/** As a line for a shell: words are quoted where they have to be. */
export function shellLine(words: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const settings = Object.entries(env).map(([name, value]) => `${name}=${shellWord(value)}`)
  return [...settings, ...['docker', ...words].map(shellWord)].join(' ')
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

function commonWords({
  args,
  labels,
  noCache,
  squash,
  pull,
  httpProxy,
  httpsProxy,
}: DockerBuild): readonly string[] {
  return [
    ...(noCache ? ['--no-cache'] : []),
    ...(squash ? ['--squash'] : []),
    ...(httpProxy === '' ? [] : ['--build-arg', `http_proxy=${httpProxy}`]),
    ...(httpsProxy === '' ? [] : ['--build-arg', `https_proxy=${httpsProxy}`]),
    ...Object.entries(args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
    ...labels.flatMap(([key, value]) => ['--label', `${key}=${value}`]),
    ...(pull ? ['--pull'] : []),
  ]
}

function secretWords({ secrets }: DockerBuild): readonly string[] {
  return Object.entries(secrets).flatMap(([id, path]) => ['--secret', `id=${id},src=${path}`])
}
