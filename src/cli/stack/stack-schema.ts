/** What a value of the stack file is (cli.md 4.1). */
type Kind = 'text' | 'switch' | 'texts' | 'map' | 'resources'

interface KeySpec {
  readonly kind: Kind
  /** For editors, and for people. */
  readonly help: string
}

/** The keys of a function. The reader, the check for unknown keys and the JSON Schema are made of it. */
export const FUNCTION_KEYS = {
  lang: { kind: 'text', help: 'Template that the function is built from; may be NAME@REF.' },
  handler: { kind: 'text', help: 'Folder with the code, relative to the working directory.' },
  image: { kind: 'text', help: 'Image that is built and deployed.' },
  fprocess: { kind: 'text', help: 'Process that the watchdog starts; else that of the template.' },
  environment: { kind: 'map', help: 'Environment variables.' },
  environment_file: {
    kind: 'texts',
    help: 'Files with more of them: YAML with a key `environment`, or lines NAME=VALUE. Later ones win.',
  },
  secrets: { kind: 'texts', help: 'Names of secrets, which are files under /var/openfaas/secrets.' },
  skip_build: { kind: 'switch', help: 'Deploy the image as it is.' },
  constraints: { kind: 'texts', help: 'Where it may run; means nothing on a single host.' },
  labels: { kind: 'map', help: 'Labels, among them those for scaling.' },
  annotations: { kind: 'map', help: 'Annotations, among them those for probes and schedules.' },
  limits: { kind: 'resources', help: 'The most that a replica may use.' },
  requests: { kind: 'resources', help: 'What a replica is sure to get.' },
  readonly_root_filesystem: { kind: 'switch', help: 'Only /tmp can be written.' },
  build_options: { kind: 'texts', help: 'Sets of packages that the template defines.' },
  build_args: { kind: 'map', help: 'Arguments of the build.' },
  build_secrets: {
    kind: 'map',
    help: 'Secrets of the build: id to file, relative to the working directory.',
  },
  platforms: { kind: 'text', help: 'Platforms to publish for, separated by commas.' },
  namespace: { kind: 'text', help: 'Namespace of the function; -n wins over it.' },
} as const satisfies Readonly<Record<string, KeySpec>>

export const RESOURCE_KEYS = {
  memory: 'Such as 128Mi.',
  cpu: 'Such as 100m, a tenth of a core.',
} as const

export const STACK_KEYS = ['version', 'provider', 'functions', 'configuration'] as const
export const PROVIDER_KEYS = ['name', 'gateway'] as const
export const CONFIGURATION_KEYS = ['templates', 'copy'] as const
export const TEMPLATE_KEYS = ['name', 'source'] as const

/** The only version, and the only provider, that there is. */
export const VERSION = '1.0'
export const PROVIDER = 'openfaas'

const TEXTS = { type: ['array', 'null'], items: { $ref: '#/$defs/text' } }
const TEXT_MAP = { type: ['object', 'null'], additionalProperties: { $ref: '#/$defs/text' } }

const SCHEMAS: Readonly<Record<Kind, object>> = {
  text: { $ref: '#/$defs/text' },
  // Also the text of a variable that is put in its place.
  switch: {
    anyOf: [{ type: 'boolean' }, { type: 'string', pattern: '^(?:y|Y|yes|on|n|N|no|off|.*\\$\\{.*)$' }],
  },
  texts: TEXTS,
  map: TEXT_MAP,
  resources: { $ref: '#/$defs/resources' },
}

/** For editors: `schema/stack.json`. Stricter than the reader, which passes over keys that it does not know. */
export function stackJsonSchema(): object {
  const functionProperties = Object.fromEntries(
    Object.entries(FUNCTION_KEYS).map(([key, { kind, help }]) => [
      key,
      { description: help, ...SCHEMAS[kind] },
    ]),
  )
  const resourceProperties = Object.fromEntries(
    Object.entries(RESOURCE_KEYS).map(([key, help]) => [key, { description: help, $ref: '#/$defs/text' }]),
  )
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Stack file',
    description: 'Functions to build and deploy with sampan or faas-cli.',
    ...closed(
      {
        version: { enum: ['', VERSION, Number(VERSION), null] },
        provider: closed({ name: { const: PROVIDER }, gateway: SCHEMAS.text }, ['name']),
        functions: {
          type: ['object', 'null'],
          propertyNames: { pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$' },
          additionalProperties: { $ref: '#/$defs/function' },
        },
        configuration: orNothing(
          closed({
            templates: {
              type: ['array', 'null'],
              items: closed({ name: SCHEMAS.text, source: SCHEMAS.text }, ['name']),
            },
            copy: TEXTS,
          }),
        ),
      },
      ['provider'],
    ),
    $defs: {
      // A scalar is its source text, so 1.10 and true are texts as well.
      text: { type: ['string', 'number', 'boolean', 'null'] },
      resources: orNothing(closed(resourceProperties)),
      function: closed(functionProperties, ['image']),
    },
  }
}

/** A key with nothing behind it is as none. */
function orNothing(schema: { readonly type: string }): object {
  return { ...schema, type: [schema.type, 'null'] }
}

function closed(properties: object, required: readonly string[] = []) {
  return { type: 'object', properties, additionalProperties: false, ...(required.length > 0 && { required }) }
}
